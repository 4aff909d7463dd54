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
	manifest=$top/$1/Cargo.toml target=$top/build/$2
	shift 2
	cargo test --locked --offline --no-fail-fast --manifest-path "$manifest" \
		--target-dir "$target" "$@" || status=1
}

run tests/host host
RUSTFLAGS='--cfg loom' run tests/host host-loom --release --test loom
run tools tools
"$top/tests/fuzz-host.sh" 20 || status=1
exit "$status"
