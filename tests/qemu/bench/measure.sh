#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs in the measuring guest, see bench-tree.sh: measure.sh IPNBENCH-ARGUMENT...
set -eu

cp -a /add/tree/. /
while read -r name; do
	loaded=$(basename "$name" .ko | tr - _)
	[ -e "/sys/module/$loaded" ] || insmod "/add/modules/$name"
done </add/modules/order
insmod /lib/modules/kvde_switch.ko max_addresses=131072 max_port_addresses=131072

# As many datagrams wait at an AF_UNIX socket as a batch has.
echo 64 >/proc/sys/net/unix/max_dgram_qlen

# No device is to say anything unasked.
for scope in all default; do
	setting=/proc/sys/net/ipv6/conf/$scope/disable_ipv6
	[ ! -e "$setting" ] || echo 1 >"$setting"
done
exec ipnbench "$@"
