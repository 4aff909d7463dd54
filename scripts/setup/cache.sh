# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Where the checkout and the cache are, and the names of what the cache holds.
# Sourced by the other scripts, after say.sh.
#
# A finished thing carries its final name; what is still being made has a name
# that begins with "making-". Every name ends in a hash of what determines the
# thing, so that a changed package list or script makes a new one.

top=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
until [ -e "$top/scripts/setup/cache.sh" ]; do
	top=${top%/*}
done
setup=$top/scripts/setup

[ -n "${AF_IPN_CACHE:-${HOME-}}" ] || fail 'neither HOME nor AF_IPN_CACHE is set.' \
	'Set AF_IPN_CACHE to a directory with room for 6 GB.'
# A directory of our own, which says so: `make distclean` removes what is in it.
cache=${AF_IPN_CACHE:-$HOME/.cache}/af_ipn
marker=$cache/CACHEDIR.TAG
if ! [ -e "$marker" ]; then
	[ -z "${AF_IPN_CACHE-}" ] || ! [ -e "$cache" ] || rmdir "$cache" 2>/dev/null ||
		fail "$cache is there, and it is none of our caches." \
			'Set AF_IPN_CACHE to a directory in which there is no af_ipn.'
	{
		mkdir -p "$cache" &&
			printf '%s\n%s\n' 'Signature: 8a477f597d28d172789f06886806bc55' \
				'# The cache of a checkout of AF_IPN; see https://bford.info/cachedir/' >"$marker"
	} 2>/dev/null || fail "cannot make the cache directory $cache" \
		"Set AF_IPN_CACHE to a directory that you may write to."
fi
cache=$(CDPATH='' cd -- "$cache" && pwd -P)

# key FILE...: a hash of the files without their comments.
key() {
	sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' "$@" |
		sha256sum | cut -c 1-10
}

. "$top/scripts/setup/architecture.sh"

# Which kernel is built for and booted: KERNEL.
kind=${KERNEL:-stock}
case $kind in
stock | debug) ;;
*) fail "there is no kernel called $kind." 'KERNEL is stock, or unset, or debug.' ;;
esac

[ "$kind" = stock ] || [ -n "$debug_image" ] || fail \
	"there is no debug kernel for $arch."

# Which Debian the root and the kernels are from: SUITE.
suite=${SUITE:-trixie}
case $suite in
trixie | sid) ;;
*) fail "there is no set-up for the suite $suite." 'SUITE is trixie, or unset, or sid.' ;;
esac

root_key=$(key "$setup/packages" "$setup/packages-alone" "$setup/root.sh")

root_dir=$cache/root-$suite-$root_key

# What is built across has a root of its own, made out of this machine's.
# shellcheck disable=SC2034 # for those who source this
machine_root_dir=$root_dir
if [ -n "$cross" ]; then
	root_key=$(echo "$root_key $more_packages $guest_packages" |
		key - "$setup/cross-root.sh")
	root_dir=$cache/root-$suite-$arch-$root_key
fi

# So has what makes packages, which is asked for by ROOT=packaging.
packaging_root_dir=$cache/root-$suite-packaging-$(echo "$root_key" |
	key - "$setup/packages-packaging" "$setup/packaging-root.sh")
case ${ROOT-} in
'') ;;
packaging)
	[ -z "$cross" ] || fail 'packages are not built across.' 'Leave ARCH unset.'
	root_dir=$packaging_root_dir
	root_key=${root_dir##*-}
	;;
*) fail "there is no root called $ROOT." 'ROOT is packaging, or unset.' ;;
esac

# kernel_key: of a prepared kernel. It outlives a change of the root as long as
# the root's compilers stay the same.
kernel_key() {
	key "$setup/kernel.sh" "$root_dir/compilers"
}

# debug_kernel_key: of a debug kernel; what it is made from outlives it. It needs
# the source of its release, however that was prepared.
debug_kernel_key() {
	key "$setup/debug-kernel.sh" "$setup/debug.config" "$root_dir/compilers"
}

# debug_kernel_dir_of RELEASE: where the debug kernel that is made from the
# source of that release is or will be.
debug_kernel_dir_of() {
	printf '%s/debug-kernel-%s-%s\n' "$cache" "$1" "$(debug_kernel_key)"
}

# making_debug_kernel_dir_of RELEASE: the same while it is being made.
making_debug_kernel_dir_of() {
	printf '%s/making-debug-kernel-%s-%s\n' "$cache" "$1" "$(debug_kernel_key)"
}

# debug_kernel_there KERNEL: the finished debug kernel made from the source of
# the prepared one in that directory; fails when there is none.
debug_kernel_there() {
	[ -e "$1/release" ] || return 1
	debug_kernel_found=$(debug_kernel_dir_of "$(cat "$1/release")")
	[ -d "$debug_kernel_found" ] || return 1
	printf '%s\n' "$debug_kernel_found"
}

# The Cargo workspaces that are built and tested here.
workspaces='tools tests/host'

# kernel_dir_of RELEASE: where the prepared kernel of that release is or will be.
kernel_dir_of() {
	printf '%s/kernel-%s-%s\n' "$cache" "$1" "$(kernel_key)"
}

# making_dir_of RELEASE: the same while it is being made.
making_dir_of() {
	printf '%s/making-kernel-%s-%s\n' "$cache" "$1" "$(kernel_key)"
}

# series_of RELEASE: the series that a kernel's release belongs to.
series_of() {
	printf '%s\n' "$1" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'
}

# supported_series: the kernel series that the project supports, preferred first.
supported_series() {
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$setup/series"
}

# wanted_series: the one that AF_IPN_SERIES names, supported or not, or that of the
# release which AF_IPN_RELEASE names; otherwise the supported ones.
wanted_series() {
	if [ -n "${AF_IPN_SERIES-}" ]; then
		echo "$AF_IPN_SERIES"
	elif [ -n "${AF_IPN_RELEASE-}" ]; then
		series_of "$AF_IPN_RELEASE"
	else
		supported_series
	fi
}

# kernel_there: the newest finished kernel in the cache of the first wanted series
# that has one, or that of the release which AF_IPN_RELEASE names; fails when there
# is none.
kernel_there() {
	[ -d "$root_dir" ] || return 1
	for kernel_series in $(wanted_series); do
		kernel_found=$(
			cd "$cache" || exit
			# shellcheck disable=SC2086 # a pattern, so that 7.1 is not taken for 7.10
			printf '%s\n' kernel-${AF_IPN_RELEASE:-${kernel_series}[!0-9]}*"-$(kernel_key)" |
				sort -V | tail -n 1
		)
		if [ -d "$cache/$kernel_found" ]; then
			printf '%s\n' "$cache/$kernel_found"
			return 0
		fi
	done
	return 1
}

# kernel_name: what is built for the kernel that KERNEL and AF_IPN_SERIES name
# carries this name.
kernel_name() {
	kernel_named=$(cat "$(kernel_there)/release") || return
	[ "$kind" = stock ] || kernel_named=$kernel_named-$kind
	printf '%s\n' "$kernel_named"
}

# base_image: the guest's initramfs, on top of which goes what else a guest gets.
base_image() {
	printf '%s/build/guest/base-%s.cpio\n' "$top" "$(kernel_name)"
}

# crates_there: whether what the Cargo.lock files name is in the cache.
crates_there() {
	for workspace in $workspaces; do
		[ -e "$(crates_stamp "$workspace")" ] || return 1
	done
}

# crates_stamp WORKSPACE: the file that says so of one workspace.
crates_stamp() {
	printf '%s/cargo/fetched-%s\n' "$cache" "$(key "$top/$1/Cargo.lock" "$setup/crates.sh")"
}
