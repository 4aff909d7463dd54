# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Builds what the guest runs, in three steps. Sourced, after say.sh and cache.sh.

# with_languages: the guest has Python, and the samples in Go if the root that has Go is there.
with_languages() {
	export PYTHON=1
	[ ! -d "$packaging_root_dir" ] || [ -n "$cross" ] || export GO=1
}

# prepare: the caller counts its three steps; GO adds one. KEEP_PROGRAMS: those that are there will do.
prepare() {
	[ -z "${GO-}" ] || step_count=$((step_count + 1))
	mkdir -p "$top/build/guest"
	# Two builds in one checkout take turns.
	exec 8>"$top/build/lock"
	flock 8
	name=$(kernel_name)
	step "building the module for $name" "$top/build/log/module-$name" \
		"$top/scripts/setup/enter.sh" "$top/scripts/build.sh" module
	[ -n "${KEEP_PROGRAMS-}" ] || step 'building the programs' "$top/build/log/programs" \
		"$top/scripts/setup/enter.sh" "$top/scripts/build.sh" programs
	[ -z "${GO-}" ] || step 'building the samples in Go' "$top/build/log/go" \
		env ROOT=packaging "$top/scripts/setup/enter.sh" "$top/scripts/build.sh" go
	step 'packing the guest' "$top/build/log/image" \
		"$top/scripts/setup/enter.sh" "$top/tests/qemu/guest/image.sh" "$(base_image)"
	exec 8>&-
}
