#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Removes what the set-up has put into the cache, a directory of its own, and
# nothing else that may be in it.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

for thing in "$cache"/root-* "$cache"/kernel-* "$cache"/debug-kernel-* "$cache"/guest-* "$cache"/zenoh-* "$cache"/making-* "$cache"/apt \
	"$cache"/cargo "$cache"/home "$cache"/log "$cache"/accelerator "$cache"/lock \
	"$cache"/CACHEDIR.TAG; do
	[ -e "$thing" ] || continue
	echo "removing $thing"
	rm -rf "$thing"
done
rmdir "$cache" 2>/dev/null || :
