#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the crate ipn, with all its features, for musl: musl.sh. By hand, inside the
# Debian root.
#
# Debian's rustc has no standard library for musl, so that is built as well, from the
# source that the root has for the kernel, with the crates that it takes, which cargo
# fetches. A library needs no musl itself: nothing is linked.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/../.." && pwd -P)

cd "$top/tools"
RUSTC_BOOTSTRAP=1 cargo build --locked -Z build-std=std,panic_abort --target x86_64-unknown-linux-musl \
	--package ipn --all-features --target-dir "$top/build/crate-musl"
