#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Shows the main job at work in a guest; tools/demo/demo.sh is what runs there.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

[ -z "$cross" ] || fail 'the demonstration runs machines in its guest, and is for this architecture only.'
steps 3
prepare
printf 'Booting a guest ...\n\n'
picture=$top/build/demo.svg
rm -f "$picture"
# The picture is for a file, all else for the reader.
{
	NESTED=1 "$top/tests/qemu/guest/guest.sh" 'sh /add/demo.sh' "$top/tools/demo" || echo "status $?"
} | awk -v picture="$picture" '
	{ sub(/\r$/, "") }
	/^status [0-9]+$/ { status = $2; next }
	/^<svg / { is_drawn = 1 }
	is_drawn { print >picture }
	!is_drawn { print; fflush() }
	/^<\/svg>/ { is_drawn = 0; close(picture); print "     " picture; fflush() }
	END { exit status }'
printf '\nTo play with it yourself: make shell\n'
