#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the Debian root and a prepared kernel in the cache: setup.sh [RELEASE]
#
# Without RELEASE any finished kernel of a supported series will do; nothing is
# asked of the network when all is there.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

wanted=${1-}

complete() {
	[ -d "$root_dir" ] && kernel_there "$wanted" >/dev/null
}

complete && exit 0

# What the finished things and their downloads take, in MB.
needed=0
[ -d "$root_dir" ] || needed=$((needed + 3200))
kernel_there "$wanted" >/dev/null || needed=$((needed + 3000))
"$here/host.sh" "$needed"

# One set-up at a time; a second one waits and then finds everything there.
exec 9>"$cache/lock"
if ! flock -n 9; then
	echo 'Another set-up is at work on this cache; waiting for it.'
	flock 9
fi
complete && exit 0

# What an interrupted run of another version of these scripts has left.
for stale in "$cache"/making-*; do
	case $stale in
	*"-$root_key" | *"-$kernel_key") ;;
	*) rm -rf "$stale" ;;
	esac
done

log=$cache/log
steps 7
echo "Setting up in $cache: a Debian 13 root with the tools, and a stock kernel."
step 'reading the package lists of the Debian archive' "$log/archive" \
	"$here/archive.sh" update

if [ -d "$root_dir" ]; then
	step_there 'downloading the tools'
	step_there 'unpacking the tools'
else
	step 'downloading the tools (420 MB)' "$log/root-download" "$here/archive.sh" packages
	step 'unpacking the tools' "$log/root" "$here/root.sh"
fi

"$here/archive.sh" kernels >"$log/kernels"
set -- $(awk -v wanted="$wanted" 'wanted == "" || $1 == wanted { print $1, $2; exit }' \
	"$log/kernels")
[ $# = 2 ] || fail \
	"the archive has no complete kernel set for ${wanted:-the supported series ($(supported_series | tr '\n' ' '))}." \
	'Image, modules, headers and source must be there at one version.' \
	"Complete ones of a supported series: $(cut -d ' ' -f 1 "$log/kernels" | tr '\n' ' ')" \
	'Try again later, or set AF_IPN_MIRROR to another mirror.'
release=$1 version=$2
making=$cache/making-$(basename "$(kernel_dir_of "$release")")

if [ -e "$making/is-unpacked" ]; then
	step_there "downloading kernel $release"
	step_there 'unpacking the kernel and its source'
else
	step "downloading kernel $release, the newest complete set (320 MB)" \
		"$log/kernel-download" "$here/archive.sh" kernel "$release" "$version"
	step 'unpacking the kernel and its source' "$log/kernel-unpack" \
		"$here/kernel.sh" unpack "$release"
fi
if [ -e "$making/is-built" ]; then
	step_there "building the kernel's Rust metadata"
else
	step "building the kernel's Rust metadata (one to three minutes)" \
		"$log/kernel-build" "$here/kernel.sh" build "$release"
fi
step "comparing it with the image's symbols" "$log/kernel-prove" \
	"$here/kernel.sh" prove "$release"
