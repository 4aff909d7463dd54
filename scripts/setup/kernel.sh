#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Prepares a stock Debian kernel for building Rust modules:
#
#   kernel.sh unpack RELEASE   image, configuration, source
#   kernel.sh build RELEASE    the Rust metadata that Debian's headers lack
#   kernel.sh prove RELEASE    that the result fits Debian's image; gives it its name
#
# The finished directory is seen at /kernel in the root and holds
#   image/   the unpacked image and modules    build/   the build directory
#   source/  the source of the same version    release  the kernel's release
#   compiler  the name of the C compiler that it was made with
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

action=$1
release=$2
series=$(echo "$release" | cut -d . -f 1-2)
making=$(making_dir_of "$release")
headers=usr/src/linux-headers-$release

unpack() {
	rm -rf "$making"
	mkdir -p "$making/unpacked" "$making/image"
	for deb in "$cache/apt/kernel-$release"/*.deb; do
		case $deb in
		*/linux-base-* | */linux-binary-* | */linux-modules-*) dpkg-deb -x "$deb" "$making/image" ;;
		*) dpkg-deb -x "$deb" "$making/unpacked" ;;
		esac
	done
	mkdir "$making/headers"
	# Their vmlinux holds the image's BTF and nothing else.
	for file in .config Module.symvers vmlinux; do
		mv "$making/unpacked/$headers/$file" "$making/headers"
	done
	tar -xf "$making/unpacked/usr/src/linux-source-$series.tar.xz" -C "$making/unpacked"
	mv "$making/unpacked/linux-source-$series" "$making/source"
	rm -rf "$making/unpacked"
	AF_IPN_KERNEL_DIR=$making "$here/enter.sh" depmod -b /kernel/image/usr "$release"
	echo "$release" >"$making/release"
	: >"$making/is-unpacked"
}

build() {
	rm -rf "$making/build"
	mkdir "$making/build"
	cp "$making/headers/.config" "$making/build"
	# Kernel and modules must be made by one compiler, Debian's.
	compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$making/headers/.config")
	# shellcheck disable=SC2086 # a list of settings
	AF_IPN_KERNEL_DIR=$making "$here/enter.sh" make -C /kernel/source O=/kernel/build \
		$cross CC="$compiler" KERNELRELEASE="$release" -j "$(nproc)" \
		olddefconfig prepare modules_prepare
	echo "$compiler" >"$making/compiler"
	# The symbols of the image, and its BTF, on which that of a module builds.
	mv "$making/headers/Module.symvers" "$making/headers/vmlinux" "$making/build"
	: >"$making/is-built"
}

# Nothing in the kernel compares what a Rust module imports with what the image
# exports, apart from the names: these carry a hash of the crate and its
# compiler. So every Rust symbol that Debian's image exports must be exported,
# under the same name, by the crates that we have built.
prove() {
	awk '$2 ~ /^_R/ { print $2 }' "$making/build/Module.symvers" |
		sort >"$making/symbols-debian"
	sed -n 's/.*(\(_R[A-Za-z0-9_]*\)).*/\1/p' "$making"/build/rust/exports_*_generated.h |
		sort >"$making/symbols-here"
	count=$(wc -l <"$making/symbols-debian")
	[ "$count" -gt 0 ] || fail "Debian's kernel $release exports no Rust symbol."
	missing=$(comm -23 "$making/symbols-debian" "$making/symbols-here" | wc -l)
	[ "$missing" = 0 ] || fail \
		"the Rust crates built here do not fit Debian's kernel $release: $missing of $count symbols differ." \
		'Debian has built this kernel with another compiler than the one in the root.' \
		'Name another release in AF_IPN_RELEASE, or begin anew: make distclean'
	echo "$count symbols agree"
	cp "$making/symbols-debian" "$making/build"
	mv "$making" "$(kernel_dir_of "$release")"
	rm -rf "$cache/apt/kernel-$release"
}

"$action"
