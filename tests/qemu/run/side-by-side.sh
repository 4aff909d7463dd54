#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every test in guests at the same time: side-by-side.sh LOG GUESTS [DIRECTORY]
#
# Most tests keep one processor busy, or wait, for devices that the debug kernel takes seconds to forget:
# others run meanwhile. The first guest has two processors and those topics whose
# point is that things happen at the same moment; it also tries again what the
# fuzzer has found. It does not wait, so it steps back while the others do not.
# They have one processor, since the debug kernel takes half the time then, and each
# its share of the tests that are left. LOG-GUEST gets what a guest says, and
# LOG-GUEST.status its status. DIRECTORY is copied in as /add. Tests whose names WITHOUT matches, an extended regular
# expression, are left out. Fails if one of them does.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
log=$1
shares=$(($2 - 1))
directory=${3-}
without=${WITHOUT:-'^$'}
at_once='^(races.*|device_races|device_floods|lossless|lossy|mapped_.*|mapping_scribble)[.]'

# start GUEST CPUS NICE COMMAND
start() {
	status=0
	CPUS=$2 nice -n "$3" "$top/tests/qemu/guest/guest.sh" "$4" ${directory:+"$directory"} >"$log-$1" 2>&1 ||
		status=$?
	echo "$status" >"$log-$1.status"
}

trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM HUP INT
rm -f "$log"-?.status
start 1 2 5 "ipntest run \$(ipntest list | grep -E '$at_once'); status=\$?; ipnfuzz replay && exit \$status" &
share=0
while [ "$share" -lt "$shares" ]; do
	start $((share + 2)) 1 0 "ipntest run \$(ipntest list |
		grep -v -E '$at_once' | grep -v -E '$without' | awk 'NR % $shares == $share')" &
	share=$((share + 1))
done
wait
for status in "$log"-?.status; do
	[ "$(cat "$status")" = 0 ] || exit 1
done
