#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Changes what only a guest can judge, one thing at a time, and sees whether a test fails: mutations.py [WORD]

The changes are in tests/qemu/mutations.toml; with a word, only those whose text has it. JOBS at a time,
2 unless it says otherwise, each in a copy of the tree in build/guest-mutations, which keeps what was built:
a change takes the time of building the module, or the programs where it is in tools/, and of a guest until
the first test fails. In the end those that failed are run without a change: one that fails there too has seen
nothing. What a change has come to is kept there too, as long as the change, its file and the files of its topics stay: a run goes on where
the one before has ended. See `make test-guest-mutations`.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[3]
BUILD = TOP / "build/guest-mutations"
OUTCOMES = BUILD / "outcomes"
TESTS = TOP / "tools/ipntest/src"
SECONDS = 600
TOPIC = re.compile(r'cases(?:_for_both)?!\[\s*"(\w+)"(?:, "(\w+)")?')


def once(function):
    """Has what is asked with the same arguments found out once, and one at a time."""
    lock, known = threading.Lock(), functools.cache(function)

    @functools.wraps(function)
    def ask(*arguments):
        with lock:
            return known(*arguments)

    return ask


def copy(tree):
    """Makes a copy as the tree is, and leaves alone what is as it was and what was built."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        source, place = TOP / name, tree / name
        if name and source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_file() or place.read_bytes() != source.read_bytes():
                shutil.copy(source, place)


@once
def build_programs():
    """Builds the tree's own programs."""
    command = ["scripts/setup/enter.sh", "scripts/build.sh", "programs"]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def copy_programs(tree):
    """Gives them to a copy."""
    build_programs()

    def link(source, place):
        pathlib.Path(place).unlink(missing_ok=True)
        os.link(source, place)

    plugin = "build/plugin/release/libvdeplug_ipn.so"
    (tree / plugin).parent.mkdir(parents=True, exist_ok=True)
    link(TOP / plugin, tree / plugin)
    programs = "build/programs"
    shutil.copytree(TOP / programs, tree / programs, copy_function=link, dirs_exist_ok=True)


def rebuild_programs(tree):
    """Builds those in which a change of the crate is tried anew: whether it compiles."""
    command = ["scripts/setup/enter.sh", "scripts/build.sh", "some", "ipntest", "ipnctl"]
    built = subprocess.run(
        command, cwd=tree, check=False, capture_output=True, stdin=subprocess.DEVNULL
    )
    return built.returncode == 0


@functools.cache
def files_of_topics():
    """The file of each topic's tests; of one that has no table of its own, none."""
    files = {}
    for path in TESTS.rglob("*.rs"):
        for names in TOPIC.findall(path.read_text()):
            files |= {name: path for name in names if name}
    return files


def tests_of(names):
    """The text of the files that tests or topics are in."""
    files = files_of_topics()
    topics = {name.partition(".")[0] for name in names}
    return [path.read_text() for path in sorted({files[t] for t in topics if t in files})]


def hash_of(parts):
    """A short name for texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def key(mutation):
    """What an outcome is about: the change, its file as it is, and the tests of its topics."""
    file = (TOP / mutation["file"]).read_text()
    tests = tests_of(mutation["by"].split())
    return hash_of([json.dumps(mutation, sort_keys=True), file, *tests])


def guest(tree, topics, to_the_end=False):
    """Runs topics in a guest of that tree: the first test that fails, with which it ends unless it is to
    go on, what was said, and the status."""
    environment = os.environ | {"LIMIT": str(SECONDS), "KEEP_PROGRAMS": "1"}
    failed, said = None, []
    with subprocess.Popen(
        ["tests/qemu/run/run.sh", f"ipntest run {topics}"],
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as run:
        for line in run.stdout:
            said.append(line)
            found = re.match(r"not ok \d+ (\S+)", line)
            if found and not failed:
                failed = found[1]
                if not to_the_end:
                    os.killpg(run.pid, signal.SIGTERM)
    return failed, "".join(said), run.returncode


def find(mutation, tree):
    """Makes a change in a copy: whether it is seen, and the test that fails or what happens else."""
    copy(tree)
    path = tree / mutation["file"]
    text = path.read_text()
    if text.count(mutation["old"]) != 1:
        return False, f"what it changes stands there {text.count(mutation['old'])} times"
    path.write_text(text.replace(mutation["old"], mutation["new"]))
    copy_programs(tree)
    if mutation["file"].startswith("tools/") and not rebuild_programs(tree):
        return False, "it does not compile"
    failed, said, status = guest(tree, mutation["by"])
    if failed:
        return True, failed
    if "af_ipn: the step" in said:
        return False, "it does not compile"
    if "the kernel complained" in said:
        return True, "the kernel complains"
    if status:
        return True, f"the guest ends with {status}"
    return False, f"no test of {mutation['by']} fails"


def outcome(mutation, name, trees):
    """What a change has come to: what is kept under that name, or is found in a copy that is free."""
    path = OUTCOMES / name
    if not path.exists():
        tree = trees.get()
        try:
            path.write_text(json.dumps(find(mutation, tree)))
        finally:
            trees.put(tree)
    return mutation, *json.loads(path.read_text())


def fail_anyway(tests):
    """Those of the tests that fail in the tree as it is too; which pass is kept."""
    places = {test: OUTCOMES / f"passes-{test}-{hash_of(tests_of([test]))}" for test in tests}
    unknown = sorted(test for test, place in places.items() if not place.exists())
    if not unknown:
        return set()
    build_programs()
    _, said, _ = guest(TOP, " ".join(unknown), True)
    passed = set(re.findall(r"^ok \d+ (\S+)", said, re.MULTILINE)) & set(unknown)
    for test in passed:
        places[test].touch()
    return set(unknown) - passed


def main():
    """Tries each change; the last line has the sum."""
    with open(TOP / "tests/qemu/mutations.toml", "rb") as file:
        mutations = tomllib.load(file)["mutation"]
    OUTCOMES.mkdir(parents=True, exist_ok=True)
    word = "".join(sys.argv[1:])
    wanted = [m for m in mutations if word in m["what"] or word in m["file"]]
    unseen = [m for m in wanted if "unseen" in m]
    for mutation in unseen:
        print(f"ok - {mutation['what']} # SKIP {mutation['unseen']}", flush=True)
    jobs = int(os.environ.get("JOBS") or 2)
    trees = queue.SimpleQueue()
    for number in range(jobs):
        trees.put(BUILD / f"tree{number}")
    seen_by, failed = {}, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        tried = [pool.submit(outcome, m, key(m), trees) for m in wanted if "unseen" not in m]
        for done in concurrent.futures.as_completed(tried):
            mutation, seen, text = done.result()
            print(f"{'ok' if seen else 'not ok'} - {mutation['what']}: {text}", flush=True)
            if seen:
                seen_by[mutation["what"]] = text
            failed += not seen
    anyway = fail_anyway({text for text in seen_by.values() if " " not in text})
    for what, text in seen_by.items():
        if text in anyway:
            print(f"not ok - {what}: {text} fails without it too")
            failed += 1
    print(f"{len(tried) - failed} passed, {failed} failed, {len(unseen)} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
