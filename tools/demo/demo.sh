#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Shows AF_IPN at work. It runs as root in the guest, with the users u1, u2 and u3;
# its status is 0 if all was as it should be.
set -eu

acts=$(dirname -- "$0")
room=/tmp/demo
mkdir "$room"
chmod 1777 "$room"
cd "$room"
trap 'kill $(jobs -p) 2>/dev/null || :' EXIT

say() {
	printf '%s\n' "$*"
}

fail() {
	say "NOT AS IT SHOULD BE: $*"
	exit 1
}

# as USER COMMAND: runs a command of the shell as another user.
as() {
	su "$1" -c "cd $room && $2"
}

# start USER COMMAND: starts a program as another user; it is process $!.
start() {
	su "$1" -c "cd $room && exec $2" &
}

# await COMMAND...: waits until the command succeeds, for two minutes at most.
await() {
	for _ in $(seq 1200); do
		! "$@" || return 0
		usleep 100000
	done
	fail "this did not come to pass: $*"
}

. "$acts/messages.sh"
. "$acts/lan.sh"
say 'All as it should be.'
