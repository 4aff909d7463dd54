#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs a command in the Debian root, in the current directory: enter.sh COMMAND...
#
# The checkout and the cache are seen at their own paths, the prepared kernel
# at /kernel (the kernel's build directory holds absolute paths, so it needs a
# name that never changes). AF_IPN_ROOT and AF_IPN_KERNEL_DIR name another root
# or kernel; the set-up uses them for what it is still making.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/namespace.sh"

root=${AF_IPN_ROOT:-$root_dir}
kernel=${AF_IPN_KERNEL_DIR:-$(kernel_there || :)}
debug=${AF_IPN_DEBUG_KERNEL_DIR:-$(debug_kernel_there "$kernel" || :)}
[ -d "$root" ] || fail "the Debian root is not there: $root" 'Run `make setup`.'
flags=$(namespace_flags) || namespace_refused

# shellcheck disable=SC2086 # a list of flags
exec unshare $flags sh "$here/inside.sh" "$root" "$kernel" "$debug" "$top" "$cache" "$PWD" "$@"
