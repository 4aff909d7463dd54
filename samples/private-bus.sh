#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A user who is not root has a heavy stream of very private data, made by some
# processes, that several others must receive whole: no network, no tee, no
# named pipes.
#
#     private-bus.sh NETWORK COMMAND... <DATA
#
# Makes the lossless bus NETWORK, a file with mode 700 that no other user may open,
# and gives what comes on the standard input to each COMMAND, a line of shell. At
# the end of the input all of it is gone; the status is 0 if all commands ended
# well. Until then other processes of the user may send (ipn send NETWORK),
# receive (ipn recv NETWORK), or do both.
#
#     tar c secrets | private-bus.sh /tmp/bus 'gpg -e -r me >out' 'sha256sum >sum'
#
# Needs the module af_ipn and the command ipn. No privilege.
set -eu

# The longest message, and how much of the stream one has at most.
size=32768

fail() {
	printf 'private-bus.sh: %s\n' "$@" >&2
	exit 1
}

[ $# -ge 2 ] || fail 'usage: private-bus.sh NETWORK COMMAND... <DATA'
network=$1
shift
command -v ipn >/dev/null || fail 'the command ipn is not on the path; make tools builds it'
[ ! -e "$network" ] ||
	fail "$network is there already; ipn end ends it, rm takes away what one has left"

# A port for each command, and some for those who join later.
ipn create --lossless --mtu "$size" --pool 64 --ports $(($# + 64)) --mode 700 \
	"$network" >/dev/null &
bus=$!
trap 'kill "$bus" 2>/dev/null || :; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

until [ -S "$network" ]; do
	kill -0 "$bus" 2>/dev/null || fail "no network $network; ipn create has said why"
	sleep 0.1
done

readers=''
for command; do
	ipn recv "$network" --raw | {
		status=0
		sh -c "$command" || status=$?
		# A reader that has enough holds no sender up.
		cat >/dev/null
		exit "$status"
	} &
	readers="$readers $!"
done
ipn send "$network" --wait $# --size "$size" --end

status=0
for reader in $readers; do
	wait "$reader" || status=1
done
exit "$status"
