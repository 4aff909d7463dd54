#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Compares what programs see of the crate ipn with what interface.txt beside this
# lists: interface.sh [--write], which lists it anew. By hand, inside the Debian root:
# the first run fetches the crate public-api.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/../.." && pwd -P)
list=$here/interface.txt
target=$top/build/crate-api

# In JSON rustdoc writes only where unstable options may be used.
RUSTC_BOOTSTRAP=1 cargo rustdoc --locked --package ipn --lib --all-features \
	--manifest-path "$top/tools/Cargo.toml" --target-dir "$target" -- \
	-Z unstable-options --output-format json
cargo build --locked --manifest-path "$here/Cargo.toml" --target-dir "$target"
"$target/debug/interface" "$target/doc/ipn.json" >"$target/interface.txt"

if [ "${1-}" = --write ]; then
	cp "$target/interface.txt" "$list"
	exit
fi
diff -u "$list" "$target/interface.txt" || {
	echo 'tests/crate/interface.txt lists another interface. If the new one is meant:' \
		'make crate-interface WRITE=1, and a version that says what breaks (CONTRIBUTING.md)'
	exit 1
}
echo 'the interface of the crate ipn is the one that is listed'
