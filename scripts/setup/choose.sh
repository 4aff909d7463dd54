#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Chooses the kernel to prepare: choose.sh FILE, where FILE lists the kernel sets
# that are complete in the archive, "RELEASE VERSION" a line, newest first.
#
# Prints the line of the newest release of the first series that has one, among
# the supported ones or as AF_IPN_SERIES and AF_IPN_RELEASE say; see cache.sh.
# Otherwise fails, and names what there is instead.
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"
list=$1

for series in $(wanted_series); do
	while read -r release version; do
		[ "$(series_of "$release")" = "$series" ] || continue
		[ "$release" = "${AF_IPN_RELEASE:-$release}" ] || continue
		echo "$release $version"
		exit 0
	done <"$list"
done

wanted=${AF_IPN_RELEASE:-"series $(wanted_series | xargs)"}
if [ ! -s "$list" ]; then
	fail "the archive of $suite has no complete kernel set, of $wanted or any other." \
		'Image, modules, headers and source must be there at one version.' \
		'Try again later, or set AF_IPN_MIRROR to another mirror.'
fi
newest=$(head -n 1 "$list" | cut -d ' ' -f 1)
set -- "the archive of $suite has no complete kernel of $wanted." \
	"Complete are: $(cut -d ' ' -f 1 "$list" | xargs)"
supported_series | grep -qxF "$(series_of "$newest")" || set -- "$@" \
	"AF_IPN was not tried with series $(series_of "$newest"). To try: set AF_IPN_SERIES=$(series_of "$newest")"
fail "$@" 'Or try again later, or set AF_IPN_MIRROR to another mirror.'
