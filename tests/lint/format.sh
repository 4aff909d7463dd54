#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks that all Rust is formatted. Runs inside the Debian root.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cd "$top"
status=0

# rustfmt.toml is for all. The modules' crates are no packages, so their files are
# named one by one.
find src rust samples -name '*.rs' -exec rustfmt --color never --check {} + || status=1
for workspace in tools tools/ipn-cable-zenoh tests/host; do
	cargo fmt --check --all --manifest-path "$workspace/Cargo.toml" \
		-- --color never || status=1
done
exit "$status"
