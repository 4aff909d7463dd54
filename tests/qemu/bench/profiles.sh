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
	"$here/profile.sh" 200 --media "'$2'" --bytes "$3" --receivers "$4" --depth "$5" \
		>"$directory/$1.all"
	awk -v depth="$5" 'NR <= 42 {
		value = $1 / depth
		sub(/^ *[^ ]+ /, "")
		printf "%9.1f %s\n", value, $0
	}' "$directory/$1.all" >"$directory/$1"
	rm "$directory/$1.all"
	awk -v name="$2, $3 bytes to $4" '
		NR == 1 { all = $1 } NR == 2 { ours = $1 } / \(user space\)$/ { process = $1 }
		END { printf "%-28s %9.0f %9.0f %9.0f %9.0f\n", name, all, ours, process, all - ours - process }
	' "$directory/$1" >>"$parts"
}

printf '%-28s %9s %9s %9s %9s\n' '' 'in all' ours process kernel >"$parts"
profile profile-hub hub 12 8 8
profile profile-batch 'hub by 32' 12 8 32
profile profile-mapped 'hub mapped' 12 8 8
profile profile-one hub 60 1 8
profile profile-switch switch 60 1 8
