#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures what messages cost and reports it in build/bench: first in a guest
# whose clock counts instructions; then in one of two processors and a clock that
# tells the time, which measures everything where KVM works, else only what takes
# two processors; and simulates more of them. FULL=1: every size and number of
# receivers, and the profiles and the tables of Documentation/performance.md.
# TIMED=1: only what takes two processors or more, and those of its tables.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

bench=$top/build/bench
export LIMIT="${LIMIT:-7200}" MEM="${MEM:-6144}"
full='' profiles=''
timed='senders,fairness'
if [ -n "${TIMED-}" ]; then
	steps 6
elif [ -n "${FULL-}" ]; then
	steps 8
	full=--full profiles=1
else
	steps 7
fi

prepare
mkdir -p "$bench"
step 'packing what it is compared with' "$top/build/log/bench-tree" \
	"$top/scripts/setup/enter.sh" "$here/tree.sh" "$bench/add"
[ -n "${TIMED-}" ] || step 'counting instructions in a guest' "$bench/counted" \
	"$top/tests/qemu/guest/guest.sh" --count "/add/measure run --clock counted $full" "$bench/add"
accelerator=$("$top/scripts/setup/enter.sh" "$top/tests/qemu/guest/accelerator.sh" "$(base_image)")
parts=''
[ -z "${TIMED-}" ] && [ "$accelerator" = kvm ] || parts="--parts $timed"
step 'taking the time in a guest of two processors' "$bench/timed" \
	env CPUS=2 "$top/tests/qemu/guest/guest.sh" --time \
	"/add/measure run --clock wall --accelerator $accelerator $parts $full" "$bench/add"
step 'simulating more processors' "$top/build/log/bench-scaling" \
	"$top/scripts/setup/enter.sh" env AF_IPN_SCALING="$bench/scaling" \
	cargo test --locked --offline --manifest-path "$top/tests/host/Cargo.toml" --target-dir "$top/build/host" \
	--test scaling
set -- "$bench/timed" --to "$bench"
[ -n "${TIMED-}" ] || set -- "$bench/counted" "$@"
if [ -n "$profiles" ]; then
	step 'profiling' "$top/build/log/bench-profiles" "$here/profiles.sh" "$bench"
	set -- "$@" --document "$top/Documentation/performance.md"
elif [ -n "${TIMED-}" ]; then
	set -- "$@" --document "$top/Documentation/performance.md" --only "$timed,scaling"
fi
printf 'How many times as much as one more processors would send, simulated\n\n'
cat "$bench/scaling"
printf '\n'
"$top/scripts/setup/enter.sh" "$top/build/programs/ipnbench" report "$@"
