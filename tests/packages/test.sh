#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tries the packages of `make deb` on a Debian of their own: installs them on the
# kernel of the last supported series, upgrades to that of the first, boots that,
# and purges. Ends with "N passed, N failed, N skipped".
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "$here/../../scripts/setup/say.sh"
. "$here/../../scripts/setup/cache.sh"

# release SERIES: of its prepared kernel.
release() {
	cat "$(AF_IPN_SERIES=$1 kernel_there)/release"
}

older=$(release "$(supported_series | tail -n 1)")
newer=$(release "$(supported_series | head -n 1)")
name=guest-$suite-$(echo "$older $newer" | key - "$here/image.sh")
image=$cache/$name
log=$top/build/log/test-packages
work=$top/build/test-packages
mkdir -p "$top/build/log" "$work"

steps 3
if [ -e "$image" ]; then
	step_there "making a Debian with the kernel $older"
else
	mirror=$("$top/scripts/setup/archive.sh" mirror)
	exec 9>"$cache/lock"
	flock 9
	# Those of other releases, which nothing else is made of.
	rm -f "$cache/guest-$suite"-* "$cache"/making-guest-*
	step "making a Debian with the kernel $older" "$log-image" \
		"$top/scripts/setup/enter.sh" "$here/image.sh" "$cache/making-$name" "$mirror" "$older" "$newer"
	mv "$cache/making-$name" "$image"
	exec 9>&-
fi
cp --sparse=always "$image" "$work/disk"

first='packages_install dkms_has_built_for_this_kernel modules_load bus_carries
	vde_plug_joins_two_switches python_sends unit_makes_what_a_file_describes
	unit_changes_what_differs unit_takes_up_its_network_after_a_kill
	unit_tells_what_is_wrong_in_a_file unit_of_a_user
	kernel_upgrade_goes_on_without_metadata metadata_is_enough_to_build_for_the_new_kernel'
second='dkms_has_built_for_this_kernel described_is_there_after_boot unit_of_a_user_is_there
	bus_carries vde_plug_joins_two_switches python_sends purge_leaves_nothing
	unknown_key_is_refused_where_signatures_are_asked_for'

# The second boot goes on where the first has ended.
status=0
# shellcheck disable=SC2086 # a list of steps
step_try "installing on $older" "$log-1" "$top/scripts/setup/enter.sh" \
	"$here/boot.sh" "$work/disk" "$top/build/deb" "$work/1" $first || status=$?
set -- ktap "$work/1/output" "$status"
if [ "$status" = 0 ]; then
	# shellcheck disable=SC2086
	step_try "going on with $newer" "$log-2" "$top/scripts/setup/enter.sh" \
		"$here/boot.sh" "$work/disk" "$top/build/deb" "$work/2" $second || status=$?
	set -- "$@" ktap "$work/2/output" "$status"
fi
rm "$work/disk"
exec "$top/tests/qemu/run/summary.sh" "$top/build/log/summary-packages" "$@"
