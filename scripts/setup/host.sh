#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Says at once what this machine lacks: host.sh MEGABYTES-NEEDED-IN-THE-CACHE
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
. "$here/namespace.sh"

[ "$(uname -s)" = Linux ] || fail "this machine is $(uname -s); only Linux is supported."

for program in apt-get apt-cache dpkg-deb flock unshare mount; do
	command -v "$program" >/dev/null || fail "$program is not there." \
		'The set-up needs a host with apt, dpkg and util-linux: Debian 12 or 13.'
done

namespace_flags >/dev/null || namespace_refused

# What a build leaves in the checkout, in MB.
build=1500

# has DIRECTORY MEGABYTES
has() {
	available=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$available" -ge "$2" ] || fail \
		"too little disk: $1 has $available MB free and $2 MB are needed." \
		'Free some, or set AF_IPN_CACHE to a directory on another disk.'
}

if [ "$(stat -c %d "$cache")" = "$(stat -c %d "$top")" ]; then
	has "$cache" $(($1 + build))
else
	has "$cache" "$1"
	has "$top" "$build"
fi
