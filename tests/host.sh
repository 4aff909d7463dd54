#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests that need no guest, the module's pure logic and the tools': host.sh [whole]
# Runs inside the Debian root; see scripts/setup/enter.sh.
#
# Without `whole` it is what one waits for after a change: the same tests, but loom tries
# one preemption of its models at a time, the simulation is short, and nothing is fuzzed.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
log=$top/build/log/test-host-loom
whole=${1-}
status=0

# cargo_test WORKSPACE TARGET-DIRECTORY [ARGUMENT...]
cargo_test() {
	manifest=$top/$1/Cargo.toml target=$top/build/$2
	shift 2
	cargo test --locked --offline --no-fail-fast --manifest-path "$manifest" --target-dir "$target" "$@"
}

loom() {
	RUSTFLAGS='--cfg loom' cargo_test tests/host host-loom --profile loom --test loom
}

# Each of loom's models is gone through for some seconds, if that is not all of it. With nothing of this set they are
# gone through to their end: some take an hour.
export LOOM_MAX_DURATION=4 LOOM_CHECKPOINT_INTERVAL=100
[ -n "$whole" ] || export LOOM_MAX_PREEMPTIONS=1 AF_IPN_SIM_SECONDS=8
# Loom beside the rest: each is a single thread for some time.
mkdir -p "$top/build/log"
loom >"$log" 2>&1 &
cargo_test tests/host host || status=1
cargo_test tools tools || status=1
"$top/tests/growth/test.py" || status=1
wait $! || status=1
cat "$log"
[ -z "$whole" ] || "$top/tests/fuzz-host.sh" 20 || status=1
exit "$status"
