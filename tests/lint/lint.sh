#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every check of the sources, and fails when one of them does.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
qemu=$here/../qemu
. "$qemu/say.sh"
log=$here/../../build/log
failed=''

# check WHAT NAME: NAME.sh is the check's script, and its log's name.
check() {
	if ! step_try "$1" "$log/lint-$2" "$qemu/enter.sh" "$here/$2.sh"; then
		failed="$failed $2"
		tail -n 40 "$log/lint-$2" | sed 's/^/    /'
	fi
}

steps 8
check 'the format of the Rust files' format
check 'unsafe only where it may be' unsafe
check 'shellcheck on the scripts' shell
check 'checkpatch on the C files' c
check 'mandoc on the manual pages' manual
step 'building the module' "$log/module" "$qemu/enter.sh" "$qemu/build.sh" module
# From here on with another number of the family: it has to come through.
export AF_IPN=12
check 'clippy' clippy
check 'the documentation of the Rust files' rustdoc

[ -z "$failed" ] || fail "these checks found something:$failed" \
	"Their logs: build/log/lint-*"
echo 'lint: nothing found'
