# SPDX-License-Identifier: GPL-2.0
"""Many mutants in one program, of which an environment variable chooses one: mutant schemata.

    `a < b` becomes `(if ::mutated::is(17) { a == b } else { a < b })`

What they are and where is what cargo-mutants says, what is to be wrapped for that `sites`. What does not
compile so is found by the compiler's errors, and left out.
"""

import collections
import dataclasses
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
VARIABLE = "AF_IPN_MUTANT"
# Names a file where those are listed that the tests come to.
REACHED = "AF_IPN_MUTANTS_REACHED"
MOST = 10000
# More than any test takes; a mutant may want all there is.
BYTES = 8 << 30
# Seconds: what takes less shares a process with others.
QUICK = 0.2
# Those that try what comes by chance take this and more.
LONG = 0.9
# So many times what tests take, and seconds besides, is a loop.
LOOPS = 4

MANIFEST = """[package]
name = "mutated"
edition = "2021"
"""
LIBRARY = f"""//! Which mutant this run is.
use std::{{
    env,
    fs::File,
    io::Write,
    sync::{{
        atomic::{{AtomicBool, Ordering::Relaxed}},
        LazyLock,
    }},
}};
static CHOSEN: LazyLock<u32> =
    LazyLock::new(|| env::var("{VARIABLE}").map_or(0, |number| number.parse().unwrap()));
static LIST: LazyLock<Option<File>> = LazyLock::new(|| {{
    let path = env::var_os("{REACHED}")?;
    Some(File::options().create(true).append(true).open(path).unwrap())
}});
static SEEN: [AtomicBool; {MOST}] = [const {{ AtomicBool::new(false) }}; {MOST}];
/// Whether it is this one.
#[inline]
pub fn is(number: u32) -> bool {{
    let seen = &SEEN[number as usize];
    if !seen.load(Relaxed) {{
        seen.store(true, Relaxed);
        LIST.iter().for_each(|mut list| writeln!(list, "{{number}}").unwrap());
    }}
    *CHOSEN == number
}}
"""
# The error of a function that is no constant, called where there must be one.
CALLED_IN_CONST = "E0015"
# That of a match that leaves something out, which stands where the arms are not.
NOT_EXHAUSTIVE = "E0004"
# Bytes between an error and mutants that it may come of.
NEAR = 2000
# What is wrapped for what cargo-mutants calls a genre.
KINDS = {"FnValue": "body", "MatchArm": "arm", "MatchArmGuard": "guard"}


@dataclasses.dataclass
class Mutant:
    """A change of a file: bytes that are replaced, and by what."""

    number: int
    name: str
    path: str
    kind: str
    start: int
    end: int
    replacement: bytes

    def function(self):
        """The one that it is in, as cargo-mutants names it."""
        return self.name.rpartition(" in ")[2]


def placed(tree, prefix, names, entries):
    """The mutants with these names, from cargo-mutants' list in JSON, by name."""
    texts = {}
    for name, entry in zip(names, entries):
        path = prefix + entry["file"]
        if entry["genre"] == "FnValue" and "impl " in entry["function"]["return_type"]:
            # That may be one type only.
            continue
        if path not in texts:
            texts[path] = (tree / path).read_text().splitlines(keepends=True)

        def offset(at, lines=texts[path]):
            before = lines[: at["line"] - 1] + [lines[at["line"] - 1][: at["column"] - 1]]
            return len("".join(before).encode())

        start, end = (offset(entry["span"][bound]) for bound in ("start", "end"))
        kind = KINDS.get(entry["genre"], "expression")
        yield Mutant(0, name, path, kind, start, end, entry["replacement"].encode())


class Rewritten:
    """A file with its mutants, and where in it each of them is."""

    def __init__(self, text, sites, mutants, constants):
        self.text = text
        self.out = bytearray()
        self.regions = []
        of = collections.defaultdict(list)
        for mutant in mutants:
            of[mutant.kind, mutant.start, mutant.end].append(mutant)
        wrapped = collections.defaultdict(list)
        for kind, start, end, *replaced in sites:
            wrapped[kind, start, end] += of.pop((kind, *replaced), [])
            if kind == "const" and re.search(rb"fn (\w+)", text[end:])[1] not in constants:
                first, last = replaced
                wrapped[kind, start, end] += [mutant for mutant in mutants if first <= mutant.start <= last]
        self.without = [mutant for mutants in of.values() for mutant in mutants]
        # The outer ones first, but what is put between before what begins there.
        order = sorted(wrapped, key=lambda site: (site[1], site[2] > site[1], -site[2]))
        self.sites = collections.deque((*site, wrapped[site]) for site in order if wrapped[site])
        self.copy(0, len(text))

    def copy(self, at, end):
        """Copies a range, with what is chosen in it."""
        while self.sites and self.sites[0][2] <= end:
            kind, start, stop, mutants = self.sites.popleft()
            self.out += self.text[at:start]
            at = stop
            # What is chosen at run time is no constant.
            if kind in ("expression", "guard"):
                self.out += b"("
                for mutant in mutants:
                    changed = self.text[start : mutant.start] + mutant.replacement + self.text[mutant.end : stop]
                    self.put(mutant, b"if ::mutated::is(%d) { %b }", changed)
                    self.out += b" else "
                self.out += b"{ "
                self.copy(start, stop)
                self.out += b" })"
            for mutant in mutants:
                if kind == "arm":
                    self.put(mutant, b" if !::mutated::is(%d)%b", b"")
                elif kind == "body":
                    self.put(mutant, b"if ::mutated::is(%d) { return %b; } ", mutant.replacement)
        self.out += self.text[at:end]

    def put(self, mutant, text, changed):
        """Adds what is a mutant's."""
        start = len(self.out)
        self.out += text % (mutant.number, changed)
        self.regions.append((start, len(self.out), mutant))

    def at(self, start, end):
        """The mutants around a range, and those in it."""
        around = [region[2] for region in self.regions if region[0] <= start and end <= region[1]]
        inside = [region[2] for region in self.regions if start <= region[0] and region[1] <= end]
        return around, inside


class Programs:
    """A copy of the tree with its mutants; `source` is one without."""

    def __init__(self, tree, source, sites):
        self.tree = tree
        self.source = source
        self.sites = sites
        self.mutants = {}
        self.files = {}
        # Functions that must be constants.
        self.constants = set()

    def put_in(self, mutants):
        """Numbers these mutants, and puts them in."""
        self.mutants = {mutant.name: mutant for mutant in mutants}
        for number, mutant in enumerate(mutants, 1):
            mutant.number = number
        paths = sorted({mutant.path for mutant in mutants})
        sites = collections.defaultdict(list)
        if paths:
            said = subprocess.run([self.sites, *paths], cwd=self.source, check=True, text=True, stdout=subprocess.PIPE).stdout
            for path, kind, *bounds in (line.split("\t") for line in said.splitlines()):
                sites[path].append((kind, *map(int, bounds)))
        of = collections.defaultdict(list)
        for mutant in mutants:
            of[mutant.path].append(mutant)
        for path in {*paths, *self.files}:
            file = Rewritten((self.source / path).read_bytes(), sites[path], of[path], self.constants)
            if (self.tree / path).read_bytes() != file.out:
                (self.tree / path).write_bytes(file.out)
            self.files[path] = file
        for file in self.files.values():
            for mutant in file.without:
                del self.mutants[mutant.name]

    def leave_out(self, commands, end):
        """Leaves out what does not compile with any of these commands: the names, and whether it never would."""
        left = {}
        for command in commands:
            # An error may hide others.
            while errors := self.errors(*command, end):
                found, constants = self.caused(errors)
                if not found and constants <= self.constants:
                    raise SystemExit(f"{command[0]}: does not compile, whatever is left out: {errors[0]['message']}")
                self.constants |= constants
                left |= found
                self.put_in([mutant for name, mutant in self.mutants.items() if name not in found])
        return left

    def errors(self, workspace, arguments, variables, end):
        """What the compiler says, with the files of this tree."""
        status, said = cargo(workspace, ["check", "--keep-going", *arguments], variables, end)
        errors = [line["message"] for line in said if line.get("message", {}).get("level") == "error"]
        for span in (span for message in errors for span in message["spans"]):
            span["file"] = os.path.relpath(os.path.normpath(workspace / span["file_name"]), self.tree)
        if status and not errors:
            raise SystemExit(f"{workspace}: cargo check fails")
        return errors

    def caused(self, errors):
        """The mutants that errors come of, and whether it is the mutant itself that is wrong; and functions that
        have to be constants."""
        found, others, constants = {}, {}, set()
        for message in errors:
            code = (message["code"] or {}).get("code")
            is_const, is_open = code == CALLED_IN_CONST, code == NOT_EXHAUSTIVE
            for span in (span for span in message["spans"] if span["is_primary"]):
                file = self.files.get(span["file"])
                around, inside = file.at(span["byte_start"], span["byte_end"]) if file else ([], [])
                if is_const and not around:
                    # "cannot call non-const associated function `path::name` in constants"
                    constants |= {name.encode() for name in re.findall(r"(\w+)(?:::<[^`]*>)?`", message["message"])}
                elif file:
                    for mutant in around or inside:
                        found[mutant.name] = found.get(mutant.name, True) and bool(around) and not is_const
                    place = span["byte_start"]
                    near = [(start, it) for start, _, it in file.regions if abs(start - place) < NEAR]
                    # The arms of the function that follow, if it is for one that is left out.
                    arms = [it for start, it in near if is_open and it.kind == "arm" and start > place]
                    arms = [it for it in arms if it.function() == arms[0].function()]
                    others |= {it.name: False for it in arms or (it for _, it in near)}
        # What is elsewhere may come of any that is near.
        return found if found or constants else others, constants


def add_crate(tree):
    """Adds to a copy what says which mutant a run is."""
    crate = tree.parent / "mutated"
    (crate / "src").mkdir(parents=True, exist_ok=True)
    for path, text in ("Cargo.toml", MANIFEST), ("src/lib.rs", LIBRARY):
        if not (crate / path).is_file() or (crate / path).read_text() != text:
            (crate / path).write_text(text)
    for package in "tests/host", "tools/ipn":
        with (tree / package / "Cargo.toml").open("a") as manifest:
            manifest.write(f'\n[dependencies.mutated]\npath = "{crate}"\n')


def cargo(workspace, arguments, variables, end):
    """What cargo says in JSON, and its status. Until the end it takes longer: `subprocess.TimeoutExpired`."""
    command = ["cargo", *arguments, "--offline", "--quiet", "--message-format=json"]
    left = max(0, end - time.monotonic())
    # What it says for people is of mutants, of which many are expected not to compile.
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    done = subprocess.run(command, cwd=workspace, env=variables, timeout=left, **quiet)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def build(workspace, arguments, variables, end):
    """Builds tests; the programs, each with the directory that it runs in."""
    status, made = cargo(workspace, ["test", "--no-run", *arguments], variables, end)
    if status:
        raise SystemExit("tests with mutants do not build")
    programs = (entry for entry in made if entry.get("executable") and entry["profile"]["test"])
    return [(entry["executable"], pathlib.Path(entry["manifest_path"]).parent) for entry in programs]


@dataclasses.dataclass
class Test:
    """A test of a program: the processor time that it takes as things are, and the mutants that it comes to."""

    program: str
    directory: pathlib.Path
    name: str
    seconds: float
    reached: set

    def group(self):
        """The tests that run at the same time: quick ones of a program."""
        return self.program, "" if self.seconds < QUICK else self.name


def tests_of(programs, variables, place, end):
    """Runs each test alone, as things are. Until the end it takes longer: `subprocess.TimeoutExpired`."""
    found = []
    for program, directory in programs:
        command = [program, "--list", "--format=terse"]
        listed = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for name in (line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")):
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(program, 0)
            place.write_text("")
            before = processor_time()
            if run(program, directory, [name], {**variables, REACHED: str(place)}, 600) != "missed":
                raise SystemExit(f"{name} fails as things are, before a mutant is chosen")
            reached = set(map(int, place.read_text().split()))
            found.append(Test(program, directory, name, processor_time() - before, reached))
    return sorted(found, key=lambda test: test.seconds)


def judge(tests, number, variables):
    """Runs the tests that come to a mutant, the quick ones first, until one fails."""
    groups = {}
    for test in tests:
        if number in test.reached:
            groups.setdefault(test.group(), []).append(test)
    for group in groups.values():
        names = [test.name for test in group]
        seconds = LOOPS + round(LOOPS * sum(test.seconds for test in group))
        first = group[0]
        outcome = run(first.program, first.directory, names, {**variables, VARIABLE: str(number)}, seconds)
        if outcome != "missed":
            return outcome
    return "missed"


def processor_time():
    """What processes have taken that have ended."""
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def run(program, directory, names, variables, seconds):
    """Runs tests until the first fails, within so much processor time: `killed`, `loops` or `missed`."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "errors": "replace"}
    command = [program, "--exact", *names]
    with subprocess.Popen(command, cwd=directory, env=variables, preexec_fn=limit, **quiet) as tests:
        # One that sleeps takes no time of a processor, and others take the processors too.
        timer = threading.Timer(20 * seconds, tests.send_signal, (signal.SIGXCPU,))
        timer.start()
        failed = any(re.match(r"test \S+ \.\.\. FAILED", line) for line in tests.stdout)
        timer.cancel()
        if failed:
            tests.kill()
            return "killed"
    if tests.returncode:
        return "loops" if tests.returncode == -signal.SIGXCPU else "killed"
    return "missed"
