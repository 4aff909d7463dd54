#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# An administrator wants the users of a group, hundreds of students perhaps, to
# run virtual machines on a network of this host, and no other user: no tap for
# each of them, no packet filter.
#
#     lab-switch.sh NETWORK [GROUP [ADDRESS/LENGTH]]
#
# Makes the switch NETWORK with mode 760, owner root, group GROUP (vmenabled
# unless named): who is in the group receives and sends, and only root
# manages. The host is on it with the interface ipn0, which gets ADDRESS
# (10.76.0.1/24 unless given). Says how machines join it; all of it is gone after
# Ctrl-C.
#
# Needs the modules af_ipn and kvde_switch, the commands ipn and ip, and root.
# Members need the plugin of libvdeplug_ipn(1) for QEMU, and no privilege.
set -eu

fail() {
	printf 'lab-switch.sh: %s\n' "$@" >&2
	exit 1
}

case $# in
1 | 2 | 3) ;;
*) fail 'usage: lab-switch.sh NETWORK [GROUP [ADDRESS/LENGTH]]' ;;
esac
network=$1 group=${2-vmenabled} address=${3-10.76.0.1/24}
for needed in ipn ip; do
	command -v $needed >/dev/null || fail "the command $needed is not on the path"
done
[ "$(id -u)" = 0 ] || fail 'only root makes interfaces and gives files to a group'
grep -q "^$group:" /etc/group || fail "there is no group $group; groupadd $group makes it"
[ ! -e "$network" ] ||
	fail "$network is there already; ipn end ends it, rm takes away what one has left"

# Another user's interface would get the address.
! ip link show ipn0 >/dev/null 2>&1 || fail 'there is an interface ipn0 already'

# No user is let in before the file is the group's.
ipn create --protocol switch --mode 700 "$network" >/dev/null &
switch=$!
tap=''
# shellcheck disable=SC2086 # none or one
trap 'kill $tap "$switch" 2>/dev/null || :; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# await PROCESS COMMAND...: until the command succeeds, as long as the process is there.
await() {
	process=$1
	shift
	until "$@" >/dev/null 2>&1; do
		kill -0 "$process" 2>/dev/null || fail 'it failed; ipn has said why'
		sleep 0.1
	done
}

await "$switch" test -S "$network"
chown "root:$group" "$network"
chmod 760 "$network"

ipn tap "$network" ipn0 >/dev/null &
tap=$!
await "$tap" ip link show ipn0
ip address add "$address" dev ipn0
ip link set ipn0 up

cat <<-END
	The switch $network is up, with ipn0 as $address; Ctrl-C ends it.
	Members of $group run machines on it, each with an Ethernet address of its own:
	  qemu-system-x86_64 ... -nic 'vde,mac=52:54:00:00:00:01,sock=ipn://$network'
END
# It ends with the network, or when the interface is deleted.
wait "$tap"
