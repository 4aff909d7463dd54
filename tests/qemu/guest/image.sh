#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the guest's initramfs from what is built: image.sh FILE
# Runs inside the Debian root; see enter.sh.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
build=$top/build
. "$top/scripts/which-kernel.sh"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cd "$tree"
mkdir -p bin dev etc lib/modules proc root run sbin sys tmp
$compiler -O2 -Wall -Wextra -Werror -static -o init -DCONSOLE="\"/dev/$console\"" \
	-DOUTPUT="\"/dev/$output\"" ${report:+"-DREPORT=\"$report\""} "$here/init.c"

cp "$guest_root/usr/bin/busybox" bin/busybox
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "bin/$applet"
done
cp "$build/$programs"/* "$top"/samples/*.sh bin
for sample in producer consumer; do
	cp "$top/samples/sensors/$sample.sh" "bin/sensor-$sample-sh"
done
# What the fuzzer has found once.
mkdir lib/ipnfuzz
cp "$top"/tools/ipnfuzz/regressions/*.json lib/ipnfuzz

# The distribution's programs that join a network, the plugin by which they do, those
# by which they join it to others, and for tunnels, of which busybox's ip knows
# nothing, the real one.
plugins=lib/$triple/vdeplug
mkdir -p "$plugins"
cp "$guest_root/usr/bin/vde_plug" "$guest_root/usr/bin/dpipe" bin
cp "$build/plugin/${cross:+$rust_target/}release/libvdeplug_ipn.so" "$plugins"
for plugin in slirp tap vxvde; do
	cp "$guest_root/usr/$plugins/libvdeplug_$plugin.so" "$plugins"
done
# Those that set network devices up; those of busybox know less.
rm bin/ip bin/tc
for program in bin/ip sbin/bridge sbin/tc sbin/ethtool; do
	cp "$guest_root/usr/$program" sbin
done
"$here/libraries.sh" "$tree" bin/vde_plug bin/dpipe "$plugins"/* \
	sbin/ip sbin/bridge sbin/tc sbin/ethtool

# root, and the ordinary users with whom rights are tried.
cat >etc/passwd <<-EOF
	root:x:0:0:root:/root:/bin/sh
	u1:x:1001:1001::/tmp:/bin/sh
	u2:x:1002:1002::/tmp:/bin/sh
	u3:x:1003:1003::/tmp:/bin/sh
EOF
cat >etc/group <<-EOF
	root:x:0:
	u1:x:1001:
	u2:x:1002:
	u3:x:1003:
	ipn:x:1100:u1,u2
	vmenabled:x:1101:u1,u2
EOF
cat >etc/profile <<'EOF'
PS1='guest:\w# '
EOF

# The kernel takes AppArmor's profiles in binary form, made for what it can do.
apparmor_parser --kernel-features /etc/apparmor.d/abi/4.0 --skip-kernel-load --skip-cache \
	--stdout "$here/apparmor.profiles" >etc/apparmor.bin

# add_module NAME LIST: puts a stock module and what it needs into the tree, and
# their places, in loading order, into LIST.
add_module() {
	modprobe -S "$release" -d /kernel/image/usr --show-depends "$1" |
		awk '$1 == "insmod" { print $2 }' | while read -r file; do
		place=lib/modules/$(basename "$file" .xz)
		case $file in
		*.xz) [ -e "$place" ] || xz -dc "$file" >"$place" ;;
		*) cp "$file" "$place" ;;
		esac
		grep -q -x "/$place" "$2" || echo "/$place" >>"$2"
	done
}

# The stock modules, then the family. Its policies are there to be loaded. The
# debug kernel has the stock ones built in.
: >lib/modules/load
sed '/^#/d' "$here/modules" | while read -r name when; do
	list=lib/modules/load
	[ "$when" != later ] || list=lib/modules/$name.load
	touch "$list"
	[ "$kind" = debug ] || add_module "$name" "$list"
done
for module in "$build/module-$kernel_name"/*.ko "$build/policy-$kernel_name"/*.ko; do
	"$triple-strip" -g -o "lib/modules/$(basename "$module")" "$module"
done
echo /lib/modules/af_ipn.ko >>lib/modules/load

find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 >"$1.new"
mv "$1.new" "$1"
