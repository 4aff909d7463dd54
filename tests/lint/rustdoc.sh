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
release=$(cat /kernel/release)
# Where the crates find what is generated or installed.
export AF_IPN_BINDINGS="$top/build/module-$release/rust/bindings/bindings_generated.rs"
export AF_IPN_INCLUDE="$top/build/policy-interface-$release"
export RUSTC_BOOTSTRAP=1
status=0

# A module has no public interface: its documentation is of what is inside.
#
# document DIRECTORY FILE.cmd: without what tells rustc where to put
# which result, and without what follows it.
document() {
	command=$(sed -n '1s/^savedcmd_[^ ]* := //p' "$1/$2" |
		sed -e 's/ ;.*//' -e 's/ rustc / rustdoc /' -e 's/ --out-dir [^ ]*//' -e 's/ --emit=[^ ]*//g')
	(
		cd "$1"
		eval "$command -D warnings -A rustdoc::private_intra_doc_links \
			--document-private-items --out-dir $top/build/doc"
	)
}

for file in src/.af_ipn.o.cmd src/kvde_switch/.switch.o.cmd; do
	document "$top/build/module-$release" "$file" || status=1
done
document "$top/build/policy-$release" .midi_channel.o.cmd || status=1
unset RUSTC_BOOTSTRAP
for workspace in tools tests/host; do
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --offline --workspace --no-deps \
		--manifest-path "$top/$workspace/Cargo.toml" \
		--target-dir "$top/build/clippy" || status=1
done
exit "$status"
