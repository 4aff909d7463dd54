#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Decides what to think of a guest that has ended: verdict.sh DIRECTORY
#
# Ends with the status of the guest's command, but only when init said so over
# its own port and the kernel complained of nothing; otherwise says why not and
# ends with 99.
set -eu
run=$1

refuse() {
	printf 'af_ipn: the guest failed: %s\n' "$1" >&2
	printf 'af_ipn:   its console: %s\n' "$run/console" >&2
	exit 99
}

complaints='WARNING|BUG:|KASAN|Oops|Call Trace|RIP:|INFO: (task .* blocked|trying to register|lockdep is turned off)'
complaints="$complaints|unreferenced object|kmemleak: .*(disabled|suspected)|rcu: INFO|ref_tracker:|DEBUG_LOCKS_WARN_ON|Kernel panic|not ok "
# What it says when it kills in a control group that is full, as some tests want, is no complaint, nor
# that it could not note where a reference was taken.
awk '
	/ref_tracker: memory allocation failure/ { next }
	/invoked oom-killer/ { report = 1 }
	report { held = held $0 "\n" } !report { print }
	report && /Memory cgroup out of memory: Killed/ { report = 0; held = "" }
	END { printf "%s", held }' "$run/console" >"$run/complaints"
if grep -q -E "$complaints" "$run/complaints"; then
	grep -n -m 1 -E -B 5 -A 60 "$complaints" "$run/complaints" >&2
	refuse 'the kernel complained'
fi

verdict=$(cat "$run/verdict")
case $verdict in
'exit '*) exit "${verdict#exit }" ;;
'failed: '*)
	tail -n 20 "$run/console" >&2
	refuse "${verdict#failed: }"
	;;
esac
cat "$run/qemu" >&2
tail -n 20 "$run/console" >&2
refuse 'it ended without a word of success'
