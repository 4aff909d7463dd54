#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Sums up a test run: summary.sh FILE [cargo|ktap LOG STATUS | guests LOG NUMBER]...
# guests: those of side-by-side.sh, each with a log and a status of its own.
#
# Prints what failed with its diagnostics, and as its last line
# "N passed, N failed, N skipped"; FILE gets that line too. A run that failed
# without a failed test, that ended before its plan, or that ran nothing counts
# as a failed test.
set -eu
here=$(dirname -- "$0")
. "$here/tally.sh"
file=$1
shift

# count LOG STATUS PASSED FAILED SKIPPED
count() {
	if [ $(($3 + $4)) = 0 ] || { [ "$2" != 0 ] && [ "$4" = 0 ]; }; then
		tail -n 60 "$1"
		echo "The run ended with status $2 after $3 passed tests; its log: $1"
		set -- "$1" "$2" "$3" $(($4 + 1)) "$5"
	fi
	add "$3" "$4" "$5"
}

# ktap_failures LOG: the failed tests of a KTAP report, each after its diagnostics, and the
# skipped ones with their reasons.
ktap_failures() {
	awk '
		/^# Totals:/ { next }
		/^not ok / { print "FAILED: " diagnostics $0; diagnostics = ""; next }
		/^ok .*# SKIP/ { print "skipped: " $0 }
		/^ok / { diagnostics = ""; next }
		/^#/ { diagnostics = diagnostics $0 "\n        " }
	' "$1"
}

# ktap_count LOG: "PASSED FAILED SKIPPED". What the plan announces and the report lacks
# has failed.
ktap_count() {
	awk '
		/^1\.\.[0-9]+/ { planned += substr($0, 4) }
		/^ok [0-9]+ .*# SKIP/ { skipped++; next }
		/^ok [0-9]+/ { passed++ }
		/^not ok [0-9]+/ { failed++ }

		END {
			missing = planned - passed - failed - skipped
			if (missing > 0)
				failed += missing
			print passed + 0, failed + 0, skipped + 0
		}
	' "$1"
}

# ktap LOG STATUS
ktap() {
	# What a fuzzer has tried.
	sed -n 's/^# fuzz: /fuzz: /p' "$1"
	ktap_failures "$1"
	# shellcheck disable=SC2046 # three numbers
	count "$1" "$2" $(ktap_count "$1")
}

while [ $# -gt 0 ]; do
	if [ "$1" = guests ]; then
		guest=1
		while [ "$guest" -le "$3" ]; do
			ktap "$2-$guest" "$(cat "$2-$guest.status")"
			guest=$((guest + 1))
		done
	elif [ "$1" = cargo ]; then
		# A line for each test program; failures stand before it.
		sed -n '/^failures:$/,/^test result:/p; /^error/,/^$/p; /^fuzz-.* tried/p' "$2"
		# shellcheck disable=SC2046 # three numbers
		count "$2" "$3" $(awk '
			/^test result:/ { passed += $4; failed += $6; skipped += $8 }
			END { print passed + 0, failed + 0, skipped + 0 }' "$2")
	else
		ktap "$2" "$3"
	fi
	shift 3
done
total | tee "$file"
[ "$failed" = 0 ]
