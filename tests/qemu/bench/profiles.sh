#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the profiles that Documentation/performance.md shows: profiles.sh DIRECTORY
set -eu
here=$(dirname -- "$0")
directory=$1
parts=$directory/profile-parts

# profile NAME MEDIUM BYTES RECEIVERS DEPTH: what a message costs in which
# functions; the sums and the 40 dearest.
profile() {
	"$here/profile.sh" "$turns" --media "'$2'" --bytes "$3" --receivers "$4" --depth "$5" \
		>"$directory/$1.all"
	awk -v depth="$5" 'NR <= 42 {
		value = $1 / depth
		sub(/^ *[^ ]+ /, "")
		printf "%9.1f %s\n", value, $0
	}' "$directory/$1.all" >"$directory/$1"
	rm "$directory/$1.all"
	awk -v name="$2, $3 bytes to $4${PART:+, $5 at once}" '
		NR == 1 { all = $1 } NR == 2 { ours = $1 } / \(user space\)$/ { process = $1 }
		END { printf "%-44s %9.0f %9.0f %9.0f %9.0f\n", name, all, ours, process, all - ours - process }
	' "$directory/$1" >>"$parts"
}

turns=200
printf '%-44s %9s %9s %9s %9s\n' '' 'in all' ours process kernel >"$parts"
profile profile-hub hub 12 8 8
profile profile-batch 'hub by 32' 12 8 32
profile profile-mapped 'hub mapped' 12 8 8
profile profile-one hub 60 1 8
profile profile-switch switch 60 1 8

# Systems beside the reliable bus; a message is one to all subscribers.
export PART=peers
parts=$directory/profile-peers
turns=40
printf '%-44s %9s %9s %9s %9s\n' '' 'in all' ours process kernel >"$parts"
profile profile-bus 'reliable bus' 12 8 1
profile profile-zmq 'ZeroMQ ipc' 12 8 1
turns=4
profile profile-bus-512 'reliable bus' 12 8 512
profile profile-records-512 'reliable bus in records' 12 8 512
profile profile-mapped-512 'reliable bus mapped' 12 8 512
profile profile-zmq-512 'ZeroMQ ipc' 12 8 512
profile profile-nats-512 'NATS' 12 8 512
