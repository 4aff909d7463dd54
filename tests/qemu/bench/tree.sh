#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes what the measuring guest gets besides the usual: bench-tree.sh DIRECTORY
# Runs inside the Debian root; see enter.sh.
#
# DIRECTORY has afterwards the stock modules and the programs of other ways for
# messages, and `measure`, which loads them and then is ipnbench.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
release=$(cat /kernel/release)
directory=$1

rm -rf "$directory"
mkdir -p "$directory/modules" "$directory/tree/bin"
modprobe -S "$release" -d /kernel/image/usr --show-depends -a tipc tun |
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
	name=$(basename "$file" .xz)
	xz -dc "$file" >"$directory/modules/$name"
	echo "$name" >>"$directory/modules/order"
done
cp /usr/bin/vde_switch "$directory/tree/bin"
"$top/tests/qemu/guest/libraries.sh" "$directory/tree" /usr/bin/vde_switch

# What the reliable bus is compared with: brokers, and a publisher and a subscriber
# of each system.
peers=$directory/tree/bin
peer() {
	name=$1
	shift
	gcc -O2 -Wall -Wextra -Werror -isystem /usr/include/pgm-5.3 -o "$peers/peer-$name" \
		"$here/peers/main.c" "$here/peers/$name.c" "$@"
}
peer pgm -lpgm
peer zmq -lzmq
peer nats "$here/peers/stream.c"
peer mqtt "$here/peers/stream.c"
cp /usr/sbin/mosquitto /usr/sbin/nats-server "$peers"
"$top/tests/qemu/guest/libraries.sh" "$directory/tree" "$peers/mosquitto" "$peers"/peer-*
mkdir -p "$directory/tree/lib/peers"
cp "$here/peers/mosquitto.conf" "$directory/tree/lib/peers"
cp "$here/measure.sh" "$directory/measure"
