#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fuzzes the family in a guest: fuzz.sh SECONDS [SEED]
#
# Ends with "N passed, N failed, N skipped". Programs that failed are in
# build/fuzz. Where the kernel has stopped the guest, they are made again out of
# what the guest had sent.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"
seconds=$1
seed=${2:-$(date +%s)}
log=$top/build/log/fuzz-$kind
found=$top/build/fuzz
again="make fuzz${KERNEL:+ KERNEL=$KERNEL}"

case $seconds$seed in
*[!0-9]*) fail "SECONDS and SEED are numbers, not $seconds and $seed." ;;
esac
steps 4
prepare
mkdir -p "$found"
status=0
step_try "fuzzing for $seconds seconds from seed $seed" "$log" \
	env LIMIT="${LIMIT:-$((seconds + 1200))}" \
	"$top/tests/qemu/guest/guest.sh" "ipnfuzz run --seconds $seconds --seed $seed" || status=$?

# What was found wrong in the guest is in the log, with its program.
sed -n 's/^# program \([0-9-]*\): /\1 /p' "$log" | while read -r number program; do
	file=build/fuzz/seed-$seed-$number.json
	printf '%s\n' "$program" >"$top/$file"
	echo "wrong: $file; again: $again REPLAY=$file"
done
# What stopped the guest is the last that it tried, or one of those just before.
if [ "$status" = 99 ]; then
	tail -n 70 "$log"
	trace=$(sed -n 's/^af_ipn:   its console: \(.*\)\/console$/\1/p' "$log")/trace
	stopped=build/fuzz/stopped-$seed
	mkdir -p "$top/$stopped"
	"$top/scripts/setup/enter.sh" "$top/build/programs/ipnfuzz" recover --last 3 \
		--corpus "$top/tools/ipnfuzz/regressions" "$trace" "$top/$stopped" ||
		echo 'the guest has not said what it tried'
	echo "the guest was stopped by one of $stopped/*.json, most likely the last"
	echo "again: $again REPLAY=$stopped; shorter: $again SHORTEN=FILE"
fi
exec "$here/summary.sh" "$top/build/log/summary-fuzz" ktap "$log" "$status"
