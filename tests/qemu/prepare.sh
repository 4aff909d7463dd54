# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Builds what the guest runs, in three steps. Sourced, after say.sh and cache.sh.

# prepare: the caller counts its three steps.
prepare() {
	mkdir -p "$top/build/guest"
	# Two builds in one checkout take turns.
	exec 8>"$top/build/lock"
	flock 8
	name=$(kernel_name)
	step "building the module for $name" "$top/build/log/module-$name" \
		"$qemu_dir/enter.sh" "$qemu_dir/build.sh" module
	step 'building the programs' "$top/build/log/programs" \
		"$qemu_dir/enter.sh" "$qemu_dir/build.sh" programs
	step 'packing the guest' "$top/build/log/image" \
		"$qemu_dir/enter.sh" "$qemu_dir/image.sh" "$(base_image)"
	exec 8>&-
}
