#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The Rust metadata of a kernel: the compiled crates that a module in Rust is built
# against. Debian's headers packages lack it.
#
#   metadata.sh there HEADERS
#       whether that of the kernel of these headers is there or can be built
#   metadata.sh collect BUILD DIRECTORY
#       proves that of a kernel's build directory, and puts it into DIRECTORY
#   metadata.sh build HEADERS DIRECTORY
#       builds that of the kernel of these headers from its linux-source package
#   metadata.sh overlay HEADERS METADATA DIRECTORY
#       makes a kernel's build directory of its headers and its metadata
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "$here/setup/say.sh"

# What it is built with from the kernel's source, besides what modules are built with.
needed='rust-src bc bison flex libdw-dev libelf-dev libssl-dev'

# version PACKAGE: empty if it is not installed.
version() {
	dpkg-query -W -f '${Version}' "$1" 2>/dev/null || :
}

# source_there HEADERS: whether the source of their kernel is, and what is needed.
source_there() {
	release=$(cat "$1/include/config/kernel.release")
	series=$(echo "$release" | cut -d . -f 1-2)
	archive=/usr/src/linux-source-$series.tar.xz
	headers_version=$(version "linux-headers-$release")
	[ -e "$archive" ] && [ "$(version "linux-source-$series")" = "$headers_version" ] || return 1
	for package in $needed; do
		[ -n "$(version "$package")" ] || return 1
	done
}

there() {
	[ -e "$1/rust/libkernel.rmeta" ] ||
		[ -d "/usr/lib/af-ipn/rust/$(cat "$1/include/config/kernel.release")" ] || source_there "$1"
}

# prove BUILD: nothing in the kernel compares what a Rust module imports with what
# the image exports, apart from the names, which carry a hash of the crate and its
# compiler. So the crates built here must export every Rust symbol of the image.
prove() {
	cat "$1"/rust/exports_*_generated.h | awk '
	FILENAME == "-" {
		if (match($0, /\(_R[A-Za-z0-9_]*\)/))
			here[substr($0, RSTART + 1, RLENGTH - 2)] = 1
		next
	}
	$2 ~ /^_R/ { count++; if (!($2 in here)) missing++ }
	END { print count + 0, missing + 0 }' - "$1/Module.symvers" | {
		read -r count missing
		[ "$count" -gt 0 ] || fail "the kernel of $1/Module.symvers exports no Rust symbol."
		[ "$missing" = 0 ] || fail \
			"the crates in $1/rust do not fit the kernel: $missing of $count symbols differ." \
			'It was built with another rustc than the one here.'
		echo "$count symbols agree"
	}
}

collect() {
	prove "$1"
	mkdir -p "$2"
	install -m 644 "$1"/rust/lib*.rmeta "$1"/rust/lib*.so "$1/scripts/target.json" "$2"
	# Their debugging symbols; what rustc reads and calls stays.
	strip --strip-unneeded "$2"/lib*.so
}

# tell TEXT: to the terminal too, where output goes into a log.
tell() {
	echo "$1"
	{ echo "$1" >/dev/tty; } 2>/dev/null || :
}

build() {
	source_there "$1" || fail "the Rust metadata of the kernel $release is not there." \
		"Either install af-ipn-rust-$release, or, to have it built here from the kernel's source:" \
		"apt install linux-source-$series=$headers_version $needed"
	tell "af_ipn: building the Rust metadata of $release from linux-source-$series; this takes some minutes."
	begun=$(date +%s)
	work=$(mktemp -d -p "$(dirname "$2")")
	trap 'rm -rf "$work"' EXIT
	tar -xf "$archive" -C "$work"
	mkdir "$work/build"
	cp "$1/.config" "$work/build"
	compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$1/.config")
	make -C "$work/linux-source-$series" O="$work/build" CC="$compiler" KERNELRELEASE="$release" \
		-j "$(nproc)" olddefconfig prepare modules_prepare
	cp "$1/Module.symvers" "$work/build"
	collect "$work/build" "$2"
	tell "af_ipn: built in $(($(date +%s) - begun)) s."
}

overlay() {
	headers=$(readlink -f "$1") metadata=$2 directory=$3
	rm -rf "$directory"
	mkdir -p "$directory/scripts"
	ln -s "$headers"/* "$headers"/.[!.]* "$directory" 2>/dev/null || :
	rm "$directory/Makefile"
	sed "s|^KBUILD_OUTPUT=.*|KBUILD_OUTPUT=$directory|" "$headers/Makefile" >"$directory/Makefile"
	ln -s "$headers"/scripts/* "$directory/scripts"
	ln -sfn "$metadata/target.json" "$directory/scripts/target.json"
	ln -sfn "$metadata" "$directory/rust"
}

"$@"
