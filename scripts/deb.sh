#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes Debian packages of the tree, in build/deb, and checks them. Runs inside the
# root for making packages; see `make deb`.
#
#   deb.sh ours           of the modules' source and the programs
#   deb.sh rust KERNEL    of the Rust metadata of a prepared kernel
#   deb.sh lintian        fails where lintian warns of one
#   deb.sh contents       fails where a file is not where it should be, or as it should be
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$top/scripts/setup/say.sh"
deb=$top/build/deb
version=$(cat "$top/VERSION")
# The times in packages are those of the newest change.
SOURCE_DATE_EPOCH=$("$here/changes.sh" debian | dpkg-parsechangelog -l - -S Timestamp)
DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)"
export SOURCE_DATE_EPOCH DEB_BUILD_OPTIONS

# package SOURCE-DIRECTORY [OPTION...]: the root has what is needed, but no record of it,
# so libraries have to be said to be of which packages.
package() {
	cd "$1"
	shift
	glibc=$(ldd --version | sed -n '1s/.* //p')
	for library in 'libc 6' 'libm 6' 'ld-linux-x86-64 2' 'ld-linux-aarch64 1'; do
		echo "$library libc6 (>= $glibc)"
	done >debian/shlibs.local
	echo 'libgcc_s 1 libgcc-s1' >>debian/shlibs.local
	dpkg-buildpackage -us -uc -d "$@"
}

ours() {
	work=$deb/work/af-ipn-$version
	rm -rf "$work"
	mkdir -p "$work"
	cd "$top"
	git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for file; do [ ! -e "$file" ] || echo "$file"; done' sh |
		tar -cf - -T - | tar --no-same-owner -xf - -C "$work"
	"$here/changes.sh" debian >"$work/debian/changelog"
	CARGO_TARGET_DIR=$deb/target package "$work"
	rm -f "$deb"/*_"$version"[_.]*
	mv "$deb"/work/*_"$version"[_.]* "$deb"
	rm -rf "$work"
}

# rust KERNEL: nothing is built but the package, and that once for what goes into it.
rust() {
	release=$(cat "$1/release")
	kernel=$(zcat "$1/image/usr/share/doc/linux-binary-$release/changelog.Debian.gz" |
		sed -n '1s/.*(\(.*\)).*/\1/p')
	rustc=$(rustc --version | cut -d ' ' -f 2)
	next=${rustc%.*}.$((${rustc##*.} + 1))
	name=af-ipn-rust-$release
	key=$(cat "$0" "$here/metadata.sh" "$here"/af-ipn-rust/* "$1/symbols-here" 2>/dev/null |
		sha256sum)
	made=$deb/work/$name.key
	if [ "$(cat "$made" 2>/dev/null)" = "$key" ] && [ -e "$(echo "$deb/$name"_*.deb)" ]; then
		echo "$name: already there"
		return 0
	fi
	work=$deb/work/$name
	rm -rf "$work" "$deb/$name"_*
	mkdir -p "$work"
	cp -r "$here/af-ipn-rust" "$work/debian"
	sed -e "s|@package@|$name|" -e "s|@release@|$release|" -e "s|@kernel@|$kernel|" \
		-e "s|@rustc@|$rustc|" -e "s|@next@|$next|" \
		-e "s|@architecture@|$(dpkg --print-architecture)|" \
		"$here/af-ipn-rust/control.in" >"$work/debian/control"
	rm "$work/debian/control.in"
	"$here/changes.sh" debian | sed "s/^af-ipn (\(.*\)) /$name ($kernel+\1) /" >"$work/debian/changelog"
	"$here/metadata.sh" collect "$1/build" "$work/metadata"
	echo "metadata/* usr/lib/af-ipn/rust/$release" >"$work/debian/install"
	package "$work" -b
	mv "$deb/work/$name"_* "$deb"
	rm -rf "$work"
	echo "$key" >"$made"
}

lintian() {
	cd "$deb"
	command lintian --allow-root --fail-on error,warning --display-info ./*.dsc ./*.deb
}

contents() {
	cd "$deb"
	"$top/tests/packages/contents.sh" ./*.deb
}

"$@"
