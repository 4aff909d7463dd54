#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds everything and runs every test: those of the pure logic on the host,
# then all others in a guest; for another architecture than this machine's the
# latter only. Ends with "N passed, N failed, N skipped".
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

[ -z "$cross" ] || exec "$here/test-guest.sh"

# The guest runs guests of its own, and takes its time.
export NESTED=1 LIMIT="${LIMIT:-1200}"
with_languages
host=$top/build/log/test-host
guest=$top/build/log/test-guest-$(kernel_name)

steps 6
prepare
step 'building the tests for 32-bit programs' "$top/build/log/tests32" \
	"$top/scripts/setup/enter.sh" "$top/scripts/build.sh" tests32
host_status=0
step_try 'running the tests of the pure logic' "$host" \
	"$top/scripts/setup/enter.sh" "$top/tests/host.sh" whole || host_status=$?
step_try 'running the tests in guests' "$guest" \
	"$here/side-by-side.sh" "$guest" 3 "$top/build/programs32" || true
exec "$here/summary.sh" "$top/build/log/summary-stock" cargo "$host" "$host_status" guests "$guest" 3
