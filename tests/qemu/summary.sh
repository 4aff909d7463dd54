#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Sums up a test run: summary.sh CARGO-LOG STATUS [KTAP-LOG STATUS]
#
# Prints what failed with its diagnostics, and as its last line
# "N passed, N failed, N skipped". A run that failed without a failed test, that
# ended before its plan, or that ran nothing counts as a failed test.
set -eu
here=$(dirname -- "$0")
passed=0 failed=0 skipped=0

# count LOG STATUS PASSED FAILED SKIPPED
count() {
	if [ "$3" = 0 ] || { [ "$2" != 0 ] && [ "$4" = 0 ]; }; then
		tail -n 60 "$1"
		echo "The run ended with status $2 after $3 passed tests; its log: $1"
		set -- "$1" "$2" "$3" $(($4 + 1)) "$5"
	fi
	passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
}

# cargo's report: a line for each test program; failures stand before it.
sed -n '/^failures:$/,/^test result:/p; /^error/,/^$/p; /^fuzz-.* tried/p' "$1"
# shellcheck disable=SC2046 # three numbers
count "$1" "$2" $(awk '
	/^test result:/ { passed += $4; failed += $6; skipped += $8 }
	END { print passed + 0, failed + 0, skipped + 0 }' "$1")

if [ $# = 4 ]; then
	awk -f "$here/ktap-failures.awk" "$3"
	# shellcheck disable=SC2046 # three numbers
	count "$3" "$4" $(awk -f "$here/ktap-count.awk" "$3")
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
