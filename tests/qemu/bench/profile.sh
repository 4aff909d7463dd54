#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Says where the instructions of a message go: profile.sh TURNS IPNBENCH-ARGUMENT...
#
# Prints for each function how many instructions it takes in a turn, that of
# `ipnbench run --turns TURNS`, in which 8 messages are sent and received unless
# --depth says otherwise. PART=peers: one of that part; name --depth then.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"

bench=$top/build/bench
release=$(cat "$(kernel_there)/release")
kernel=$bench/symbols-$release
turns=$1
shift
mkdir -p "$bench"
"$top/scripts/setup/enter.sh" gcc -O2 -Wall -Wextra -Werror -shared -fPIC \
	-fvisibility=hidden -o "$bench/profile.so" "$here/profile.c"

# Debian's System.map is empty; the kernel always lies at the same place here.
if [ ! -e "$kernel" ]; then
	"$top/tests/qemu/guest/guest.sh" --count "grep -v '\\[' /proc/kallsyms" >"$kernel.new"
	mv "$kernel.new" "$kernel"
fi
"$top/scripts/setup/enter.sh" "$here/tree.sh" "$bench/add"
"$top/tests/qemu/guest/guest.sh" --profile "/add/measure run --parts ${PART:-cost} --clock counted --turns $turns $* && grep '\\[' /proc/kallsyms" "$bench/add" \
	>"$bench/symbols"

# Addresses are of equal length, so they sort as text.
{
	awk '$2 ~ /^[tTwW]$/ { print $1, "symbol", $3, $4 }' "$kernel" "$bench/symbols"
	awk -v turns="$turns" '{ print $1, "~piece", $2 * $3 / turns }' "$bench/pieces"
} | LC_ALL=C sort | awk '
	$2 == "symbol" { name = $3 " " $4; next }
	{
		of[$1 ~ /^0000/ ? "(user space)" : name] += $3
		sum += $3
	}
	END {
		for (name in of)
			if (name ~ /\[(af_ipn|kvde_switch)\]$/)
				ours += of[name]
		printf "%10.1f in all\n%10.1f of these in af_ipn and kvde_switch\n", sum, ours
		for (name in of)
			printf "%10.1f %s\n", of[name], name | "sort -rn"
	}' | "$top/scripts/setup/enter.sh" c++filt -s rust |
	# Without what tells crates of one name apart, and without generic arguments.
	sed -E -e 's/\[[0-9a-f]{12,16}\]//g' -e ':again' -e 's/(\w)(::)?<[^<>]*>/\1/' -e 'tagain'
