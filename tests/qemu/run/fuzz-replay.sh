#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs programs of the fuzzer again in a guest: fuzz-replay.sh FILE
# FILE is a program, or a directory of them. Ends with
# "N passed, N failed, N skipped".
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"
log=$top/build/log/fuzz-again

[ -e "$1" ] || fail "there is no such program: $1"
steps 4
prepare
add=$(mktemp -d)
trap 'rm -rf "$add"' EXIT
if [ -d "$1" ]; then
	cp -- "$1"/*.json "$add"
else
	cp -- "$1" "$add/$(basename -- "$1" .json).json"
fi
status=0
step_try "running $1 again" "$log" \
	"$top/tests/qemu/guest/guest.sh" 'ipnfuzz replay --times 20 /add' "$add" || status=$?
[ "$status" != 99 ] || tail -n 70 "$log"
"$here/summary.sh" "$top/build/log/summary-fuzz-again" ktap "$log" "$status"
