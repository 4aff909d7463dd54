#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Puts into the cache what building and booting needs: a Debian root with the
# tools, a prepared kernel, and the crates of the workspaces.
#
# Any finished kernel of a supported series will do, or of that which AF_IPN_SERIES
# or the release which AF_IPN_RELEASE names. Nothing is asked of the network when all is there.
# With KERNEL=debug it builds the debug kernel too, from that kernel's source.
# `setup.sh root` makes but the root; out of it come that for building across, and
# with ROOT=packaging that for making packages, which GO=1 makes too: it has Go.
set -eu
only=${1-}
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

is_complete() {
	[ -d "$root_dir" ] && { [ "$only" = root ] || {
		kernel_there >/dev/null && crates_there &&
			{ [ "$kind" = stock ] || debug_kernel_there "$(kernel_there)" >/dev/null; }
	}; }
}

# The samples in Go need the root that has Go, and only that.
[ -z "${GO-}" ] || [ -n "${ROOT-}" ] || GO='' ROOT=packaging "$here/setup.sh" root
is_complete && exit 0
# What is made out of this machine's root needs that first.
[ -d "$machine_root_dir" ] || [ "$root_dir" = "$machine_root_dir" ] ||
	ROOT='' ARCH=$machine_arch "$here/setup.sh" root

# What the finished things and their downloads take, in MB.
needed=100
[ -d "$root_dir" ] || needed=$((needed + 3000))
kernel_there >/dev/null || needed=$((needed + 2900))
[ "$kind" = stock ] || debug_kernel_there "$(kernel_there || :)" >/dev/null ||
	needed=$((needed + 1100))
"$here/host.sh" "$needed"

# One set-up at a time; a second one waits and then finds everything there.
exec 9>"$cache/lock"
if ! flock -n 9; then
	echo 'Another set-up is at work on this cache; waiting for it.'
	flock 9
fi
is_complete && exit 0

# What an interrupted run of another version of these scripts has left.
for stale in "$cache"/making-*; do
	case $stale in
	*"-$root_key") continue ;;
	esac
	if [ -d "$root_dir" ]; then
		case $stale in
		*"-$(kernel_key)" | *"-$(debug_kernel_key)") continue ;;
		esac
	fi
	rm -rf "$stale"
done

log=$cache/log
if [ "$only" = root ]; then
	steps 3
elif [ "$kind" = stock ]; then
	steps 8
else
	steps 11
fi
echo "Setting up in $cache."

if [ -d "$root_dir" ] && kernel_there >/dev/null; then
	step_there "reading the archive's package lists"
else
	step "reading the archive's package lists" "$log/archive" "$here/archive.sh" update
	"$here/archive.sh" kernels >"$log/kernels"
	# Where no kernel is prepared, this ends here what cannot come to anything.
	set -- "$cache"/kernel-*
	[ -d "$1" ] || "$here/choose.sh" "$log/kernels" >"$log/kernel"
fi

if [ -d "$root_dir" ]; then
	step_there 'downloading the tools'
	step_there 'unpacking the tools'
elif [ -n "$cross" ]; then
	step "downloading what builds for $arch (140 MB)" "$log/root-download" "$here/archive.sh" cross
	step 'unpacking that' "$log/root" "$here/cross-root.sh"
elif [ -n "${ROOT-}" ]; then
	step 'downloading what makes packages (80 MB)' "$log/root-download" "$here/archive.sh" packaging
	step 'unpacking that' "$log/root" "$here/packaging-root.sh"
else
	step 'downloading the tools (460 MB)' "$log/root-download" "$here/archive.sh" packages
	step 'unpacking the tools' "$log/root" "$here/root.sh"
fi
[ "$only" != root ] || exit 0

if kernel=$(kernel_there); then
	release=$(cat "$kernel/release")
	step_there "downloading kernel $release"
	step_there 'unpacking it with its source'
	step_there 'building its Rust metadata'
	step_there 'comparing that with the symbols of the image'
else
	"$here/choose.sh" "$log/kernels" >"$log/kernel"
	read -r release version <"$log/kernel"
	making=$(making_dir_of "$release")
	if [ -e "$making/is-unpacked" ]; then
		step_there "downloading kernel $release"
		step_there 'unpacking it with its source'
	else
		step "downloading kernel $release, the newest complete one (320 MB)" \
			"$log/kernel-download" "$here/archive.sh" kernel "$release" "$version"
		step 'unpacking it with its source' "$log/kernel-unpack" \
			"$here/kernel.sh" unpack "$release"
	fi
	if [ -e "$making/is-built" ]; then
		step_there 'building its Rust metadata'
	else
		step 'building its Rust metadata (one to three minutes)' \
			"$log/kernel-build" "$here/kernel.sh" build "$release"
	fi
	step 'comparing that with the symbols of the image' "$log/kernel-prove" \
		"$here/kernel.sh" prove "$release"
fi

step 'fetching the crates' "$log/crates" "$here/crates.sh"

[ "$kind" = debug ] || exit 0
release=$(cat "$(kernel_there)/release")
making=$(making_debug_kernel_dir_of "$release")
if debug_kernel_there "$(kernel_there)" >/dev/null; then
	step_there 'configuring the debug kernel'
	step_there 'building the debug kernel'
	step_there 'clearing up after it'
else
	if [ -e "$making/is-configured" ]; then
		step_there 'configuring the debug kernel'
	else
		step 'configuring the debug kernel' "$log/debug-kernel-configure" \
			"$here/debug-kernel.sh" configure "$release"
	fi
	step 'building the debug kernel (15 minutes on two quiet cores)' "$log/debug-kernel-build" \
		"$here/debug-kernel.sh" build "$release"
	step 'clearing up after it' "$log/debug-kernel-finish" \
		"$here/debug-kernel.sh" finish "$release"
fi
