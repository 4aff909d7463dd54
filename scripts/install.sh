#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs the module that `make` has built for the running kernel or for KDIR,
# the header, and the command-line tool. DESTDIR and PREFIX as usual.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$top/tests/qemu/say.sh"

destination=${DESTDIR-}
prefix=$destination${PREFIX:-/usr/local}
if [ -n "${KDIR-}" ]; then
	release=$(cat "$KDIR/include/config/kernel.release")
else
	release=$(uname -r)
fi

module=$top/build/module-$release/af_ipn.ko
[ -e "$module" ] || fail "the module for $release is not built." \
	'Run `make` first, with the same KDIR.'
tool=$top/build/programs/ipn
[ -e "$tool" ] || fail 'the command-line tool is not built.' 'Run `make tools` first.'

install -D -m 644 "$module" "$destination/lib/modules/$release/updates/af_ipn.ko"
install -D -m 644 "$top/include/uapi/linux/af_ipn.h" "$prefix/include/linux/af_ipn.h"
install -D -m 755 "$tool" "$prefix/bin/ipn"
[ -n "$destination" ] || depmod "$release"
echo "Installed. Load the module with: modprobe af_ipn"
