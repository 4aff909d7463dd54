#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs a command in a fresh guest: guest.sh COMMAND [DIRECTORY]
# or gives a shell in one:         guest.sh --shell [DIRECTORY]
#
# The command runs as root with the module loaded; its output is ours and its
# status too. DIRECTORY is copied in as /add. MEM (MiB), CPUS and LIMIT
# (seconds) shape the guest. What a failed guest has left stays in build/guest.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

mode=command
[ "$1" != --shell ] || mode=shell
[ -z "${2-}" ] || [ -d "$2" ] || fail "ADD is to name a directory: $2"

guests=$top/build/guest
mkdir -p "$guests"
run=$(mktemp -d "$guests/run.XXXXXX")
mkdir "$run/tree"
[ "$mode" = shell ] || printf '%s\n' "$1" >"$run/tree/command"
[ -z "${2-}" ] || cp -a "$2" "$run/tree/add"

# The kernel unpacks one archive after the other.
"$here/enter.sh" sh -eu -c '
	cd "$1/tree"
	find . | cpio --quiet -o -H newc -R 0:0 >"$1/added.cpio"
	cat "$2" "$1/added.cpio" >"$1/initramfs.cpio"
	rm -r "$1/tree" "$1/added.cpio"' sh "$run" "$guests/base.cpio"
"$here/enter.sh" "$here/boot.sh" "$mode" "$run"
rm "$run/initramfs.cpio"

[ "$mode" = command ] || : >"$run/console"
status=0
"$here/verdict.sh" "$run" || status=$?
[ "$status" = 99 ] || rm -r "$run"
exit "$status"
