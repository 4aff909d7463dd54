#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds what the guest runs, then does as guest.sh does with the same
# arguments. What the building says goes to standard error: standard output is
# the command's.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

steps 3
prepare >&2
if [ "$1" = --shell ]; then
	echo 'A guest as root, with the module loaded and the tools on the path; try: ipn --help'
	echo 'Users u1, u2 and u3 are there for su. Leave with `exit`, or at once with Ctrl-A x.'
	size=$(stty size 2>/dev/null) || size='0 0'
	[ "$size" != '0 0' ] || size='24 80'
	export ROWS="${size% *}" COLUMNS="${size#* }"
fi
exec "$top/tests/qemu/guest/guest.sh" "$@"
