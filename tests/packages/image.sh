#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes the disk of a Debian of its own in which packages are tried:
# image.sh DISK MIRROR RELEASE [NEWER-RELEASE]
# Runs inside the root for making packages; see enter.sh.
#
# DISK gets systemd, the kernel of RELEASE with its headers, and what the packages
# depend on, so that apt needs no network there; the packages of the newer kernel
# lie in /repository, an archive for apt. At boot it runs the file `run` of the
# second disk, writes what that says to the second serial port, and powers off.
set -eu
disk=$1 mirror=$2 release=$3 newer=${4-}

work=$(mktemp -d "$disk.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"
cat >"$work/files/af-ipn-test.service" <<-END
	[Unit]
	Description=What is tried in this boot
	After=multi-user.target

	[Service]
	Type=oneshot
	ExecStartPre=/usr/bin/mount -o ro /dev/vdb /mnt
	ExecStart=/bin/sh /mnt/run
	StandardOutput=file:/dev/ttyS1
	StandardError=file:/dev/ttyS1
	ExecStopPost=/usr/bin/systemctl --no-block poweroff

	[Install]
	WantedBy=multi-user.target
END
printf '%s\n' virtio_blk virtio_pci ext4 >"$work/files/initramfs-modules"
echo 'MODULES=list' >"$work/files/initramfs"

# What the hooks of mmdebstrap do; "$1" is the new root there.
#
# Only the user 0 exists in the namespace of the root, so fakeroot remembers whose a
# file is, also in programs that run in the new root, and the mounts are ours to make.
cat >"$work/begin" <<-'END'
	set -eu
	libraries=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)/libfakeroot
	mkdir -p "$1/$libraries" "$1/usr/share/initramfs-tools/modules.d" "$1/etc/initramfs-tools/conf.d"
	cp -a "/$libraries/." "$1/$libraries/"
	cp "$files/initramfs-modules" "$1/usr/share/initramfs-tools/modules.d/guest"
	cp "$files/initramfs" "$1/etc/initramfs-tools/conf.d/guest"
	for place in dev proc; do
		mkdir -p "$1/$place"
		busybox mount -o rbind "/$place" "$1/$place"
	done
END
cat >"$work/end" <<-'END'
	set -eu
	mkdir "$1/repository"
	chroot "$1" apt-get clean
	if [ -n "$newer" ]; then
		chroot "$1" apt-get --yes --download-only install \
			"linux-image-$newer" "linux-headers-$newer"
		mv "$1"/var/cache/apt/archives/*.deb "$1/repository"
	fi
	(cd "$1/repository" && dpkg-scanpackages . >Packages)
	busybox umount -l "$1/dev"
	busybox umount -l "$1/proc"
	rm -r "$1/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)/libfakeroot"
	echo 'deb [trusted=yes] file:/repository ./' >"$1/etc/apt/sources.list"
	cp "$files/af-ipn-test.service" "$1/etc/systemd/system"
	chroot "$1" systemctl enable af-ipn-test.service
	chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer \
		e2scrub_all.timer fstrim.timer getty@tty1.service serial-getty@ttyS0.service
END

export files="$work/files" newer FAKEROOTDONTTRYCHOWN=1 TMPDIR="$work"
packages=passwd,systemd-sysv,udev,dbus,dbus-user-session,libpam-systemd,kmod,iproute2
packages=$packages,python3,vdeplug,openssl,initramfs-tools,zstd
packages=$packages,dkms,make,gcc-14,libc6-dev,rustc,bindgen,pahole,xz-utils
packages=$packages,linux-base/trixie-backports,linux-image-$release,linux-headers-$release
rm -f "$disk"
# shellcheck disable=SC2016 # the inner shell's
fakeroot sh -eu -c '
	work=$1 disk=$2 mirror=$3 packages=$4
	mmdebstrap --mode=root --skip=chroot/mount --variant=apt --include="$packages" \
		--setup-hook="sh $work/begin \"\$1\"" --customize-hook="sh $work/end \"\$1\"" \
		--aptopt="Acquire::Languages \"none\"" --aptopt="APT::Install-Recommends \"false\"" \
		--dpkgopt="path-exclude=/usr/share/doc/*" --dpkgopt="path-exclude=/usr/share/locale/*" \
		trixie "$work/root" "deb $mirror trixie main" "deb $mirror trixie-updates main" \
		"deb $mirror trixie-backports main"
	mke2fs -q -t ext4 -O ^has_journal -d "$work/root" "$disk" 6G' \
	sh "$work" "$disk" "$mirror" "$packages"
