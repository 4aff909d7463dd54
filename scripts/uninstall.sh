#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Removes what install.sh installs with the same arguments, DESTDIR, PREFIX and KDIR: it is
# installed once more elsewhere, and the files of the same names are removed. So it takes what was
# built. Directories of our own go as well, /etc/ipn only if nothing is in it.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

destination=${DESTDIR-}
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
DESTDIR=$trial "$here/install.sh" "$@" >/dev/null
cd "$trial"
find . -type f | while read -r file; do
	rm -f "$destination/$file"
done
find . -depth -type d \( -name af_ipn -o -path ./etc/ipn \) | while read -r directory; do
	rmdir "$destination/$directory" 2>/dev/null || :
done
# Which `su` does not put on the path.
[ -n "$destination" ] || PATH=$PATH:/usr/sbin:/sbin depmod -a
echo 'Uninstalled. Modules that are loaded stay so: modprobe -r kvde_switch af_ipn'
