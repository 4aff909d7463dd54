#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds everything for the debug kernel and runs every test of the guest on it.
# Ends with "N passed, N failed, N skipped". To be called with KERNEL=debug.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/prepare.sh"

guest=$top/build/log/test-guest-debug

steps 5
prepare
# It has what the stock kernel compiles to nothing.
step 'clippy on the module' "$top/build/log/clippy-debug" "$here/enter.sh" "$here/build.sh" clippy
status=0
step_try 'running the tests in a guest with the debug kernel' "$guest" \
	"$here/guest.sh" 'ipntest run; status=$?; ipnfuzz replay && exit $status' || status=$?
exec "$here/summary.sh" "$top/build/log/summary-debug" ktap "$guest" "$status"
