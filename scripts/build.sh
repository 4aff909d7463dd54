#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds what the guest runs:  build.sh module | programs | tests32
#                              (programs with PYTHON=1: the package for Python too)
# Builds some of the programs: build.sh some PACKAGE...
# Builds the samples in Go:    build.sh go
#                              (in the root that has Go, ROOT=packaging)
# Makes a wheel of that:       build.sh wheel
# Checks the module's Rust:    build.sh clippy
# Runs inside the Debian root; see enter.sh.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$here/which-kernel.sh"
# Of what is built across; appended to other flags.
linker=${cross:+" -C linker=$compiler"}
interface=$top/build/policy-interface-$kernel_name

# kbuild SOURCE DIRECTORY [SETTING...]: builds modules into build/DIRECTORY-KERNEL;
# one for each kernel, so that no object outlives a change of it.
kbuild() {
	source=$1
	directory=$top/build/$2-$kernel_name
	shift 2
	mkdir -p "$directory"
	# shellcheck disable=SC2086 # a list of settings
	make -C "$kernel_build" M="$source" MO="$directory" -j "$(nproc)" \
		$kernel_settings "$@" modules
}

# modules NAME POLICY-NAME [SETTING...]: ours, and the sample of a policy, which
# knows only what is installed of ours.
modules() {
	name=$1 policy=$2
	shift 2
	kbuild "$top" "$name" "$@"
	"$here/policy-interface.sh" "$top/build/$name-$kernel_name" "$interface"
	kbuild "$top/samples/policy" "$policy" AF_IPN_INCLUDE="$interface" "$@"
}

module() {
	modules module policy
}

# W=e makes warnings errors.
clippy() {
	modules clippy clippy-policy CLIPPY=1 W=e CLIPPY_CONF_DIR="$top/src"
}

# libraries PACKAGE...: those that other programs load, and so are not static.
libraries() {
	for package; do
		set -- "$@" --package "$package"
		shift
	done
	# shellcheck disable=SC2086 # an option and its value
	RUSTFLAGS=$linker cargo build --locked --offline --release "$@" ${cross:+--target $rust_target} \
		--manifest-path "$top/tools/Cargo.toml" --target-dir "$top/build/plugin"
}

# The Python package as pip installs it, for 3.11 and later.
wheel() {
	CARGO_TARGET_DIR=$top/build/plugin maturin build --locked --offline --release \
		--manifest-path "$top/tools/ipn-python/Cargo.toml" --out "$top/build/python"
}

# static WHICH...: of the programs of our workspace, in the place for what the guest runs.
static() {
	RUSTFLAGS="-C target-feature=+crt-static$linker" \
		cargo build --locked --offline --release "$@" --bins --target "$rust_target" \
		--manifest-path "$top/tools/Cargo.toml" --target-dir "$top/build/tools"
	find "$top/build/tools/$rust_target/release" -maxdepth 1 -type f -perm -u+x \
		-exec cp --remove-destination {} "$programs" \;
}

# The others stay as they were.
some() {
	programs=$top/build/$programs
	for package; do
		set -- "$@" --package "$package"
		shift
	done
	static "$@"
}

# Everything else is static.
programs() {
	libraries libvdeplug_ipn ${PYTHON:+ipn-python}
	programs=$top/build/$programs
	rm -rf "$programs"
	mkdir -p "$programs"
	# Cables over PGM take OpenPGM, which the root has of this machine's architecture only.
	if [ -n "$cross" ]; then
		static --workspace --exclude ipn-cable-pgm
	else
		$compiler -fsyntax-only -I /usr/include/pgm-5.3 "$top/tools/ipn-cable-pgm/src/layout.c"
		static --workspace
	fi
	$compiler -fsyntax-only -I "$top/include/uapi" "$top/tests/qemu/guest/layout.c"
	# The README's first program is tried as it stands there.
	sed -n '/^```c$/,/^```$/p' "$top/README.md" | sed '/^```/d' >"$top/build/readme.c"
	for source in "$top"/samples/*.c "$top/build/readme.c"; do
		c_program "$source" "ipn-$(basename "$source" .c)"
	done
	for source in "$top"/samples/sensors/*.c; do
		c_program "$source" "sensor-$(basename "$source" .c)-c"
	done
	examples
}

# The examples of the documents, as programs.
examples() {
	sources=$top/build/examples
	dependencies=$top/build/tools/$rust_target/release/deps
	library=$(find "$dependencies" -name 'libipn-*.rlib' -printf '%T@ %p\n' | sort -n | tail -n 1)
	rm -rf "$sources"
	mkdir "$sources"
	"$top/tests/qemu/guest/examples.py" "$sources"
	for source in "$sources"/*.c; do
		c_program "$source" "$(basename "$source" .c)"
	done
	for source in "$sources"/*.rs; do
		# shellcheck disable=SC2086 # two options
		rustc --edition 2021 -D warnings --target "$rust_target" -C target-feature=+crt-static $linker \
			-L "dependency=$dependencies" -L "dependency=$top/build/tools/release/deps" \
			--extern "ipn=${library#* }" \
			-o "$programs/$(basename "$source" .rs)" "$source"
	done
}

# c_program SOURCE NAME
c_program() {
	$compiler -O2 -Wall -Wextra -static -I "$top/include/uapi" -I "$top" ${AF_IPN:+"-DAF_IPN=$AF_IPN"} \
		-o "$programs/$2" "$1"
}

# They are as any program of this architecture that needs no C library.
go() {
	sources=$top/build/go/source
	mkdir -p "$sources"
	export CGO_ENABLED=0 GOCACHE="$top/build/go/cache" GOFLAGS=-trimpath GOTOOLCHAIN=local
	for source in "$top"/samples/sensors/*.go; do
		difference=$(gofmt -d "$source")
		[ -z "$difference" ] || {
			echo "$difference"
			exit 1
		}
		sed "s/\(afIPN *= \)13/\1${AF_IPN:-13}/" "$source" >"$sources/${source##*/}"
		name=$(basename "$source" .go)
		command go vet "$sources/$name.go"
		command go build -o "$top/build/go/programs/sensor-$name-go" "$sources/$name.go"
	done
}

# The guest's tests for 32 bits: what they hand to the kernel differs. Of io_uring's
# structures that crate has only those of 64 bits, but they are the same.
tests32() {
	mkdir -p "$top/build/programs32"
	[ -n "$rust_target32" ] || return 0
	flags="-C target-feature=+crt-static -C linker=gcc -C link-arg=-m32"
	RUSTFLAGS="$flags --cfg io_uring_skip_arch_check" \
		cargo build --locked --offline --release --package ipntest --target "$rust_target32" \
		--manifest-path "$top/tools/Cargo.toml" --target-dir "$top/build/tools"
	cp "$top/build/tools/$rust_target32/release/ipntest" "$top/build/programs32/ipntest32"
	gcc -m32 -fsyntax-only -I "$top/include/uapi" "$top/tests/qemu/guest/layout.c"
}

"$@"
