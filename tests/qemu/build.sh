#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds what the guest runs: build.sh module | programs
# Runs inside the Debian root; see enter.sh.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/../.." && pwd -P)
release=$(cat /kernel/release)
compiler=x86_64-linux-gnu-gcc-14
target=x86_64-unknown-linux-gnu

# A directory for each release, so that no object outlives a change of kernel.
module() {
	mkdir -p "$top/build/module-$release"
	make -C /kernel/build M="$top" MO="$top/build/module-$release" -j "$(nproc)" \
		CC=$compiler HOSTCC=$compiler KERNELRELEASE="$release" modules
}

# Everything static: the guest has no libraries.
programs() {
	programs=$top/build/programs
	mkdir -p "$programs"
	cd "$top/tools"
	RUSTFLAGS='-C target-feature=+crt-static' \
		cargo build --locked --release --target $target --target-dir "$top/build/tools"
	for name in ipnctl ipntest; do
		[ ! -e "$top/build/tools/$target/release/$name" ] || cp "$top/build/tools/$target/release/$name" "$programs"
	done
	for source in "$top"/samples/*.c; do
		[ -e "$source" ] || continue
		$compiler -O2 -Wall -Wextra -static -I "$top/include/uapi" \
			-o "$programs/ipn-$(basename "$source" .c)" "$source"
	done
}

"$1"
