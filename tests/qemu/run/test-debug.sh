#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds everything for the debug kernel and runs every test of the guest on it.
# Ends with "N passed, N failed, N skipped". To be called with KERNEL=debug.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

log=$top/build/log/test-guest-debug

steps 5
prepare
# It has what the stock kernel compiles to nothing.
step 'clippy on the module' "$top/build/log/clippy-debug" "$top/scripts/setup/enter.sh" "$top/scripts/build.sh" clippy
step_try 'running the tests in guests with the debug kernel' "$log" \
	"$here/side-by-side.sh" "$log" 4 || true
exec "$here/summary.sh" "$top/build/log/summary-debug" guests "$log" 4
