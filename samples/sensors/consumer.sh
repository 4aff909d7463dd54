#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Prints the values of all sensors on a network, until it ends:
#
#     consumer.sh /tmp/sensors
#
# Needs the command ipn, which tells of losses.
set -eu
# Characters are bytes.
export LC_ALL=C

[ $# -eq 1 ] || {
	echo 'usage: consumer.sh NETWORK' >&2
	exit 2
}

directory=$(mktemp -d)
mkfifo "$directory/values"
ipn recv "$1" >"$directory/values" &
receiver=$!
trap 'kill "$receiver" 2>/dev/null || :; rm -r "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exit 141' PIPE

while read -r name value unit; do
	case $value:$unit:$name in
	*[!0-9.eE+-]*:*:* | :* | *::* | *' '*:* | *[!\ -~]*)
		# Other people's bytes: a terminal may obey those that are not printable.
		printf 'consumer.sh: not a value: %s\n' "$name $value $unit" | tr -c ' -~\n' '?' >&2
		;;
	*) echo "$name: $value $unit" ;;
	esac
done <"$directory/values"
wait "$receiver"
