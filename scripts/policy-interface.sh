#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Puts what a policy module is built against into a directory:
# policy-interface.sh BUILT DIRECTORY, where BUILT is where af_ipn.ko was built. Where it
# was not, the symbols are those for kernels without versions of symbols.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
built=$1 directory=$2
mkdir -p "$directory"
# With the times of the originals, so that nothing is built again in vain.
cp -p "$top/rust/policy_sdk/ipn_policy.rs" "$top/include/linux/ipn_policy.h" "$directory"
if [ -e "$built/Module.symvers" ]; then
	grep '	af_ipn	' "$built/Module.symvers"
else
	grep -rh '^EXPORT_SYMBOL_GPL(' "$top/rust" |
		sed 's/^.*(\(.*\));$/0x00000000\t\1\taf_ipn\tEXPORT_SYMBOL_GPL\t/'
fi >"$directory/Module.symvers.new"
cmp -s "$directory/Module.symvers.new" "$directory/Module.symvers" ||
	cp "$directory/Module.symvers.new" "$directory/Module.symvers"
rm "$directory/Module.symvers.new"
