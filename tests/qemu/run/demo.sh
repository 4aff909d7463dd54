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
NESTED=1 "$top/tests/qemu/guest/guest.sh" 'sh /add/demo.sh' "$top/tools/demo"
printf '\nTo play with it yourself: make shell\n'
