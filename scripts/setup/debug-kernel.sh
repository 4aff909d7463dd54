#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the debug kernel (KASAN, lockdep, kmemleak and more) from the source of the
# prepared stock kernel of that release:
#
#   debug-kernel.sh configure RELEASE   tinyconfig, and debug.config on top
#   debug-kernel.sh build RELEASE       image and symbols; goes on where it was interrupted
#   debug-kernel.sh finish RELEASE      throws the objects away; gives it its name
#
# The finished directory is seen at /debug-kernel in the root and holds build/,
# the build directory. Clang, because Rust has no KASAN with gcc.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

action=$1
release=$2
making=$(making_debug_kernel_dir_of "$release")
fragment=$top/scripts/setup/debug.config

# inside COMMAND...
inside() {
	AF_IPN_DEBUG_KERNEL_DIR=$making "$here/enter.sh" "$@"
}

kernel_make() {
	inside make -C /kernel/source O=/debug-kernel/build LLVM=1 -j "$(nproc)" "$@"
}

# Every line of the fragment must have taken effect: one whose dependencies are
# not met would be dropped silently.
configure() {
	rm -rf "$making"
	mkdir -p "$making/build"
	kernel_make tinyconfig
	inside env -C /debug-kernel/build /kernel/source/scripts/kconfig/merge_config.sh \
		-m .config "$fragment"
	kernel_make olddefconfig
	grep '^CONFIG_' "$fragment" | while IFS='=' read -r option value; do
		case $value in
		n) ! grep -q "^$option=" "$making/build/.config" ;;
		*) grep -qxF "$option=$value" "$making/build/.config" ;;
		esac || echo "$option=$value"
	done >"$making/lost"
	[ ! -s "$making/lost" ] || fail 'the debug kernel cannot have all that debug.config asks for.' \
		"Without effect: $(xargs <"$making/lost")"
	: >"$making/is-configured"
}

# The modules are none that we use, but with them come the symbols of the image.
build() {
	kernel_make bzImage modules
}

# What building modules needs stays, and the image.
finish() {
	find "$making/build" \( -path '*/build/scripts' -o -path '*/build/tools' \) -prune -o \
		-type f \( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '.*.cmd' \
		-o -name '.tmp_*' -o -name 'vmlinux*' \) -exec rm {} +
	mv "$making" "$(debug_kernel_dir_of "$release")"
}

"$action"
