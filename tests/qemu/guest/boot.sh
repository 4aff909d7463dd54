#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Boots the kernel that KERNEL names with an initramfs in QEMU: boot.sh MODE DIRECTORY
# Runs inside the Debian root; see enter.sh.
#
# DIRECTORY holds initramfs.cpio, and afterwards
#   console   the kernel's messages      output  what the command printed
#   verdict   the line that init sent over its own port
#   trace     what the fuzzer sent over another before it tried it
# MODE is `command` (the output is also ours, as it comes), `count` (the same in
# a guest whose clock counts instructions, and that looks for no bugs), `profile`
# (the same under the plugin build/bench/profile.so, which leaves
# build/bench/pieces), `time` (as `command` in a guest that looks for no bugs) or
# `shell` (the console is our terminal). Says nothing about success: see verdict.sh.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
bench=$top/build/bench
mode=$1
run=$2
accelerator=${AF_IPN_ACCELERATOR:-tcg}
. "$top/scripts/which-kernel.sh"
if [ "$kind" = debug ]; then
	# It takes this multiple of the stock kernel's time: limits and volumes follow.
	# KASAN takes an interrupt for a bug that comes while the processor's features
	# are counted anew, and five levels of page tables are among those.
	checks='no5lvl IPN_SLOW=16'
	memory=1024 limit=2400 hung=240
else
	checks='kfence.sample_interval=1 slab_debug=FZPU'
	memory=1024 limit=300 hung=60
fi
limit=${LIMIT:-$limit}

case $accelerator in
kvm) set -- -accel kvm -cpu host && clock='' ;;
*) set -- -accel tcg,thread=multi -cpu "$emulated" && clock=$emulated_append ;;
esac

# A panic reboots, and -no-reboot makes that an end.
append="console=$console panic=-1"
case $mode in
count | profile)
	# Every instruction takes 2 ns, and time jumps where there is nothing to do.
	set -- -accel tcg,thread=single -icount shift=1,sleep=off -cpu "$counted"
	append="$append mitigations=off nokaslr"
	CPUS=1
	[ "$mode" = count ] ||
		set -- "$@" -plugin "file=$bench/profile.so,out=$bench/pieces"
	;;
time) ;;
*)
	# A finding of the kernel's own checks is a panic.
	append="$append panic_on_warn=1 oops=panic hung_task_panic=1 sysctl.vm.oom_dump_tasks=0"
	append="$append sysctl.kernel.hung_task_timeout_secs=$hung $checks $clock"
	;;
esac

# Two network cards on one wire, without the ROMs that would boot from it.
for card in 0 1; do
	set -- "$@" -netdev "hubport,id=wire$card,hubid=0" \
		-device "virtio-net-pci,netdev=wire$card,mac=52:54:00:00:00:0$card,romfile="
done

if [ "$mode" = shell ]; then
	append="$append quiet AF_IPN_SHELL=1 TERM=${TERM:-linux}"
	append="$append AF_IPN_ROWS=${ROWS:-24} AF_IPN_COLUMNS=${COLUMNS:-80}"
	set -- "$@" -serial mon:stdio -serial null
	: >"$run/console"
	limit=0
else
	mkfifo "$run/output.fifo"
	tee "$run/output" <"$run/output.fifo" &
	set -- "$@" -serial "file:$run/console" -serial "file:$run/output.fifo"
fi

: >"$run/verdict"
status=0
cd "$run"
# shellcheck disable=SC2086 # lists of arguments
timeout --foreground -k 5 "$limit" \
	$qemu -m "${MEM:-$memory}" -smp "${CPUS:-2}" "$@" \
	-nodefaults -no-user-config -display none -no-reboot \
	$ports \
	-kernel "$kernel_image" \
	-initrd "$run/initramfs.cpio" -append "$append" 2>"$run/qemu" || status=$?
wait
rm -f "$run/output.fifo"
[ "$status" != 124 ] || echo "failed: the guest did not end within $limit s" >"$run/verdict"
