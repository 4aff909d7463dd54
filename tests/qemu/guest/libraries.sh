#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Copies the libraries that dynamic programs need, and the loader, into the tree
# of a guest, to where they are looked for: libraries.sh TREE FILE...
# Runs inside the Debian root; see enter.sh.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/architecture.sh"
tree=$1
shift
libraries=/lib/$triple
mkdir -p "$tree$libraries"

# A program of another architecture can not be asked what it would load.
for file; do
	readelf -l "$file" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p'
done | sort -u | while read -r loader; do
	mkdir -p "$tree$(dirname "$loader")"
	cp -L "$guest_root/usr$loader" "$tree$loader"
done
while [ $# -gt 0 ]; do
	needed=$(readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u)
	set --
	for library in $needed; do
		[ ! -e "$tree$libraries/$library" ] || continue
		cp -L "$guest_root/usr$libraries/$library" "$tree$libraries"
		set -- "$@" "$tree$libraries/$library"
	done
done
