#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures what messages cost and reports it in build/bench: first in a guest
# whose clock counts instructions; then in one of two processors and a clock that
# tells the time, which measures everything where KVM works, else only what takes
# two processors. FULL=1: every size and number of receivers, and the profiles and
# the tables of Documentation/performance.md.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

bench=$top/build/bench
export LIMIT="${LIMIT:-7200}" MEM="${MEM:-6144}"
if [ -n "${FULL-}" ]; then
	steps 7
	full=--full
else
	steps 6
	full=''
fi

prepare
mkdir -p "$bench"
step 'packing what it is compared with' "$top/build/log/bench-tree" \
	"$top/scripts/setup/enter.sh" "$here/tree.sh" "$bench/add"
step 'counting instructions in a guest' "$bench/counted" \
	"$top/tests/qemu/guest/guest.sh" --count "/add/measure run --clock counted $full" "$bench/add"
accelerator=$("$top/scripts/setup/enter.sh" "$top/tests/qemu/guest/accelerator.sh" "$(base_image)")
parts=''
[ "$accelerator" = kvm ] || parts='--parts senders'
step 'taking the time in a guest of two processors' "$bench/timed" \
	env CPUS=2 "$top/tests/qemu/guest/guest.sh" --time \
	"/add/measure run --clock wall --accelerator $accelerator $parts $full" "$bench/add"
set -- "$bench/counted" "$bench/timed" --to "$bench"
if [ -n "$full" ]; then
	step 'profiling' "$top/build/log/bench-profiles" "$here/profiles.sh" "$bench"
	set -- "$@" --document "$top/Documentation/performance.md"
fi
"$top/scripts/setup/enter.sh" "$top/build/programs/ipnbench" report "$@"
