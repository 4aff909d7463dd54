#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lets networks, devices and modules come and go in a guest:
#
#   soak.sh SECONDS [SEED]
#
# Shows what it does meanwhile, and ends with "N passed, N failed, N skipped".
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/say.sh"
. "$top/scripts/setup/cache.sh"
. "$top/tests/qemu/guest/prepare.sh"

seconds=$1
seed=${2-}
# A slow kernel takes longer to end a round.
export LIMIT=$((seconds + 600))
log=$top/build/log/soak-$kind

steps 3
prepare
echo 0 >"$log.status"
{
	"$top/tests/qemu/guest/guest.sh" "ipntest soak $seconds $seed" 2>&1 </dev/null || echo $? >"$log.status"
} | tee "$log"
exec "$here/summary.sh" "$top/build/log/summary-soak" ktap "$log" "$(cat "$log.status")"
