# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034 # for those who source this
#
# Where the kernel is that KERNEL names, and how modules are built for it.
# Sourced inside the root, by what builds and boots.

. "$top/scripts/setup/architecture.sh"
kind=${KERNEL:-stock}
release=$(cat /kernel/release)
if [ "$kind" = debug ]; then
	kernel_name=$release-debug
	kernel_build=/debug-kernel/build
	kernel_image=$kernel_build/$debug_image
	kernel_settings='LLVM=1'
else
	kernel_name=$release
	kernel_build=/kernel/build
	kernel_image=/kernel/image/usr/lib/modules/$release/vmlinuz
	kernel_settings="CC=$(cat /kernel/compiler) KERNELRELEASE=$release $cross"
fi
