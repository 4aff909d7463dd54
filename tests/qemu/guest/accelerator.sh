#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Says with what QEMU is to run the guest: kvm or tcg. accelerator.sh IMAGE
# Runs inside the Debian root; see enter.sh.
#
# Some machines offer a /dev/kvm that opens and then hangs or kills every guest,
# so KVM is believed only after IMAGE has really booted with it. The answer is
# remembered until the machine restarts. AF_IPN_KVM=0 forbids KVM.
set -eu
here=$(dirname -- "$0")
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
. "$top/scripts/setup/architecture.sh"
cache=${CARGO_HOME%/cargo}
image=$1
memory=$cache/accelerator
machine=$(cat /proc/sys/kernel/random/boot_id)

if [ -n "$cross" ] || [ "${AF_IPN_KVM-1}" = 0 ] || ! (: <>/dev/kvm) 2>/dev/null; then
	echo tcg
	exit 0
fi
if ! grep -q "^$machine " "$memory" 2>/dev/null; then
	trial=$(mktemp -d)
	echo true >"$trial/command"
	(cd "$trial" && echo command | cpio --quiet -o -H newc) >"$trial/added"
	cat "$image" "$trial/added" >"$trial/initramfs.cpio"
	AF_IPN_ACCELERATOR=kvm LIMIT=10 "$here/boot.sh" command "$trial" >"$trial/log" 2>&1 || :
	if "$here/verdict.sh" "$trial" >"$trial/log" 2>&1; then
		answer=kvm
	else
		answer=tcg
	fi
	echo "$machine $answer" >"$memory"
	rm -r "$trial"
fi
sed -n "s/^$machine //p" "$memory"
