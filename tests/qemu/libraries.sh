#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Copies the libraries that dynamic programs need, and the loader, into the tree
# of a guest, to where they are looked for: libraries.sh TREE FILE...
# Runs inside the Debian root; see enter.sh.
set -eu
tree=$1
shift

for file; do
	/lib64/ld-linux-x86-64.so.2 --list "$file"
done | sed -n -e 's/^.* => \(\/[^ ]*\) (.*$/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p' |
	sort -u | while read -r library; do
	mkdir -p "$tree$(dirname "$library")"
	cp -L "$library" "$tree$library"
done
