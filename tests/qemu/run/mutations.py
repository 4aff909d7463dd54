#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Changes what only a guest can judge, one thing at a time, and sees whether a test fails: mutations.py [WORD]

The changes are in tests/qemu/mutations.toml; with a word, only those whose text has it. A copy of the tree
is changed, in build/guest-mutations, and keeps what was built: a change takes the time of building the
module, or the programs where it is in tools/, and booting a guest. What a change has come to is kept there too, as long as the change and the
tests stay: a run goes on where the one before has ended. See `make test-guest-mutations`.
"""

import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[3]
BUILD = TOP / "build/guest-mutations"
COPY = BUILD / "tree"
OUTCOMES = BUILD / "outcomes"
SECONDS = 600


def copy():
    """Makes the copy as the tree is, and leaves alone what is as it was and what was built."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        source, place = TOP / name, COPY / name
        if name and source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_file() or place.read_bytes() != source.read_bytes():
                shutil.copy(source, place)


@functools.cache
def build_programs():
    """Builds the tree's own programs."""
    command = ["scripts/setup/enter.sh", "scripts/build.sh", "programs"]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def copy_programs():
    """Gives them to the copy: with these all changes but those of tools/ are tried."""
    build_programs()
    plugin = "build/plugin/release/libvdeplug_ipn.so"
    (COPY / plugin).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(TOP / plugin, COPY / plugin)
    shutil.copytree(TOP / "build/programs", COPY / "build/programs", dirs_exist_ok=True)


def key(mutation):
    """What an outcome is about: the change, the file as it is, and the tests."""
    tests = sorted((TOP / "tools/ipntest/src").rglob("*.rs"))
    parts = [json.dumps(mutation, sort_keys=True), (TOP / mutation["file"]).read_text()]
    parts += [path.read_text() for path in tests]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def test(topics, of_programs):
    """What sees the change in the copy, or what is wrong: whether it is seen, and a text."""
    command = ["make", "guest", f"RUN=ipntest run {topics}", f"LIMIT={SECONDS}"]
    environment = os.environ | ({} if of_programs else {"KEEP_PROGRAMS": "1"})
    run = subprocess.run(
        command,
        cwd=COPY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    said = run.stdout + run.stderr
    if failed := re.search(r"^not ok \d+ (\S+)", said, re.MULTILINE):
        return True, failed[1]
    if "the step" in said:
        return False, "it does not compile"
    if "the kernel complained" in said:
        return True, "the kernel complains"
    if run.returncode:
        return True, f"the guest ends with {run.returncode}"
    return False, f"no test of {topics} fails"


def main():
    """Tries each change; the last line has the sum."""
    with open(TOP / "tests/qemu/mutations.toml", "rb") as file:
        mutations = tomllib.load(file)["mutation"]
    OUTCOMES.mkdir(parents=True, exist_ok=True)
    word = "".join(sys.argv[1:])
    passed = failed = skipped = 0
    for mutation in mutations:
        what = mutation["what"]
        if word not in what and word not in mutation["file"]:
            continue
        if "unseen" in mutation:
            print(f"ok - {what} # SKIP {mutation['unseen']}", flush=True)
            skipped += 1
            continue
        outcome = OUTCOMES / key(mutation)
        if outcome.exists():
            seen, text = json.loads(outcome.read_text())
        else:
            copy()
            path = COPY / mutation["file"]
            path.write_text(path.read_text().replace(mutation["old"], mutation["new"], 1))
            of_programs = mutation["file"].startswith("tools/")
            if not of_programs:
                copy_programs()
            seen, text = test(mutation["by"], of_programs)
            outcome.write_text(json.dumps([seen, text]))
        print(f"{'ok' if seen else 'not ok'} - {what}: {text}", flush=True)
        passed += seen
        failed += not seen
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
