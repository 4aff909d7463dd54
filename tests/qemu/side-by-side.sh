#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every test in some guests at the same time: side-by-side.sh GUESTS LOG
#
# Test n is run by guest n % GUESTS, which are numbered from 1; LOG-GUEST gets
# what it says and LOG-GUEST.status its status. The first also tries again what
# the fuzzer has found. Fails if one of them does.
set -eu
here=$(dirname -- "$0")
guests=$1
log=$2

trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM HUP INT
for guest in $(seq "$guests"); do
	command="ipntest run \$(ipntest list | awk 'NR % $guests == $guest % $guests')"
	[ "$guest" != 1 ] || command="$command; status=\$?; ipnfuzz replay && exit \$status"
	rm -f "$log-$guest.status"
	{
		status=0
		"$here/guest.sh" "$command" >"$log-$guest" 2>&1 || status=$?
		echo "$status" >"$log-$guest.status"
	} &
done
wait
for guest in $(seq "$guests"); do
	[ "$(cat "$log-$guest.status")" = 0 ] || exit 1
done
