#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lets cargo-mutants change what runs on the host, and sees whether a test fails.

mutants.py [--since REVISION] [--seconds N] [--jobs N] [--part I/N] [--judge NAME]... [PATH...]

A copy of the tree is changed, in build/mutants. The outcomes stay there, as long as what they are about
stays: a run goes on where the one before has ended. Runs inside the Debian root; see `make test-mutants`.
"""

import argparse
import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import schemata

CARGO_MUTANTS = "cargo-mutants@26.0.0"  # the next one wants a newer compiler than Debian 13's
TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build/mutants"
# Mutants that make no difference, with the reasons.
EXCLUDED = TOP / "tests/host/mutants.toml"
COPIED = ["src", "rust", "include", "samples", "tests/host", "tools"]
# What only a guest compiles.
NOT_ON_THE_HOST = ["af_ipn.rs", "kvde_switch/switch.rs", "procfs.rs", "sysfs.rs"]
# What the host's tests take in besides src/.
BESIDE = ["rust/sync/set_once.rs", "tools/ipn/src/reader.rs"]
# In place of a judge: where it does not compile beside others, a mutant has a build of its own.
SCHEMATA = "schemata"
# What cargo-mutants writes, and what it says of a mutant.
OUTCOMES = {"caught": "killed", "timeout": "loops", "unviable": "unviable", "missed": "missed"}

# What is changed is a package's here, of which the compiler sees nothing.
SHIPPED = """[workspace]
resolver = "3"
members = ["tests/host", "tests/host/platform/kernel", "tests/host/platform/macros"]
exclude = ["samples", "tests/host/fuzz", "tools"]

[package]
name = "shipped"
edition = "2021"

[lib]
path = "shipped.rs"

"""

# Quickly built, and quick enough.
PROFILE = """
[profile.mutants]
inherits = "dev"
opt-level = 1
debug = false

[profile.mutants.package."*"]
opt-level = 2
"""

# More threads than processors, as tests of a mutant loop.
VARIABLES = {
    "AF_IPN_SIM_SECONDS": "1",
    "AF_IPN_SIM_SHORTEN": "0",
    "LOOM_MAX_PREEMPTIONS": "1",
    "PROPTEST_MAX_SHRINK_ITERS": "0",
    "RUST_BACKTRACE": "0",
    "RUST_TEST_THREADS": "8",
}
CONFIG = f"""[target.'cfg(all())']
runner = "{TOP}/tests/host/first_failure.py"

[env]
""" + "".join(f'{name} = "{value}"\n' for name, value in VARIABLES.items())


@dataclasses.dataclass
class Area:
    """Code whose share of killed mutants is told: the package that has it, and where its workspace is."""

    name: str
    package: str
    workspace: str
    # What its paths begin with, from the top on.
    prefix: str
    # Where they are, from the workspace on.
    places: list


SRC = Area("src", "shipped", ".", "", ["src", *BESIDE])
CRATE = Area("the crate ipn", "ipn", "tools", "tools/", ["ipn/src"])


@dataclasses.dataclass
class Judge:
    """Tests, and what of an area they see: paths, or what they begin with."""

    name: str
    area: Area
    package: str
    tests: list
    sees: tuple
    but: tuple = ()
    profile: str = "mutants"
    variables: dict = dataclasses.field(default_factory=dict)

    def arguments(self):
        """What cargo is told of them."""
        return ["--profile", self.profile, "--package", self.package, *self.tests]

    def environment(self):
        """The variables that they are built and run with, where there are mutants in them."""
        flags = f"{self.variables.get('RUSTFLAGS', '')} --cap-lints=allow"
        return {**os.environ, **VARIABLES, **self.variables, "RUSTFLAGS": flags}

    def is_for(self, mutant):
        """Whether it may see what this one changes."""
        return mutant.startswith(self.sees) and not mutant.startswith(self.but)


DECIDES = """abi/ device/command.rs device/frame.rs network/address.rs network/departed.rs network/oob.rs network/port_set.rs
network/shape.rs policy/ registry/accounts.rs ring/ socket/description.rs socket/rights.rs text.rs""".split()
HOST = "af_ipn_host_tests"
WHOLE = {"sees": ("src/",), "but": ("src/kvde_switch/", "src/text.rs")}
# A model has nothing to tell where no two threads meet.
MEET = ["src/" + part for part in ("delivery/", "membership.rs", "network/", "ring/", "socket/", "wakeup/")]
READER = "tools/ipn/src/reader.rs"
LOOM = {"sees": (*MEET, READER)}
# What of the crate needs no kernel with the module.
PLAIN = """device_name error failed fdb filter kinds mac_address mode name number oob operation received table
text""".split()
# In the order in which they are asked: the quick ones first.
JUDGES = [
    Judge("switch", SRC, HOST, ["--test=switch"], ("src/kvde_switch/",)),
    Judge("decides", SRC, HOST, ["--test=af_ipn"], ("rust/", READER, *(f"src/{part}" for part in DECIDES))),
    Judge("sim", SRC, HOST, ["--test=sim"], **WHOLE),
    Judge("sim again", SRC, HOST, ["--test=sim"], **WHOLE, variables={"AF_IPN_SIM_SECONDS": "8"}),
    Judge("loom", SRC, HOST, ["--test=loom"], **LOOM, profile="loom", variables={"RUSTFLAGS": "--cfg loom"}),
    Judge("crate", CRATE, "ipn", ["--lib", "--tests"], tuple(f"tools/ipn/src/{name}.rs" for name in PLAIN)),
]


def digest(*places):
    """A hash of all files in them."""
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*")))]
    content = (file.read_bytes() for file in files if file.is_file())
    return hashlib.sha256(b"".join(content)).hexdigest()[:16]


def write(path, text):
    """Writes a file, unless that is what it has."""
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def modules(place):
    """The files below a directory as modules; those of a mod.rs come with it."""
    for path in sorted(place.iterdir()):
        if path.is_dir() and not (path / "mod.rs").is_file():
            yield from modules(path)
        elif path.suffix == ".rs" and str(path.relative_to(TOP / "src")) in NOT_ON_THE_HOST:
            continue
        elif path.is_dir() or path.suffix == ".rs":
            file = path / "mod.rs" if path.is_dir() else path
            yield f'#[path = "{file.relative_to(TOP)}"]\nmod {path.stem};\n'


def copy(tree):
    """Makes a copy as the tree is, and leaves what is as it was alone, so that cargo does too."""
    made = ["/Cargo.toml", "/target", "/tests/switch.rs"]
    rsync = ["rsync", "-r", "--links", "--perms", "--checksum", "--delete", "--mkpath"]
    rsync += [f"--exclude={path}" for path in made]
    for part in COPIED:
        subprocess.run([*rsync, f"{TOP / part}/", f"{tree / part}/"], check=True)
    host = (TOP / "tests/host/Cargo.toml").read_text()
    workspace, package, profiles = (host.index(word) for word in ("[workspace]", "[package]", "[profile.test]"))
    write(tree / "tests/host/Cargo.toml", host[:workspace] + host[package:profiles])
    write(tree / "Cargo.toml", SHIPPED + host[profiles:] + PROFILE)
    write(tree / "Cargo.lock", (TOP / "tests/host/Cargo.lock").read_text())
    write(tree / "tools/Cargo.toml", (TOP / "tools/Cargo.toml").read_text() + PROFILE)
    write(tree / ".cargo/config.toml", CONFIG)
    beside = [f'#[path = "{path}"]\nmod {pathlib.Path(path).stem};\n' for path in BESIDE]
    write(tree / "shipped.rs", "".join([*modules(TOP / "src"), *beside]))
    # The tests of the switch as one program, which is built sooner than ten.
    tests = sorted(path for path in (TOP / "tests/host/tests").glob("*.rs"))
    tests = [f'#[path = "{path.name}"]\nmod {path.stem};\n' for path in tests]
    write(tree / "tests/host/tests/switch.rs", "".join(["//! The switch.\n", *tests]))


class Outcomes:
    """What became of the mutants, in a file: those of files and tests that are as they were."""

    def __init__(self, tree):
        self.tree = tree
        self.file = BUILD / "outcomes"
        self.hashes = {}
        self.tests = digest(TOP / "tests/host/tests", TOP / "tests/host/platform", TOP / "tools/ipn")
        self.of = {}
        if self.file.is_file():
            for line in self.file.read_text().splitlines():
                code, tests, judge, outcome, mutant = line.split("\t")
                # What was seen once is seen, but what was not may be by new tests.
                if code == self.code(mutant) and (outcome != "missed" or tests == self.tests):
                    self.of[mutant, judge] = outcome

    def code(self, mutant):
        """The hash of the file that a mutant changes."""
        path = self.tree / mutant.split(":")[0]
        if path not in self.hashes:
            self.hashes[path] = digest(path) if path.is_file() else ""
        return self.hashes[path]

    def add(self, mutant, judge, outcome):
        """Notes an outcome."""
        if self.of.get((mutant, judge)) != outcome:
            self.of[mutant, judge] = outcome
            with self.file.open("a") as file:
                file.write("\t".join([self.code(mutant), self.tests, judge, outcome, mutant]) + "\n")

    def wants(self, mutant, judge):
        """Whether a judge is to be asked of it."""
        return self[mutant] in ("missed", None) and (mutant, judge.name) not in self.of

    def __getitem__(self, mutant):
        """What became of a mutant: `killed`, `loops`, `unviable`; `missed` by all who may see it; None: not tried."""
        judges = [SCHEMATA, *(judge.name for judge in JUDGES if judge.is_for(mutant))]
        found = [self.of.get((mutant, judge)) for judge in judges]
        for outcome in ("unviable", "killed", "loops"):
            if outcome in found:
                return outcome
        return "missed" if set(found[1:]) == {"missed"} else None


def has_judge(mutant, area):
    """Whether the host's tests may see what this one changes."""
    return any(judge.is_for(mutant) for judge in JUDGES if judge.area == area)


def cargo(tree, area, *arguments, **options):
    """Starts cargo in an area of a copy."""
    return subprocess.Popen(["cargo", *arguments], cwd=tree / area.workspace, text=True, **options)


def listed(tree, area, since=None):
    """The mutants of an area, or those in lines that changed since a revision; with paths from the top on."""
    return [area.prefix + name for name in said(tree, area, since).splitlines()]


def said(tree, area, since=None, more=()):
    """What cargo-mutants lists."""
    command = ["mutants", "--list", "--colors=never", "--package", area.package, "--config", str(EXCLUDED), *more]
    if since:
        changes = ["git", "-C", str(TOP / area.workspace), "diff", "--relative", since, "--", *area.places]
        (BUILD / "diff").write_bytes(subprocess.run(changes, check=True, stdout=subprocess.PIPE).stdout)
        command += ["--in-diff", str(BUILD / "diff")]
    with cargo(tree, area, *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        return process.stdout.read()


def fair(judge, tree, end):
    """How long the tests may take that pass as things are; None: there was no time to see that."""
    command = ["test", "--offline", "--quiet", *judge.arguments()]
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, **judge.variables}}
    for more in ["--no-run"], []:
        begin = time.monotonic()
        with cargo(tree, judge.area, *command, *more, **quiet) as process:
            try:
                if process.wait(max(0, end - begin)):
                    sys.exit(f"{judge.name}: tests fail as things are, before anything is changed")
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                return None
    return max(60, round(10 * (time.monotonic() - begin)))


def put_in(tree, programs, areas, todo, outcomes, end):
    """Puts into the programs what compiles there."""
    places = {}
    for area in areas:
        entries = json.loads(said(tree, area, more=["--json"]))
        places |= {it.name: it for it in schemata.placed(tree, area.prefix, listed(tree, area), entries)}
    programs.put_in([it for name, it in places.items() if name in todo and (name, SCHEMATA) not in outcomes.of])
    judges = [judge for judge in JUDGES if any(map(judge.is_for, programs.mutants))]
    commands = [(programs.tree / judge.area.workspace, judge.arguments(), judge.environment()) for judge in judges]
    try:
        left = programs.leave_out(commands, end)
    except subprocess.TimeoutExpired:
        return programs.put_in([])
    for name, is_unviable in left.items():
        outcomes.add(name, SCHEMATA, "unviable" if is_unviable else "apart")


def ask_quickly(judge, programs, todo, outcomes, end, jobs):
    """Asks a judge of the mutants that are in the programs, so many at the same time, until the end."""
    todo = [programs.mutants[name] for name in todo if name in programs.mutants]
    if not todo or time.monotonic() > end:
        return
    environment = judge.environment()
    try:
        built = schemata.build(programs.tree / judge.area.workspace, judge.arguments(), environment, end)
        tests = schemata.tests_of(built, environment, BUILD / "reached", end)
    except subprocess.TimeoutExpired:
        return

    # What takes long is asked only of what is left when the rest has been asked of all.
    quick = [test for test in tests if test.seconds < schemata.LONG]
    for asked in quick, [test for test in tests if test.seconds >= schemata.LONG]:

        def one(mutant, asked=asked):
            outcome = schemata.judge(asked, mutant.number, environment) if time.monotonic() < end else None
            if outcome not in ("missed", None) or outcome and asked is not quick:
                outcomes.add(mutant.name, judge.name, outcome)
            return None if outcome != "missed" else mutant

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            todo = list(filter(None, pool.map(one, todo)))


def ask(judge, trees, todo, outcomes, end):
    """Asks a judge of mutants, in the copies at the same time, until the end."""
    if not todo or time.monotonic() > end or not (limit := fair(judge, trees[0], end)):
        return
    runs = []
    for number, tree in enumerate(trees):
        others = set(listed(tree, judge.area)).difference(todo[number :: len(trees)])
        out = tree.with_suffix(".out")
        shutil.rmtree(out, ignore_errors=True)
        # What is not asked for has been caught before, as it were.
        caught = (f"{name.removeprefix(judge.area.prefix)}\n" for name in sorted(others))
        write(out / "mutants.out/previously_caught.txt", "".join(caught))
        command = ["mutants", "--iterate", "--in-place", "--shuffle", "--baseline=skip", "--colors=never"]
        command += ["--output", str(out), "--config", str(EXCLUDED), "--profile", judge.profile]
        command += ["--package", judge.area.package, "--test-package", judge.package]
        command += ["--timeout", str(limit), "--build-timeout=3600"]
        command += [f"--cargo-arg={argument}" for argument in ["--offline", *judge.tests]]
        process = cargo(tree, judge.area, *command, env={**os.environ, **judge.variables})
        runs.append((process, out / "mutants.out"))
    goes_on = True
    while goes_on:
        time.sleep(1)
        goes_on = any(process.poll() is None for process, _ in runs)
        for process, out in runs:
            for name, outcome in OUTCOMES.items():
                file = out / f"{name}.txt"
                for mutant in file.read_text().splitlines() if file.is_file() else []:
                    outcomes.add(judge.area.prefix + mutant, judge.name, outcome)
            if time.monotonic() > end and process.poll() is None:
                process.send_signal(signal.SIGINT)


def share(area, mutants, outcomes):
    """Says what became of an area's mutants; how many nothing sees."""
    found = {"killed": [], "loops": [], "missed": [], "unviable": [], None: []}
    for mutant in mutants:
        found[outcomes[mutant]].append(mutant)
    for mutant in found["missed"]:
        print(f"no test sees: {mutant}")
    killed, loops, missed, unviable, untried = map(len, found.values())
    tried = killed + loops + missed
    percent = 100 * (killed + loops) / max(1, tried)
    print(f"{area.name}: {killed + loops} killed of {tried}, {percent:.1f} %, {loops} of them as they loop;", end=" ")
    print(f"{unviable} do not compile, {untried} were not tried")
    return missed


def main():
    """Asks the judges one after the other; fails when there is something that none of them sees."""
    parser = argparse.ArgumentParser(description="changes what runs on the host, and sees whether a test fails")
    parser.add_argument("--since", metavar="REVISION", help="only lines that changed since")
    parser.add_argument("--seconds", type=int, default=10**6, help="ends after so long, and says what was not tried")
    parser.add_argument("--jobs", type=int, default=1, help="copies that are changed at the same time")
    parser.add_argument("--part", default="1/1", metavar="I/N", help="every Nth mutant")
    parser.add_argument("--judge", action="append", choices=[judge.name for judge in JUDGES], help="asks only this one")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only those of files that begin so")
    options = parser.parse_args()
    asked = [judge for judge in JUDGES if judge.name in (options.judge or [judge.name])]
    end = time.monotonic() + options.seconds
    part, parts = map(int, options.part.split("/"))

    BUILD.mkdir(parents=True, exist_ok=True)
    lock = (BUILD / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another run changes the copies in {BUILD}")
    install = ["cargo", "install", "--quiet", "--locked", CARGO_MUTANTS, "--target-dir", str(BUILD / "cargo-mutants")]
    subprocess.run(install, check=True)
    shutil.rmtree(BUILD / "cargo-mutants", ignore_errors=True)
    sites = ["cargo", "build", "--quiet", "--offline", "--release", "--package=sites", "--target-dir", str(BUILD / "sites")]
    subprocess.run(sites, cwd=TOP / "tests/host", check=True)
    trees = [BUILD / f"tree-{number}" for number in range(options.jobs)]
    programs = schemata.Programs(BUILD / "schemata", trees[0], BUILD / "sites/release/sites")
    for tree in [*trees, programs.tree]:
        copy(tree)
    schemata.add_crate(programs.tree)
    outcomes = Outcomes(trees[0])
    areas = {}
    for area in (SRC, CRATE):
        mutants = [name for name in listed(trees[0], area, options.since) if has_judge(name, area)][part - 1 :: parts]
        areas[area.name] = [name for name in mutants if name.startswith(tuple(options.paths or [""]))]
    wanted = [(judge, name) for judge in asked for name in areas[judge.area.name]]
    wanted = {name: judge.area for judge, name in wanted if judge.is_for(name) and outcomes.wants(name, judge)}
    put_in(trees[0], programs, [area for area in (SRC, CRATE) if area in wanted.values()], wanted, outcomes, end)

    def todo(judge):
        names = areas[judge.area.name]
        return [name for name in names if judge.is_for(name) and outcomes.wants(name, judge)]

    for judge in asked:
        ask_quickly(judge, programs, todo(judge), outcomes, end, options.jobs)
    for judge in asked:
        ask(judge, trees, todo(judge), outcomes, end)
    missed = [share(area, areas[area.name], outcomes) for area in (SRC, CRATE)]
    return sum(missed) != 0


if __name__ == "__main__":
    sys.exit(main())
