#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every test in four guests at the same time: side-by-side.sh LOG
#
# Many tests wait, for devices that the debug kernel takes seconds to forget:
# others run meanwhile. The first guest has two processors and those topics whose
# point is that things happen at the same moment; it also tries again what the
# fuzzer has found. It does not wait, so it steps back while the others do not.
# They have one processor, since that kernel takes half the time then, and each
# every third of the tests that are left. LOG-GUEST gets what a guest says, and
# LOG-GUEST.status its status. Fails if one of them does.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
log=$1
at_once='^(races.*|device_races|lossless|lossy|mapped_.*|mapping_scribble)[.]'

# start GUEST CPUS NICE COMMAND
start() {
	status=0
	CPUS=$2 nice -n "$3" "$top/tests/qemu/guest/guest.sh" "$4" >"$log-$1" 2>&1 || status=$?
	echo "$status" >"$log-$1.status"
}

trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM HUP INT
rm -f "$log"-?.status
start 1 2 5 "ipntest run \$(ipntest list | grep -E '$at_once'); status=\$?; ipnfuzz replay && exit \$status" &
for third in 0 1 2; do
	start $((third + 2)) 1 0 "ipntest run \$(ipntest list |
		grep -v -E '$at_once' | awk 'NR % 3 == $third')" &
done
wait
for status in "$log"-?.status; do
	[ "$(cat "$status")" = 0 ] || exit 1
done
