#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Shows the main job at work in a guest; tools/demo/demo.sh is what runs there.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/prepare.sh"

[ -z "$cross" ] || fail 'the demonstration runs machines in its guest, and is for this architecture only.'
steps 3
prepare
printf 'Booting a guest ...\n\n'
NESTED=1 "$here/guest.sh" 'sh /add/demo.sh' "$top/tools/demo"
printf '\nTo play with it yourself: make shell\n'
