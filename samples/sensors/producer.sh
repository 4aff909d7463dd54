#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Sends the number that a file begins with, once a second, as a sensor's value:
#
#     producer.sh /tmp/sensors load /proc/loadavg jobs
#
# Needs the command ipn.
set -eu

[ $# -eq 4 ] || {
	echo 'usage: producer.sh NETWORK NAME FILE UNIT' >&2
	exit 2
}
network=$1 name=$2 file=$3 unit=$4

values() {
	while value=$(awk '{ print $1; exit }' "$file") && [ -n "$value" ]; do
		echo "$name $value $unit"
		sleep 1
	done
	echo "producer.sh: $file: there is no value in it" >&2
}

# Everybody may receive. The name may be what a network that has ended has left.
values | ipn send --create --replace-stale --mode 744 "$network" &
sender=$!
# Without its reader the loop ends too.
trap 'kill "$sender" 2>/dev/null || :' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

wait "$sender"
# It has sent all that there was; a sensor has no end.
exit 1
