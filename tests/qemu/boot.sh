#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Boots the stock kernel with an initramfs in QEMU: boot.sh MODE DIRECTORY
# Runs inside the Debian root; see enter.sh.
#
# DIRECTORY holds initramfs.cpio, and afterwards
#   console   the kernel's messages      output  what the command printed
#   verdict   the line that init sent over its own port
# MODE is `command` (the output is also ours, as it comes) or `shell` (the
# console is our terminal). Says nothing about success: see verdict.sh.
set -eu
mode=$1
run=$2
accelerator=${AF_IPN_ACCELERATOR:-tcg}
release=$(cat /kernel/release)

case $accelerator in
kvm) set -- -accel kvm -cpu host ;;
*) set -- -accel tcg,thread=multi -cpu max ;;
esac

# A finding of the kernel's own checks ends the guest: the panic reboots, and
# -no-reboot makes that an end.
append='console=ttyS0 panic_on_warn=1 oops=panic kfence.sample_interval=1 slab_debug=FZPU'
append="$append panic=-1 hung_task_panic=1 sysctl.kernel.hung_task_timeout_secs=60"

if [ "$mode" = shell ]; then
	append="$append quiet AF_IPN_SHELL=1 TERM=${TERM:-linux}"
	append="$append AF_IPN_ROWS=${ROWS:-24} AF_IPN_COLUMNS=${COLUMNS:-80}"
	set -- "$@" -serial mon:stdio -serial null
	: >"$run/console"
	LIMIT=0
else
	mkfifo "$run/output.fifo"
	tee "$run/output" <"$run/output.fifo" &
	set -- "$@" -serial "file:$run/console" -serial "file:$run/output.fifo"
fi

: >"$run/verdict"
status=0
timeout --foreground -k 5 "${LIMIT:-300}" \
	qemu-system-x86_64 -machine pc -m "${MEM:-1024}" -smp "${CPUS:-2}" "$@" \
	-nodefaults -no-user-config -display none -no-reboot \
	-debugcon "file:$run/verdict" \
	-kernel "/kernel/image/usr/lib/modules/$release/vmlinuz" \
	-initrd "$run/initramfs.cpio" -append "$append" 2>"$run/qemu" || status=$?
wait
rm -f "$run/output.fifo"
[ "$status" != 124 ] || echo "failed: the guest did not end within ${LIMIT:-300} s" >"$run/verdict"
