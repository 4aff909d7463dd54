#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes a program that stops its guest shorter: fuzz-minimise.sh FILE BOOTS
#
# Each guest tries the programs that lack a part, until it is stopped; the one
# that did it is the next to lack a part. The result is beside FILE, as *.short.json.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"
program=$1 boots=$2
short=${program%.json}.short.json
log=$top/build/log/fuzz-minimise
mkdir -p "$top/build/fuzz"
# The Debian root sees the checkout.
work=$(mktemp -d "$top/build/fuzz/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

[ -f "$program" ] || fail "there is no such program: $program"
cp -- "$program" "$work/now.json"
steps $((3 + boots))
prepare
while [ "$boots" -gt 0 ]; do
	boots=$((boots - 1))
	rm -rf "$work/less"
	mkdir "$work/less"
	"$top/scripts/setup/enter.sh" "$top/build/programs/ipnfuzz" candidates "$work/now.json" "$work/less" || break
	status=0
	step_try "running $(find "$work/less" -type f | wc -l) shorter programs" "$log" \
		"$top/tests/qemu/guest/guest.sh" 'ipnfuzz replay --times 3 /add' "$work/less" || status=$?
	# None of them stops it.
	[ "$status" = 99 ] || break
	run=$(sed -n 's/^af_ipn:   its console: \(.*\)\/console$/\1/p' "$log")
	last=$(sed -n 's/^file //p' "$run/trace" | tail -n 1)
	rm -rf "$run"
	[ -n "$last" ] || break
	cp "$work/less/$last" "$work/now.json"
done
cp "$work/now.json" "$short"
echo "$(grep -c '^  ' "$short") calls of $(grep -c '^  ' "$program"); again: make fuzz${KERNEL:+ KERNEL=$KERNEL} REPLAY=$short"
