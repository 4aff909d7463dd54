#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds everything and runs every test that needs a guest, or those that TESTS
# names. Ends with "N passed, N failed, N skipped".
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

log=$top/build/log/test-guest-$(kernel_name)
# The guest runs guests of its own, and takes its time.
export NESTED=1 LIMIT="${LIMIT:-1200}"
with_languages

steps 6
[ -z "${TESTS-}" ] || steps 5
prepare
step 'building the tests for 32-bit programs' "$top/build/log/tests32" \
	"$top/scripts/setup/enter.sh" "$top/scripts/build.sh" tests32
# One kernel's crate may deprecate what another's has not.
[ -n "${TESTS-}" ] || step 'clippy on the module' "$log-clippy" "$top/scripts/setup/enter.sh" "$top/scripts/build.sh" clippy
set -- "$top/build/log/summary-guest"
if [ -n "${TESTS-}" ]; then
	status=0
	step_try 'running the tests in a guest' "$log" \
		"$top/tests/qemu/guest/guest.sh" "ipntest run $TESTS" "$top/build/programs32" || status=$?
	set -- "$@" ktap "$log" "$status"
else
	step_try 'running the tests in guests' "$log" \
		"$here/side-by-side.sh" "$log" 3 "$top/build/programs32" || true
	set -- "$@" guests "$log" 3
fi
exec "$here/summary.sh" "$@"
