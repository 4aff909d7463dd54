#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Says at once what this machine lacks: host.sh MEGABYTES-NEEDED
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/namespace.sh"

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] ||
	fail "this machine is $(uname -s) on $(uname -m); only Linux on x86_64 is supported."

for program in apt-get apt-cache dpkg-deb flock unshare mount; do
	command -v "$program" >/dev/null || fail "$program is not there." \
		'The set-up needs a host with apt, dpkg and util-linux: Debian 12 or 13.'
done

namespace_flags >/dev/null || namespace_refused

available=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
[ "$available" -ge "$1" ] || fail \
	"too little disk: $cache has $available MB free, the set-up needs $1 MB." \
	'Free some, or set AF_IPN_CACHE to a directory on another disk.'
