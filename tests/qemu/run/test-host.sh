#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests that need no guest, and sums them up. FULL=1: as deep as continuous
# integration does.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"

log=$top/build/log/test-host
status=0
steps 1
step_try 'running the tests of the pure logic' "$log" \
	"$top/scripts/setup/enter.sh" "$top/tests/host.sh" ${FULL:+whole} || status=$?
exec "$here/summary.sh" "$top/build/log/summary-host" cargo "$log" "$status"
