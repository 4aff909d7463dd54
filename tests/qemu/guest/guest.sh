#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs a command in a fresh guest: guest.sh COMMAND [DIRECTORY]
# or gives a shell in one:         guest.sh --shell [DIRECTORY]
# or counts its instructions:      guest.sh --count | --profile COMMAND [DIRECTORY]
# or lets nothing slow it down:    guest.sh --time COMMAND [DIRECTORY]
#
# The command runs as root with the module loaded; its output is ours and its
# status too, or 99 when the guest itself failed. A shell may be left in any way. DIRECTORY is copied in as
# /add. MEM (MiB), CPUS and LIMIT (seconds) shape the guest; with NESTED=1 it can
# run guests of its own, with PYTHON=1 it has Python and the package ipn, with GO=1 the samples in Go. What a failed guest has left stays in build/guest.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"

mode='command'
case $1 in
--shell) mode='shell' ;;
--count | --profile | --time) mode=${1#--} && shift ;;
esac
command=$1
directory=${2-}
guests=$top/build/guest
[ -n "$command" ] || fail 'no command for the guest.' "Give one: make guest RUN='uname -a'"
[ -z "$directory" ] || [ -d "$directory" ] || fail "not a directory: $directory"

run=$(mktemp -d "$guests/run.XXXXXX")
trap 'rm -rf "$run"; exit 130' INT
trap 'rm -rf "$run"; exit 143' TERM HUP
# What failed guests have left is kept for a day.
find "$guests" -maxdepth 1 -name 'run.*' -mtime +0 -exec rm -rf {} +
mkdir "$run/tree"
[ "$mode" = shell ] || printf '%s\n' "$command" >"$run/tree/command"
[ -z "$directory" ] || cp -a -- "$directory" "$run/tree/add"

status=0
"$top/scripts/setup/enter.sh" sh -eu -c '
	here=$1 mode=$2 run=$3 base=$4 nested=$5 python=$6 go=$7
	[ "$nested" != 1 ] || "$here/nested.sh" "$run/tree"
	[ "$python" != 1 ] || "$here/python.sh" "$run/tree"
	[ -z "$go" ] || install -D -t "$run/tree/bin" "$go"/*
	# The kernel unpacks one archive after the other.
	(cd "$run/tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$run/added"
	cat "$base" "$run/added" >"$run/initramfs.cpio"
	rm -r "$run/tree" "$run/added"
	AF_IPN_ACCELERATOR=$("$here/accelerator.sh" "$base")
	export AF_IPN_ACCELERATOR
	"$here/boot.sh" "$mode" "$run"
	rm "$run/initramfs.cpio"
	[ "$mode" != shell ] || echo "exit 0" >"$run/verdict"
	"$here/verdict.sh" "$run"' \
	sh "$top/tests/qemu/guest" "$mode" "$run" "$(base_image)" "${NESTED-}" "${PYTHON-}" \
	"${GO:+$top/build/go/programs}" || status=$?
[ "$status" = 99 ] || rm -r "$run"
exit "$status"
