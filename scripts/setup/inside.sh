#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The second half of enter.sh, inside the new namespaces: mounts what the
# command is to see, then runs it in the root.
set -eu
root=$1 kernel=$2 debug=$3 top=$4 cache=$5 directory=$6
shift 6

# As the first process of its PID namespace this shell gets no signal that it
# does not ask for; when it ends, everything in the namespace ends.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# see SOURCE PLACE: what is mounted below SOURCE comes along, because a user
# namespace may not uncover what a mount hides.
see() {
	mkdir -p "$root$2"
	mount --rbind "$1" "$root$2"
}

mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
see /dev /dev
see /sys /sys
# A container may hide parts of /proc and forbid a new one.
mount -t proc proc "$root/proc" 2>/dev/null || see /proc /proc
[ -z "$kernel" ] || see "$kernel" /kernel
[ -z "$debug" ] || see "$debug" /debug-kernel
see "$cache" "$cache"
see "$top" "$top"
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
	[ ! -s "$file" ] || mount --bind "$file" "$root$file"
done

# The environment is our own, but for what concerns the terminal, the network
# and the family's number: a setting for the host's compilers must not reach the root's.
for name in TERM CI NO_COLOR V ARCH KERNEL MEM CPUS LIMIT ROWS COLUMNS AF_IPN AF_IPN_KVM PYTHON http_proxy https_proxy no_proxy \
	HTTP_PROXY HTTPS_PROXY NO_PROXY; do
	eval "value=\${$name-}"
	[ -z "$value" ] || set -- "$name=$value" "$@"
done
# An ordinary user's PATH has no chroot.
unshare --root "$root" /usr/bin/env -i -C "$directory" \
	PATH=/usr/sbin:/usr/bin HOME="$cache/home" LANG=C.UTF-8 \
	CARGO_HOME="$cache/cargo" "$@"
