#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A user who is not root wants a network between virtual machines, one that
# switches: no tap of the administrator's, no switch in user space.
#
#     user-switch.sh NETWORK [COMMAND...]
#
# Makes the switch NETWORK, a file that only its owner may use, says how machines
# join it, and ends it at Ctrl-C. With COMMAND, runs that meanwhile and ends with
# it and its status: a virtual machine, for instance.
#
# Needs the modules af_ipn and kvde_switch, and the command ipn; QEMU needs the
# plugin of libvdeplug_ipn(1). No privilege.
set -eu

fail() {
	printf 'user-switch.sh: %s\n' "$@" >&2
	exit 1
}

[ $# -gt 0 ] || fail 'usage: user-switch.sh NETWORK [COMMAND...]'
network=$1
shift
command -v ipn >/dev/null || fail 'the command ipn is not on the path; make tools builds it'
[ ! -e "$network" ] ||
	fail "$network is there already; ipn end ends it, rm takes away what one has left"

ipn create --protocol switch --mode 700 "$network" >/dev/null &
switch=$!
# It takes its name away.
trap 'kill "$switch" 2>/dev/null || :; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

until [ -S "$network" ]; do
	kill -0 "$switch" 2>/dev/null || fail "no network $network; ipn create has said why"
	sleep 0.1
done

if [ $# -gt 0 ]; then
	"$@"
	exit
fi
# A machine is known by its Ethernet address: each needs one of its own.
cat <<-END
	The switch $network is up; Ctrl-C ends it. A machine on it, and another:
	  qemu-system-x86_64 ... -nic 'vde,mac=52:54:00:00:00:01,sock=ipn://$network'
	  qemu-system-x86_64 ... -nic 'vde,mac=52:54:00:00:00:02,sock=ipn://$network'
	A process that is a node of the same network, without a machine:
	  ipn-echo $network --ip 10.0.0.3/24
END
wait "$switch"
