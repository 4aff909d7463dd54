#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fetches the crates that the workspaces' Cargo.lock files name into the cache;
# every later use of cargo is offline.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

for workspace in $workspaces; do
	stamp=$(crates_stamp "$workspace")
	[ ! -e "$stamp" ] || continue
	# For every target: naming ours would leave out what --cfg loom needs.
	"$here/enter.sh" cargo fetch --locked --manifest-path "$top/$workspace/Cargo.toml" ||
		fail "the crates of $workspace could not be fetched." \
			'Look at the network; for a registry of your own, put a config.toml' \
			"for cargo into $cache/cargo."
	: >"$stamp"
done
