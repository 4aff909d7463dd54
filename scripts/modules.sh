#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the modules for the running kernel, or for the one whose build directory
# KDIR names; they are then in build/module-RELEASE.
#
# Debian's headers packages lack the Rust metadata that a Rust module needs. It is
# then that of the package af-ipn-rust-RELEASE; or our own set-up makes it, for
# Debian's kernels of a supported series; or it is built from the kernel's source,
# where the package linux-source is installed.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/architecture.sh"

running=$(uname -r)
kdir=${KDIR:-/lib/modules/$running/build}

# suite_of_running: the Debian suite that the running kernel is from, if its series is
# supported.
suite_of_running() {
	sed '/^#/d' "$top/scripts/setup/series" | while read -r series; do
		case $running in
		"$series".*+deb13-"$machine_arch") echo trixie ;;
		"$series".*+deb14-"$machine_arch") echo sid ;;
		esac
	done
}

advise() {
	fail "$1" "$2" \
		'To see AF_IPN at work in a guest:          make demo' \
		'To run its tests in a guest:               make test' \
		'To build for another kernel:               make KDIR=/its/build/directory'
}

suite=$(suite_of_running)
release=$(cat "$kdir/include/config/kernel.release" 2>/dev/null || echo "$running")
metadata=/usr/lib/af-ipn/rust/$release
if [ -z "${KDIR-}" ] && [ ! -e "$kdir/rust/libkernel.rmeta" ] && [ ! -d "$metadata" ] && [ -n "$suite" ]; then
	export AF_IPN_RELEASE="$running" SUITE="${SUITE:-$suite}"
	"$top/scripts/setup/setup.sh"
	mkdir -p "$top/build"
	"$top/scripts/setup/enter.sh" "$top/scripts/build.sh" module
	echo "Built: build/module-$running/*.ko"
	exit 0
fi

# configuration: that of the kernel; the running one may tell it even where no
# headers are.
configuration() {
	if [ -e "$kdir/.config" ]; then
		cat "$kdir/.config"
	elif [ -z "${KDIR-}" ]; then
		cat "/boot/config-$running" 2>/dev/null || zcat /proc/config.gz 2>/dev/null
	fi
}

if [ -n "$(configuration)" ] && ! configuration | grep -q '^CONFIG_RUST=y'; then
	advise "the kernel ${KDIR:-$running} has no Rust: its configuration lacks CONFIG_RUST=y." \
		'No module written in Rust can be built for it or loaded into it.'
fi
[ -e "$kdir/Makefile" ] || advise "there is no kernel build directory $kdir." \
	"Is the kernel's headers package installed? Does this kernel have Rust?"
if [ ! -e "$kdir/rust/libkernel.rmeta" ] && [ "$(readlink -f "$kdir")" = "/usr/src/linux-headers-$release" ]; then
	mkdir -p "$top/build"
	if [ ! -d "$metadata" ]; then
		metadata=$top/build/rust-$release
		[ -d "$metadata" ] || "$here/metadata.sh" build "$kdir" "$metadata"
	fi
	"$here/metadata.sh" overlay "$kdir" "$metadata" "$top/build/headers-$release"
	kdir=$top/build/headers-$release
fi
[ -e "$kdir/rust/libkernel.rmeta" ] || advise \
	"$kdir lacks the kernel's Rust metadata (rust/libkernel.rmeta)." \
	"In a kernel's own build directory, \`make prepare modules_prepare\` makes it."

mkdir -p "$top/build/module-$release"
make -C "$kdir" M="$top" MO="$top/build/module-$release" -j "$(nproc)" modules
echo "Built: build/module-$release/*.ko"
