#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures what messages cost, in a guest whose clock counts instructions, and
# reports it in build/bench.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/prepare.sh"

bench=$top/build/bench

steps 4
prepare
mkdir -p "$bench"
step 'counting instructions in a guest' "$bench/records" \
	"$here/guest.sh" --count 'ipnbench run --clock counted'
"$here/enter.sh" "$top/build/programs/ipnbench" report "$bench/records" "$bench"
