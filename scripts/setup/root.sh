#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the Debian root from downloaded packages: unpacked, never installed.
# No maintainer script runs, so no privilege is needed; the few things that
# such scripts would have made and that we need are made here.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

making=$cache/making-root-$suite-$root_key
rm -rf "$making"
mkdir "$making"

"$here/archive.sh" files >"$cache/making-files"
# base-files before all others: it holds the links of the merged /usr.
dpkg-deb -x "$(grep '/base-files_' "$cache/making-files")" "$making"
grep -v '/base-files_' "$cache/making-files" |
	xargs -P 2 -I '{}' dpkg-deb -x '{}' "$making"

# The alternatives.
ln -s gawk "$making/usr/bin/awk"
ln -s gcc "$making/usr/bin/cc"
ln -s g++ "$making/usr/bin/c++"

# base-passwd's and ca-certificates' files, and the places for the host's.
cp "$making/usr/share/base-passwd/passwd.master" "$making/etc/passwd"
cp "$making/usr/share/base-passwd/group.master" "$making/etc/group"
cat "$making"/usr/share/ca-certificates/mozilla/*.crt \
	>"$making/etc/ssl/certs/ca-certificates.crt"
: >"$making/etc/resolv.conf"
: >"$making/etc/hosts"
mkdir -p "$making/kernel"

AF_IPN_ROOT=$making "$here/enter.sh" ldconfig
# What cannot work says so here, not in the middle of a build.
AF_IPN_ROOT=$making "$here/enter.sh" sh -eu -c '
	cargo --version
	qemu-system-x86_64 --version
	busybox | head -n 1'
AF_IPN_ROOT=$making "$here/enter.sh" sh -eu -c '
	rustc --version
	bindgen --version
	gcc --version
	clang --version
	ld --version' >"$making/compilers"

mv "$making" "$root_dir"
rm -f "$cache/making-files" "$cache/apt/$suite"/archives/*.deb
