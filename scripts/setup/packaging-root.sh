#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the root for making packages, out of this machine's root, whose files it
# shares, and the packages that `archive.sh packaging` has downloaded.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

making=$cache/making-${root_dir##*/}
archive=$cache/apt/$suite/packaging
rm -rf "$making"
cp -al "$machine_root_dir" "$making"
for package in "$archive"/*.deb; do
	dpkg-deb -x "$package" "$making"
done

# An alternative, base-files' link, and the state of a system where nothing is installed.
ln -s fakeroot-sysv "$making/usr/bin/fakeroot"
ln -s debian "$making/etc/dpkg/origins/default"
: >"$making/var/lib/dpkg/status"

AF_IPN_ROOT=$making "$here/enter.sh" sh -eu -c '
	ldconfig
	dkms --version
	lintian --version
	mmdebstrap --version'

mv "$making" "$root_dir"
rm -r "$archive"
