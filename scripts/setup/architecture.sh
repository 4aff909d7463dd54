# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034 # for those who source this
#
# What differs between architectures, and stands nowhere else. ARCH names the
# guest's, by Debian's name; unset, it is that of this machine. For another one
# than this machine's everything is built across. Sourced by cache.sh, and inside
# the root by what builds and boots.
#
#   arch, machine_arch     the guest's and this machine's architecture, by Debian's name
#   triple                 GNU's name: of compilers and of library directories
#   rust_target            Rust's name
#   arch32, rust_target32  Debian's and Rust's name for 32-bit programs; empty: there are none
#   kernel_arch            the kernel's name
#   qemu, qemu_package     the emulator, with the machine that it emulates
#   emulated               its processor, where it is emulated
#   emulated_append        what the kernel is told then
#   counted                its processor, where instructions are counted
#   console, output        the devices of the first and second serial port
#   ports                  what the machine has for the guest to report through: init
#                          writes to the file `verdict`, the fuzzer to `trace`
#   report                 the guest's device for the former; empty: an I/O port
#   debug_image            where the debug kernel's image is built; empty: there is none
#   compiler               of C programs
#   programs               where programs for the guest are put, below build
#   guest_root             where the guest's programs from packages are in the root
#   more_packages          what the root has besides the list `packages`
#   cross                  not empty: built across, with these settings of the kernel's make
#   guest_packages         what guest_root has then

case $(uname -m) in
x86_64) machine_arch=amd64 ;;
aarch64) machine_arch=arm64 ;;
*)
	echo "af_ipn: this machine is $(uname -m): only amd64 and arm64 are supported." >&2
	exit 1
	;;
esac
arch=${ARCH:-$machine_arch}

case $arch in
amd64)
	triple=x86_64-linux-gnu
	rust_target=x86_64-unknown-linux-gnu
	arch32=i386
	rust_target32=i686-unknown-linux-gnu
	kernel_arch=x86
	qemu='qemu-system-x86_64 -machine pc'
	qemu_package='qemu-system-x86'
	emulated=max
	# An emulated processor that waits long for a real one seems to the kernel to
	# have a bad clock. It would take a slower one for it, and its scheduler warns of
	# the jump; or to have none, when it has waited for some ticks in vain, and panic.
	emulated_append='tsc=reliable no_timer_check'
	# A string instruction counts each of its bytes, so those that the kernel
	# prefers where a processor is quick at them are not there.
	counted=max,-erms,-fsrm
	console=ttyS0 output=ttyS1
	report=''
	ports='-debugcon file:verdict -chardev file,id=trace,path=trace
		-device isa-debugcon,iobase=0xe8,chardev=trace'
	debug_image=arch/x86/boot/bzImage
	;;
arm64)
	triple=aarch64-linux-gnu
	rust_target=aarch64-unknown-linux-gnu
	arch32='' rust_target32=''
	kernel_arch=arm64
	qemu='qemu-system-aarch64 -machine virt,gic-version=3'
	qemu_package='qemu-system-arm'
	# Authentication of pointers as the architecture has it takes most of the time.
	emulated=max,pauth-impdef=on
	emulated_append=''
	counted=$emulated
	console=ttyAMA0 output=ttyAMA1
	report=/dev/ttyS0
	ports='-chardev file,id=verdict,path=verdict -chardev file,id=trace,path=trace
		-device pci-serial-2x,chardev1=verdict,chardev2=trace'
	debug_image=''
	;;
*)
	echo "af_ipn: there is no guest of the architecture $arch: ARCH is amd64 or arm64." >&2
	exit 1
	;;
esac

if [ "$arch" = "$machine_arch" ]; then
	compiler=gcc
	programs=programs
	guest_root=''
	more_packages=''
	[ "$qemu_package" = qemu-system-x86 ] || more_packages=$qemu_package
	cross='' guest_packages=''
else
	compiler=$triple-gcc
	programs=programs-$arch
	guest_root=/guest
	more_packages="gcc-$(echo "$triple" | tr _ -) libc6-dev-$arch-cross $qemu_package"
	cross="ARCH=$kernel_arch CROSS_COMPILE=$triple-"
	guest_packages='busybox-static iproute2 ethtool vdeplug libvdeplug-slirp'
	arch32='' rust_target32=''
	# They would have to be of the guest's architecture.
	NESTED='' PYTHON='' GO=''
fi
