#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fuzzes the module's pure logic for so many seconds: fuzz-host.sh SECONDS
# Runs inside the Debian root; see scripts/setup/enter.sh.
#
# Inputs that reached something new stay in build/fuzz-host/corpus and are where the
# next run begins. What failed is left as build/fuzz-host/failed-NAME-*; the program
# runs it again when it is given that file. The last line is in cargo's words.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
build=$top/build/fuzz-host
target=$(rustc -vV | sed -n 's/^host: //p')
libfuzzer=$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-$(uname -m).a

# As cargo-fuzz does it, with what a stable compiler has: the code says which
# edges it goes along and what it compares. RUSTFLAGS are for the target only,
# where one is named.
flags='-Cpasses=sancov-module -Clink-arg=-lm'
for option in level=4 inline-8bit-counters pc-table trace-compares; do
	flags="$flags -Cllvm-args=-sanitizer-coverage-$option"
done
CUSTOM_LIBFUZZER_PATH=$libfuzzer RUSTFLAGS=$flags \
	cargo build --locked --offline --package af_ipn_fuzz --features link --profile fuzz \
	--target "$target" --manifest-path "$top/tests/host/Cargo.toml" --target-dir "$build"

# fuzz NAME SECONDS
fuzz() {
	mkdir -p "$build/corpus/$1" "$build/random/$1"
	# From short inputs alone the way to long stories is long.
	for number in $(seq 50); do
		head -c 2048 /dev/urandom >"$build/random/$1/$number"
	done
	"$build/$target/fuzz/fuzz-$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=1024 \
		-max_len=2048 -print_final_stats=1 -artifact_prefix="$build/failed-$1-" \
		"$build/corpus/$1" "$build/random/$1" >"$build/$1.log" 2>&1
}

# result NAME STATUS: what it tried, and what failed with the panic's message.
result() {
	awk -v name="$1" '
		match($0, /cov: [0-9]+/) { edges = substr($0, RSTART + 5, RLENGTH - 5) }
		match($0, /corp: [0-9]+/) { inputs = substr($0, RSTART + 6, RLENGTH - 6) }
		/^stat::number_of_executed_units:/ { tried = $2 }
		END { printf "fuzz-%s: %d inputs tried, %d edges reached, %d inputs kept\n", name, tried, edges, inputs }
	' "$build/$1.log"
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'failures:\nfuzz-%s:\n' "$1"
		sed -n "/panicked at/,/^==/p; /^SUMMARY/p; /^Test unit written to/p" "$build/$1.log"
	fi
}

passed=0 failed=0 first=0 second=0
fuzz af_ipn "$1" &
fuzz kvde_switch "$1" || second=$?
wait $! || first=$?
result af_ipn "$first"
result kvde_switch "$second"
[ "$failed" = 0 ] && word=ok || word=FAILED
echo "test result: $word. $passed passed; $failed failed; 0 ignored"
[ "$failed" = 0 ]
