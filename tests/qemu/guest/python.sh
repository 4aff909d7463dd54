#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Copies into the tree of a guest an interpreter of Python, its library, the
# package ipn with its tests, and the samples in Python: python.sh TREE
# Runs inside the Debian root; see enter.sh.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
tree=$1

interpreter=$(readlink -f /usr/bin/python3)
name=$(basename "$interpreter")
library=usr/lib/$name
package=$tree/$library/ipn
mkdir -p "$tree/bin" "$tree/usr/lib"
cp "$interpreter" "$tree/bin/python3"
# Without what only those need who build, draw or learn.
tar -C / --exclude=__pycache__ --exclude='config-*' --exclude=ensurepip --exclude=idlelib \
	--exclude=tkinter --exclude=pydoc_data --exclude=test -cf - "$library" | tar -C "$tree" -xf -
cp -r "$top/tools/ipn-python/python/ipn" "$package"
cp "$top/build/plugin/release/lib_ipn.so" "$package/_ipn.abi3.so"
mkdir -p "$tree/lib/ipn-python"
cp "$top"/tools/ipn-python/tests/*.py "$top/tools/ipn-python/README.md" "$tree/lib/ipn-python"
for sample in producer consumer; do
	cp "$top/samples/sensors/$sample.py" "$tree/bin/sensor-$sample-py"
done
mkdir -p "$tree/usr/bin"
ln -s /bin/busybox "$tree/usr/bin/env"
find "$tree/$library/lib-dynload" -name '*.so' -exec "$here/libraries.sh" "$tree" "$interpreter" {} +
