#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks that `unsafe` stands only where it may: of the modules under rust/, of
# the programs in sys.rs, sys/ (system calls) and ffi.rs (calls from C).
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cd "$top"
status=0

complain() {
	printf '%s\n' "$1" "$2"
	status=1
}

# The comments of a line are not code. The lint's name, unsafe_code, is another
# word.
found=$(find src tools/*/src tests/host samples -name '*.rs' \
	! -path 'tools/*/src/sys.rs' ! -path 'tools/*/src/sys/*' ! -path 'tools/*/src/ffi.rs' -exec \
	awk '{ sub("//.*", "") }
	/(^|[^A-Za-z0-9_])unsafe([^A-Za-z0-9_]|$)/ { print FILENAME ":" FNR ": " $0 }' {} +)
[ -z "$found" ] || complain 'unsafe where it may not be:' "$found"

# So that the compiler holds every crate to it, each root denies unsafe code...
for root in $(grep -rl '^module! {' src samples) tools/*/src/main.rs tools/*/src/lib.rs tests/host/src/lib.rs; do
	[ -e "$root" ] || continue
	grep -q -E '^#!\[(deny|forbid)\(unsafe_code\)\]' "$root" ||
		complain 'no deny(unsafe_code) in:' "$root"
done

# ...and allows it only for a module of those files.
found=$(find src tools/*/src tests/host/src -name '*.rs' \
	! -path 'tools/*/src/sys.rs' ! -path 'tools/*/src/sys/*' ! -path 'tools/*/src/ffi.rs' -exec \
	awk 'pending != "" { if ($0 !~ /#\[path = "(\.\.\/)+rust\/|mod (sys|ffi);/) print pending; pending = "" }
	/allow\(.*unsafe_code|expect\(.*unsafe_code/ { pending = FILENAME ":" FNR ": " $0 }' {} +)
[ -z "$found" ] || complain 'unsafe code is allowed for another module:' "$found"

exit "$status"
