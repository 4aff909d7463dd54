# SPDX-License-Identifier: GPL-2.0
#
# See `make help`. The work is done by scripts: tests/qemu sets up and boots
# guests, tests/lint checks, scripts serves the kernel of this machine.

KDIR ?=
DESTDIR ?=
PREFIX ?= /usr/local

enter := tests/qemu/enter.sh
# A value as one word of the shell.
quoted = '$(subst ','\'',$(1))'

ifdef SERIES
AF_IPN_SERIES := $(SERIES)
endif
export AF_IPN_CACHE AF_IPN_MIRROR AF_IPN_RELEASE AF_IPN_SERIES AF_IPN_KVM
export KDIR DESTDIR PREFIX ARCH SUITE KERNEL MEM CPUS LIMIT NESTED PYTHON GO FULL

.PHONY: test-mutations all modules tools wheel deb install uninstall setup demo test test-host test-guest test-debug fuzz fuzz-host soak \
	lint shell guest bench clean distclean help

all: modules

modules:
	@scripts/modules.sh

tools: setup
	@tests/qemu/enter.sh tests/qemu/build.sh programs

wheel: setup
	@tests/qemu/enter.sh tests/qemu/build.sh wheel

deb:
	@tests/qemu/deb.sh

install:
	@scripts/install.sh

uninstall:
	@scripts/uninstall.sh

setup:
	@tests/qemu/setup.sh

demo: setup
	@tests/qemu/demo.sh

test: setup
	@tests/qemu/test.sh

test-host: setup
	@tests/qemu/test-host.sh

# Each change of tests/host/mutations.toml must make a test fail.
test-mutations: setup
	@$(enter) tests/host/mutations.py $(call quoted,$(ONLY))

test-guest: setup
	@tests/qemu/test-guest.sh

# The same tests and more on the debug kernel.
test-debug: export KERNEL = debug
test-debug: setup
	@tests/qemu/test-debug.sh

ifdef REPLAY
fuzz: setup
	@tests/qemu/fuzz-replay.sh $(call quoted,$(REPLAY))
else ifdef SHORTEN
fuzz: setup
	@tests/qemu/fuzz-minimise.sh $(call quoted,$(SHORTEN)) $(call quoted,$(or $(BOOTS),20))
else
fuzz: setup
	@tests/qemu/fuzz.sh $(call quoted,$(or $(SECONDS),300)) $(call quoted,$(SEED))
endif

fuzz-host: setup
	@tests/qemu/enter.sh tests/fuzz-host.sh $(call quoted,$(or $(SECONDS),60))

soak: setup
	@tests/qemu/soak.sh $(call quoted,$(or $(SECONDS),1800)) $(call quoted,$(SEED))

lint: setup
	@tests/lint/lint.sh

shell:
	@tests/qemu/setup.sh >&2
	@tests/qemu/run.sh --shell $(call quoted,$(ADD))

# The command goes by the environment, as it is written: make knows nothing of its $i.
guest: export IPN_RUN = $(value RUN)
guest:
	@tests/qemu/setup.sh >&2
	@tests/qemu/run.sh "$$IPN_RUN" $(call quoted,$(ADD))

bench: setup
	@tests/qemu/bench.sh

clean:
	rm -rf build

# The cache serves every checkout of this user.
distclean: clean
	@tests/qemu/forget.sh

help:
	@sed -n 's/^#: \?//p' Makefile

#: make              modules for the running kernel, or for KDIR=<its build directory>
#: make tools        the programs, for any Linux of this architecture
#: make wheel        the Python package, build/python/ipn-*.whl
#: make deb          Debian packages, build/deb/*.deb, for all supported series
#: make install      installs modules, header, manual pages, tool and units (DESTDIR=, PREFIX=/usr/local)
#:                   all three: for another number of the family with AF_IPN=N
#: make uninstall    removes what that has installed (the same DESTDIR, PREFIX, KDIR)
#:
#: make demo         shows AF_IPN at work in a guest
#: make test         runs every test
#: make test-host    runs the tests that need no guest
#: make test-mutations  changes what is shipped, one thing at a time, and sees that a test fails [ONLY=word]
#: make test-guest   runs those that need one
#: make test-debug   runs those that need one on the debug kernel; builds it first
#: make fuzz-host    fuzzes what decides, on the host [SECONDS=60]
#: make fuzz         fuzzes the sockets in a guest [SECONDS=300] [SEED=n] [KERNEL=debug]; runs a program
#:                   that it found again [REPLAY=file], makes one shorter [SHORTEN=file]
#: make soak         lets networks, devices and modules come and go [SECONDS=1800] [SEED=n] [KERNEL=debug]
#: make lint         checks format, lints, documentation and scripts
#: make bench        counts what messages cost, beside other ways to send them [FULL=1]
#:
#: make shell        a guest to play in: module loaded, tools on the path
#:                   [ADD= KERNEL= MEM= CPUS= NESTED=1 PYTHON=1 GO=1]
#: make guest RUN='command' [ADD=dir] [KERNEL=debug] [MEM=MiB] [CPUS=n] [LIMIT=seconds]
#:                   boots, copies dir in as /add, runs the command as root, prints
#:                   its output and fails if it fails (tests/qemu/run.sh: with its status)
#:
#: make setup        only the set-up, which the others do when it is needed
#: make clean        removes what was built
#: make distclean    removes the cache of set-ups too
#:
#: Each of them takes SERIES=, the kernel series it is for (7.3, 7.2; 7.3 otherwise),
#: and SUITE=, the Debian that the compilers and the kernel are from (trixie, sid).
#: Variables: AF_IPN_CACHE, AF_IPN_MIRROR, AF_IPN_RELEASE, AF_IPN_SERIES, AF_IPN_KVM;
#: see Documentation/building.md.
