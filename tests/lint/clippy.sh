#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lints all Rust with clippy; a warning is an error. Runs inside the Debian root.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
status=0

"$top/scripts/build.sh" clippy || status=1
for workspace in tools tests/host; do
	cargo clippy --locked --offline --workspace --all-targets --keep-going \
		--manifest-path "$top/$workspace/Cargo.toml" \
		--target-dir "$top/build/clippy" -- -D warnings || status=1
done

# What the crate ipn shows says how it fails.
CLIPPY_CONF_DIR="$top/tests/lint/public" cargo clippy --locked --offline --package ipn --lib --all-features \
	--manifest-path "$top/tools/Cargo.toml" --target-dir "$top/build/clippy-public" -- \
	-D warnings -D clippy::missing_errors_doc || status=1

# What the module was built for is what `make AF_IPN=N` asked for.
bindings=$top/build/clippy-$(cat /kernel/release)/rust/bindings/bindings_generated.rs
grep "IPN_CONST_FAMILY: u32_* = ${AF_IPN:-13};" "$bindings" || {
	echo "$bindings: not built for the family ${AF_IPN:-13}"
	status=1
}
exit "$status"
