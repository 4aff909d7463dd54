# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Adds up test results. Sourced.

passed=0 failed=0 skipped=0

# add PASSED FAILED SKIPPED
add() {
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# total: the line that a run of tests ends with.
total() {
	echo "$passed passed, $failed failed, $skipped skipped"
}
