#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests that need no guest: the module's pure logic, and the tools'.
# Runs inside the Debian root; see tests/qemu/enter.sh.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
status=0

# run WORKSPACE TARGET-DIRECTORY [ARGUMENT...]
run() {
	workspace=$1 target=$2
	shift 2
	cargo test --locked --offline --no-fail-fast --manifest-path "$top/$workspace/Cargo.toml" \
		--target-dir "$top/build/$target" "$@" || status=1
}

run tests/host host
run tools tools
exit "$status"
