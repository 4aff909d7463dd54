#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the root for building across, out of this machine's root, whose files it
# shares, and the packages that `archive.sh cross` has downloaded. The guest's
# programs go into a directory of their own.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

making=$cache/making-${root_dir##*/}
archive=$cache/apt/$suite-$arch
rm -rf "$making"
cp -al "$machine_root_dir" "$making"
mkdir "$making$guest_root"
for package in "$archive"/cross/*.deb; do
	dpkg-deb -x "$package" "$making"
done
for package in "$archive"/guest/*.deb; do
	dpkg-deb -x "$package" "$making$guest_root"
done

rm "$making/compilers"
AF_IPN_ROOT=$making "$here/enter.sh" sh -eu -c '
	"${0%% *}" --version >&2
	"$1" --version' "$qemu" "$compiler" | cat "$machine_root_dir/compilers" - >"$making/compilers"

mv "$making" "$root_dir"
rm -r "$archive/cross" "$archive/guest"
