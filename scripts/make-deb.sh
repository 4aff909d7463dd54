#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the Debian packages, in build/deb: of the tree, and of the Rust metadata of
# the kernel of each supported series, or of that which AF_IPN_SERIES names.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$top/scripts/setup/say.sh"
export ROOT=packaging
. "$top/scripts/setup/cache.sh"

# shellcheck disable=SC2046 # a list of series
set -- $(wanted_series)
for series; do
	AF_IPN_SERIES=$series "$top/scripts/setup/setup.sh"
done
mkdir -p "$top/build/deb/work"
exec 8>"$top/build/deb/lock"
flock 8

# in_root WHAT LOG ARGUMENT...: a step of scripts/deb.sh.
in_root() {
	deb_what=$1 deb_log=$2
	shift 2
	step "$deb_what" "$top/build/log/$deb_log" "$top/scripts/setup/enter.sh" "$top/scripts/deb.sh" "$@"
}

steps $(($# + 3))
for series; do
	kernel=$(AF_IPN_SERIES=$series kernel_there)
	release=$(cat "$kernel/release")
	in_root "packing the Rust metadata of $release" "deb-rust-$release" rust "$kernel"
done
in_root 'building the packages' deb ours
in_root 'lintian on the packages' deb-lintian lintian
in_root 'what is in them, and where' deb-contents contents
ls "$top"/build/deb/*.deb
