# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Where the checkout and the cache are, and the names of what the cache holds.
# Sourced by the other scripts, after say.sh.
#
# A finished thing carries its final name; what is still being made has a name
# that begins with "making-". Every name ends in a hash of what determines the
# thing, so that a changed package list or script makes a new one.

qemu_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$qemu_dir/../.." && pwd -P)

cache=${AF_IPN_CACHE:-${HOME:?is not set: set it, or AF_IPN_CACHE}/.cache/af_ipn}
mkdir -p "$cache" 2>/dev/null || fail "cannot make the cache directory $cache" \
	"Set AF_IPN_CACHE to a directory that you may write to."
cache=$(CDPATH='' cd -- "$cache" && pwd -P)

# key FILE...: a hash of the files without their comments.
key() {
	sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' "$@" |
		sha256sum | cut -c 1-10
}

root_key=$(key "$qemu_dir/packages" "$qemu_dir/root.sh")
kernel_key=$root_key-$(key "$qemu_dir/kernel.sh")

root_dir=$cache/root-$root_key

# kernel_dir_of RELEASE: where the prepared kernel of that release is or will be.
kernel_dir_of() {
	printf '%s/kernel-%s-%s\n' "$cache" "$1" "$kernel_key"
}

# supported_series: the kernel series that the project supports, newest first.
supported_series() {
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$qemu_dir/series"
}

# kernel_there [RELEASE]: the newest finished kernel (of that release) in the
# cache; fails when there is none.
kernel_there() {
	for kernel_series in $(supported_series); do
		kernel_found=$(
			cd "$cache" && for dir in "kernel-${1:-$kernel_series.*}-$kernel_key"; do
				# shellcheck disable=SC2086 # the pattern is to be expanded
				printf '%s\n' $dir
			done | sort -V | tail -n 1
		)
		if [ -d "$cache/$kernel_found" ]; then
			printf '%s\n' "$cache/$kernel_found"
			return 0
		fi
	done
	return 1
}
