# SPDX-License-Identifier: GPL-2.0
#
# See `make help`. The work is done by scripts: scripts sets up, builds and
# installs, tests/qemu boots guests, tests/lint checks.

KDIR ?=
DESTDIR ?=
PREFIX ?= /usr/local

enter := scripts/setup/enter.sh
# A value as one word of the shell.
quoted = '$(subst ','\'',$(1))'

ifdef SERIES
AF_IPN_SERIES := $(SERIES)
endif
export AF_IPN_CACHE AF_IPN_MIRROR AF_IPN_RELEASE AF_IPN_SERIES AF_IPN_KVM
export KDIR DESTDIR PREFIX ARCH SUITE KERNEL MEM CPUS LIMIT NESTED PYTHON GO FULL TIMED

.PHONY: cable-zenoh crate-interface crate-musl test-mutants test-mutations test-guest-mutations all modules tools wheel deb test-packages install uninstall setup demo test test-host test-guest test-debug fuzz fuzz-host soak \
	lint shell guest bench clean distclean help

all: modules

modules:
	@scripts/modules.sh

tools: setup
	@scripts/setup/enter.sh scripts/build.sh programs

wheel: setup
	@scripts/setup/enter.sh scripts/build.sh wheel

deb:
	@scripts/make-deb.sh

test-packages: export ROOT = packaging
test-packages: deb
	@tests/packages/test.sh

install:
	@scripts/install.sh

uninstall:
	@scripts/uninstall.sh

setup:
	@scripts/setup/setup.sh

demo: setup
	@tests/qemu/run/demo.sh

test: setup
	@tests/qemu/run/test.sh

test-host: setup
	@tests/qemu/run/test-host.sh

# Each change of tests/host/mutations.toml must make a test fail.
test-mutations: setup
	@$(enter) tests/host/mutations.py $(call quoted,$(ONLY))

# The same of tests/qemu/mutations.toml, in guests.
test-guest-mutations: setup
	@$(if $(JOBS),JOBS=$(call quoted,$(JOBS))) tests/qemu/run/mutations.py $(call quoted,$(ONLY))

# Those of cargo-mutants, which the first run fetches.
test-mutants: setup
	@$(enter) tests/host/mutants.py $(if $(SINCE),--since $(call quoted,$(SINCE))) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(PART),--part $(PART)) \
		$(if $(JUDGE),--judge $(call quoted,$(JUDGE))) $(ONLY)

# By hand, as they fetch crates.
crate-interface: setup
	@$(enter) tests/crate/interface.sh $(if $(WRITE),--write)

crate-musl: setup
	@$(enter) tests/crate/musl.sh

# By hand, as it takes 300 crates. With DO=test it is tried.
cable-zenoh: setup
	@$(enter) cargo fetch --locked --manifest-path tools/ipn-cable-zenoh/Cargo.toml
	@$(enter) scripts/zenoh.sh $(or $(DO),build)

test-guest: setup
	@tests/qemu/run/test-guest.sh

# The same tests and more on the debug kernel.
test-debug: export KERNEL = debug
test-debug: setup
	@tests/qemu/run/test-debug.sh

ifdef REPLAY
fuzz: setup
	@tests/qemu/run/fuzz-replay.sh $(call quoted,$(REPLAY))
else ifdef SHORTEN
fuzz: setup
	@tests/qemu/run/fuzz-minimise.sh $(call quoted,$(SHORTEN)) $(call quoted,$(or $(BOOTS),20))
else
fuzz: setup
	@tests/qemu/run/fuzz.sh $(call quoted,$(or $(SECONDS),300)) $(call quoted,$(SEED))
endif

fuzz-host: setup
	@scripts/setup/enter.sh tests/fuzz-host.sh $(call quoted,$(or $(SECONDS),60))

soak: setup
	@tests/qemu/run/soak.sh $(call quoted,$(or $(SECONDS),1800)) $(call quoted,$(SEED))

lint: setup
	@tests/lint/lint.sh

shell:
	@scripts/setup/setup.sh >&2
	@tests/qemu/run/run.sh --shell $(call quoted,$(ADD))

# The command goes by the environment, as it is written: make knows nothing of its $i.
guest: export IPN_RUN = $(value RUN)
guest:
	@scripts/setup/setup.sh >&2
	@tests/qemu/run/run.sh "$$IPN_RUN" $(call quoted,$(ADD))

bench: setup
	@tests/qemu/bench/bench.sh

clean:
	rm -rf build

# The cache serves every checkout of this user.
distclean: clean
	@scripts/setup/forget.sh

help:
	@sed -n 's/^#: \?//p' Makefile

#: make              modules for the running kernel, or for KDIR=<its build directory>
#: make tools        the programs, for any Linux of this architecture
#: make wheel        the Python package, build/python/ipn-*.whl
#: make deb          Debian packages, build/deb/*.deb, for all supported series
#: make test-packages  tries those on a Debian of their own, through an upgrade of its kernel
#: make install      installs modules, header, manual pages, tool and units (DESTDIR=, PREFIX=/usr/local)
#:                   all three: for another number of the family with AF_IPN=N
#: make uninstall    removes what that has installed (the same DESTDIR, PREFIX, KDIR)
#:
#: make demo         shows AF_IPN at work in a guest
#: make test         runs every test
#: make test-host    runs the tests that need no guest, in short; as `make test` does with [FULL=1]
#: make test-guest-mutations  the same of what only a guest can judge, 40 s each [ONLY=word] [JOBS=2]
#: make test-mutations  changes what is shipped, one thing at a time, and sees that a test fails [ONLY=word]
#: make test-mutants lets cargo-mutants change what runs on the host; goes on where it has ended
#:                   [SINCE=revision: in lines that changed since] [SECONDS=n] [JOBS=n] [PART=i/n]
#:                   [JUDGE=name] [ONLY='path ...']
#: make crate-interface  compares what programs see of the crate ipn with a list [WRITE=1: lists it anew]
#: make crate-musl   builds the crate ipn for musl
#: make cable-zenoh  builds ipn-cable-zenoh, for 300 crates [DO=test, clippy or doc]
#: make test-guest   runs those that need one
#: make test-debug   runs those that need one on the debug kernel; builds it first
#: make fuzz-host    fuzzes what decides, on the host [SECONDS=60]
#: make fuzz         fuzzes the sockets in a guest [SECONDS=300] [SEED=n] [KERNEL=debug]; runs a program
#:                   that it found again [REPLAY=file], makes one shorter [SHORTEN=file]
#: make soak         lets networks, devices and modules come and go [SECONDS=1800] [SEED=n] [KERNEL=debug]
#: make lint         checks format, lints, documentation and scripts
#: make bench        counts what messages cost, beside other ways to send them [FULL=1]
#:                   [TIMED=1: only what takes two processors or more]
#:
#: make shell        a guest to play in: module loaded, tools on the path
#:                   [ADD= KERNEL= MEM= CPUS= NESTED=1 PYTHON=1 GO=1]
#: make guest RUN='command' [ADD=dir] [KERNEL=debug] [MEM=MiB] [CPUS=n] [LIMIT=seconds]
#:                   boots, copies dir in as /add, runs the command as root, prints
#:                   its output and fails if it fails (tests/qemu/run/run.sh: with its status)
#:
#: make setup        only the set-up, which the others do when it is needed
#: make clean        removes what was built
#: make distclean    removes the cache of set-ups too
#:
#: Each of them takes SERIES=, the kernel series it is for (7.3, 7.2; 7.3 otherwise),
#: and SUITE=, the Debian that the compilers and the kernel are from (trixie, sid).
#: Variables: AF_IPN_CACHE, AF_IPN_MIRROR, AF_IPN_RELEASE, AF_IPN_SERIES, AF_IPN_KVM;
#: see Documentation/building.md.
