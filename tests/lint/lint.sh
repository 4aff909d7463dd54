#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every check of the sources, and fails when one of them does.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/../.." && pwd -P)
. "$top/scripts/setup/say.sh"
log=$top/build/log
failed=''

# check_here WHAT NAME COMMAND...: NAME is the log's.
check_here() {
	check_what=$1 check_name=$2
	shift 2
	if ! step_try "$check_what" "$log/lint-$check_name" "$@"; then
		failed="$failed $check_name"
		tail -n 40 "$log/lint-$check_name" | sed 's/^/    /'
	fi
}

# check WHAT NAME: NAME.sh is the check's script, and runs in the root.
check() {
	check_here "$1" "$2" "$top/scripts/setup/enter.sh" "$here/$2.sh"
}

steps 17
check_here "the set-up, with an ordinary user's PATH" setup \
	env PATH=/usr/local/bin:/usr/bin:/bin "$here/setup.sh"
check 'the format of the Rust files' format
check 'unsafe only where it may be' unsafe
check 'imports that go up, or in a circle' layers
check 'one version everywhere' version
check 'shellcheck on the scripts' shell
check 'checkpatch on the C files' c
check 'mandoc on the manual pages' manual
check_here 'the links of the Markdown files' links "$top/scripts/setup/enter.sh" "$here/links.py"
check_here 'the manual pages that are named' pages "$top/scripts/setup/enter.sh" "$here/pages.py"
check_here 'the changes that tests must see' mutations "$top/scripts/setup/enter.sh" "$here/mutations.py"
check_here 'the drawings, made again' drawings "$top/scripts/setup/enter.sh" \
	"$top/Documentation/drawings/draw.py" --check
check_here 'the headers in Rust, made again' abi "$top/scripts/setup/enter.sh" \
	"$top/tools/ipn-abi/generate.py" --check
check 'the table of every call in every state' states
step 'building the module' "$log/module" "$top/scripts/setup/enter.sh" "$top/scripts/build.sh" module
# From here on with another number of the family: it has to come through.
export AF_IPN=12
check 'clippy' clippy
check 'the documentation of the Rust files' rustdoc

[ -z "$failed" ] || fail "these checks found something:$failed" \
	"Their logs: build/log/lint-*"
echo 'lint: nothing found'
