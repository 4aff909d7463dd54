#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs cargo on the cable over Zenoh, a workspace of its own: zenoh.sh build | test | clippy | doc [ARGUMENT...]
# Runs inside the Debian root; see setup/enter.sh.
#
# It takes 300 crates, which are minutes of building, and change only with its Cargo.lock. So what was built of them
# stays in the cache, and a fresh checkout begins with a copy of it. All four share one directory and one set of
# flags: what build scripts and macros need is built once.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$here/setup/architecture.sh"
source=$top/tools/ipn-cable-zenoh
target=$top/build/zenoh
export RUSTFLAGS='-C target-feature=+crt-static'
command=$1
shift

# Where it is kept: of these crates, by this compiler, with these flags.
cache=${CARGO_HOME:-$HOME/.cargo}/..
key=$({
	cat "$source/Cargo.lock" "$source/Cargo.toml"
	echo "$RUSTFLAGS"
	rustc --version --verbose
	gcc --version
} | sha256sum | cut -c 1-10)
kept=$cache/zenoh-$arch-$key

# What is there of other crates is of no use.
if ! [ -e "$target/of-$key" ]; then
	rm -rf "$target"
	[ ! -d "$kept" ] || cp -a "$kept" "$target"
	mkdir -p "$target"
	: >"$target/of-$key"
fi

# keep: what is built now, for the next checkout, without what is of this one only; and no longer what nobody
# has taken for a month.
keep() {
	making=$cache/making-zenoh-$$
	rm -rf "$making" "$making-old"
	cp -a "$target" "$making"
	find "$making" -type d \( -name incremental -o -name doc \) -prune -exec rm -rf {} +
	[ ! -d "$kept" ] || mv "$kept" "$making-old"
	mv -T "$making" "$kept" || :
	touch "$kept"
	find "$cache" -maxdepth 1 -name 'zenoh-*' -mtime +30 -exec rm -rf {} +
	rm -rf "$making" "$making-old"
}

case $command in
clippy) set -- --all-targets "$@" ;;
doc) set -- --no-deps "$@" ;;
esac
cargo "$command" --locked --offline --release --target "$rust_target" \
	--manifest-path "$source/Cargo.toml" --target-dir "$target" "$@"
if [ "$command" = build ]; then
	install -D -t "$top/build/programs" "$target/$rust_target/release/ipn-cable-zenoh"
fi
# Each of them adds what the others do not need.
if ! [ -e "$kept/has-$command" ]; then
	: >"$target/has-$command"
	keep
fi
