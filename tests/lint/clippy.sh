#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lints all Rust with clippy; a warning is an error. Runs inside the Debian root.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
status=0

"$top/tests/qemu/build.sh" clippy || status=1
for workspace in tools tests/host; do
	cargo clippy --locked --offline --workspace --all-targets --keep-going \
		--manifest-path "$top/$workspace/Cargo.toml" \
		--target-dir "$top/build/clippy" -- -D warnings || status=1
done
exit "$status"
