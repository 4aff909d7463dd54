#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the documentation of all Rust; a warning is an error. Runs inside the
# Debian root, after the modules are built.
#
# Kbuild has no rustdoc for modules out of tree, so rustdoc gets the flags with
# which Kbuild has called rustc, as its .cmd file tells them.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
modules=$top/build/module-$(cat /kernel/release)
status=0

# A module has no public interface: its documentation is of what is inside.
#
# document FILE.cmd: without what tells rustc where to put which result.
document() {
	command=$(sed -n '1s/^savedcmd_[^ ]* := //p' "$1" |
		sed -e 's/ rustc / rustdoc /' -e 's/ --out-dir [^ ]*//' -e 's/ --emit=[^ ]*//g')
	(
		cd "$modules"
		export RUSTC_BOOTSTRAP=1 AF_IPN_BINDINGS="$modules/rust/bindings_generated.rs"
		eval "$command -D warnings -A rustdoc::private_intra_doc_links \
			--document-private-items --out-dir $top/build/doc"
	)
}

for file in "$modules"/src/.*.o.cmd "$modules"/src/*/.*.o.cmd; do
	document "$file" || status=1
done
for workspace in tools tests/host; do
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --offline --workspace --no-deps \
		--manifest-path "$top/$workspace/Cargo.toml" \
		--target-dir "$top/build/clippy" || status=1
done
exit "$status"
