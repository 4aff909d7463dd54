#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks that imports go down only and in no circle, and that what checks it finds
# what does not: in a copy of the tree with one wrong line at a time. Runs inside the
# Debian root.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/../.." && pwd -P)
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
status=0

"$here/layers.py" || status=1

# What is not true of a file any more is put right before the next one.
(cd "$top" && find src rust tools/*/src Documentation/design.md -type f) |
	(cd "$top" && cpio --quiet -p -d "$trial")

# expect PATTERN FILE LINE: the line at the end of the file is complained of so.
expect() {
	pattern=$1 file=$2
	printf '%s\n' "$3" >>"$trial/$file"
	said=$("$here/layers.py" "$trial" 2>&1) || :
	cp "$top/$file" "$trial/$file"
	if ! printf '%s\n' "$said" | grep -q -- "$pattern"; then
		printf 'not found in %s: %s\nsaid: %s\n' "$file" "$3" "$said"
		status=1
	fi
}

expect '^src/ring/mod.rs: imports src/network/shape.rs, which is in a layer above' \
	src/ring/mod.rs 'use crate::network::shape::Shape;'
expect '^src/wakeup/room.rs: imports src/socket/' \
	src/wakeup/room.rs 'use crate::{abi, socket::IpnSock};'
# Re-exported, in a path, and from below itself.
expect '^src/delivery/mod.rs: imports src/socket/endpoint.rs' \
	src/delivery/mod.rs 'fn up() -> usize { size_of::<crate::socket::Endpoint>() }'
expect 'in a circle: .*src/ring/cursor.rs, .*src/ring/reader.rs' \
	src/ring/cursor.rs 'use super::reader::Reader;'
expect '^rust/sync/lock.rs: a generic wrapper names src/abi/errno.rs' \
	rust/sync/lock.rs 'use crate::abi::errno::Errno;'
expect '^src/ring/tally.rs: decides, and names the kernel type kernel::prelude' \
	src/ring/tally.rs 'use kernel::prelude::*;'
expect '^src/ring/tally.rs: decides, and names rust/sync/lock.rs' \
	src/ring/tally.rs 'use crate::rust::sync::lock::SpinLockBh;'
expect '^src/kvde_switch/switch.rs: .*src/kvde_switch/fdb/slot.rs, src/kvde_switch/fdb/store.rs' \
	src/kvde_switch/fdb/slot.rs 'use super::store::MacStore;'
# What a comment or a text says is no import.
printf '%s\n' '// crate::socket::Endpoint' 'const SAID: &str = "crate::socket::Endpoint";' >>"$trial/src/ring/mod.rs"
"$here/layers.py" "$trial" || status=1
exit "$status"
