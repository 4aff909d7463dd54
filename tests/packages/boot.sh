#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Boots the newest kernel of a disk of image.sh and tries steps in it:
# boot.sh DISK PACKAGES RUN STEP...
# Runs inside the root for making packages; see enter.sh. PACKAGES is the directory with
# ours; what the guest says is in RUN/output, what its kernel says in RUN/console.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "$here/../../scripts/setup/architecture.sh"
disk=$1 packages=$2 run=$3
shift 3

rm -rf "$run"
mkdir -p "$run/second/packages"
cp "$packages"/*.deb "$run/second/packages"
cp "$here/steps.sh" "$run/second"
cp "$here/run.sh" "$run/second/run"
printf '%s\n' "$@" >"$run/second/list"
echo "1..$#" >"$run/output"
mke2fs -q -t ext4 -O ^has_journal -d "$run/second" "$run/second.disk" 200M
rm -r "$run/second"

# As a boot loader does.
release=$(debugfs -R 'ls -p /boot' "$disk" 2>/dev/null |
	sed -n 's|.*/vmlinuz-\([^/]*\)/.*|\1|p' | sort -V | tail -n 1)
debugfs -R "dump /boot/vmlinuz-$release $run/kernel" "$disk" 2>/dev/null
debugfs -R "dump /boot/initrd.img-$release $run/initrd" "$disk" 2>/dev/null

# Compilers run in it for most of the time: what protects a kernel from its users costs
# some of that, and is not what is tried. A string instruction costs the emulator as much
# for each byte as another in all, so those that the kernel prefers where a processor is
# quick at them are not there.
: >"$run/said"
# shellcheck disable=SC2086 # a list of arguments
timeout -k 5 "${LIMIT:-3600}" $qemu -accel tcg,thread=multi -cpu "$emulated,-svm,-erms,-fsrm" \
	-smp 2 -m "${MEM:-2048}" -nodefaults -no-user-config -display none -no-reboot \
	-kernel "$run/kernel" -initrd "$run/initrd" \
	-append "root=/dev/vda rw console=$console panic=-1 systemd.show_status=no mitigations=off init_on_alloc=0 $emulated_append" \
	-drive "file=$disk,format=raw,if=virtio,cache=unsafe" \
	-drive "file=$run/second.disk,format=raw,if=virtio,readonly=on" -device virtio-rng-pci \
	-serial "file:$run/console" -serial "file:$run/said" || echo "# the guest ended with status $?" >>"$run/output"
cat "$run/said" >>"$run/output"
rm "$run/kernel" "$run/initrd" "$run/second.disk"
grep -q '^# the end' "$run/output" && ! grep -q '^not ok' "$run/output"
