#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks that the version which the file VERSION tells stands where it has to be
# repeated, and what is made of CHANGELOG.md. Runs inside the Debian root.
set -eu
cd "$(dirname -- "$0")/../.."
version=$(cat VERSION)
status=0

# same WHERE FOUND
same() {
	[ "$2" = "$version" ] && return
	echo "VERSION says $version, $1 says $2"
	status=1
}

same CHANGELOG.md "$(sed -n 's/^## \[\([^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1)"
same tools/Cargo.toml "$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' tools/Cargo.toml)"
same 'tools/Cargo.toml, of ipn-abi' "$(sed -n 's/^ipn-abi = .* version = "\(.*\)".*/\1/p' tools/Cargo.toml)"
same tools/ipn-cable-zenoh/Cargo.toml "$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' tools/ipn-cable-zenoh/Cargo.toml)"
same dkms.conf "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)"
same 'debian/changelog' "$(scripts/changes.sh debian | sed -n '1s/.*(\(.*\)).*/\1/p')"

maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
scripts/changes.sh debian | grep -q -F -e " -- $maintainer  " || {
	echo "debian/control and scripts/changes.sh name different maintainers"
	status=1
}

# What of a workspace's version is its own.
for manifest in tools/*/Cargo.toml; do
	grep -q '^version.workspace = true$' "$manifest" || {
		echo "$manifest has a version of its own"
		status=1
	}
done
scripts/changes.sh notes | grep -q . || {
	echo "CHANGELOG.md says nothing of $version"
	status=1
}
awk 'length > 76 { print FILENAME ": " FNR ": longer than 76 characters"; found = 1 }
	END { exit found }' CHANGELOG.md || status=1
exit "$status"
