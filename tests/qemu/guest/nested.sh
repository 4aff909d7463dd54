#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Copies into the tree of a guest what it needs to run guests of its own: QEMU, its
# firmware, and the network boot program of a virtio card: nested.sh TREE
# Runs inside the Debian root; see enter.sh.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
tree=$1

mkdir -p "$tree/bin" "$tree/usr/share/qemu"
cp /usr/bin/qemu-system-x86_64 "$tree/bin"
cp -L /usr/share/seabios/bios-256k.bin /usr/share/qemu/kvmvapic.bin \
	/usr/share/qemu/efi-virtio.rom "$tree/usr/share/qemu"
"$here/libraries.sh" "$tree" /usr/bin/qemu-system-x86_64
