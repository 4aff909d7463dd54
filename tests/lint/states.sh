#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks that the table of every call in every state (tools/ipntest/states) is whole: no
# cell is empty, and it has whatever the header has. Runs inside the Debian root.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)

# The tests' own target directory: they are the same.
cargo test --quiet --locked --offline --package ipntest --lib \
	--manifest-path "$top/tools/Cargo.toml" --target-dir "$top/build/tools" table::
