#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests that need no guest, and sums them up.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

log=$top/build/log/test-host
status=0
steps 1
step_try 'running the tests of the pure logic' "$log" \
	"$here/enter.sh" "$top/tests/host.sh" || status=$?
exec "$here/summary.sh" "$top/build/log/summary-host" cargo "$log" "$status"
