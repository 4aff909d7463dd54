#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Changes what is shipped, one thing at a time, and sees whether a test fails: mutations.py [WORD]

The changes are in mutations.toml; with a word, only those whose text has it. A copy of the tree is
changed, in build/mutations. Runs inside the Debian root; see `make test-mutations`.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
COPY = TOP / "build/mutations/tree"
PARTS = ["src", "rust", "include", "tests/host", "tools/ipn/src"]
SECONDS = 900
TESTS = {
    "loom": (["--profile", "loom", "--test", "loom"], {"RUSTFLAGS": "--cfg loom"}),
    "sim": (["--test", "sim"], {}),
}
# As `make test-host` runs them (tests/host.sh), and then as continuous integration does.
RUNS = {
    "": {"LOOM_MAX_PREEMPTIONS": "1", "AF_IPN_SIM_SECONDS": "8"},
    " in the whole run": {},
}


def copy():
    """Makes the copy as the tree is, and leaves what is as it was alone, so that cargo does too."""
    for part in PARTS:
        subprocess.run(
            ["rsync", "-a", "--delete", "--mkpath", f"{TOP / part}/", f"{COPY / part}/"], check=True
        )


def first_failure(command, environment):
    """The first test that fails, after which no other is run; None: all pass."""
    failed = None
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "env": environment}
    with subprocess.Popen(command, text=True, start_new_session=True, **quiet) as process:
        timer = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        for line in process.stdout:
            if failed := re.match(r"test (\S+) \.\.\. FAILED", line):
                os.killpg(process.pid, signal.SIGKILL)
                break
        timer.cancel()
    if failed:
        return failed[1]
    return f"it ends with {process.returncode}" if process.returncode else None


def test(name):
    """What sees a change in the copy; None: nothing; an empty text: it does not compile."""
    arguments, variables = TESTS[name]
    command = ["cargo", "test", "--quiet", "--locked", "--offline"]
    command += ["--manifest-path", str(COPY / "tests/host/Cargo.toml")]
    command += ["--target-dir", str(TOP / "build/mutations" / name), *arguments]
    environment = {**os.environ, **variables, "RUST_BACKTRACE": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    if subprocess.run([*command, "--no-run"], check=False, **quiet).returncode:
        return ""
    command.remove("--quiet")
    for run, variables in RUNS.items():
        failed = first_failure(command, {**environment, **variables})
        if failed:
            return f"{failed}{run}"
    return None


def main():
    """Tries each change; the last line has the sum."""
    with open(TOP / "tests/host/mutations.toml", "rb") as file:
        mutations = tomllib.load(file)["mutation"]
    word = "".join(sys.argv[1:])
    passed = failed = skipped = 0
    for mutation in mutations:
        what, path = mutation["what"], COPY / "src" / mutation["file"]
        if word not in what and word not in mutation["file"]:
            continue
        copy()
        text = path.read_text()
        if mutation["old"] not in text:
            print(f"not ok - {what}: {mutation['file']} has no such text any more", flush=True)
            failed += 1
            continue
        if "unseen" in mutation:
            print(f"ok - {what} # SKIP {mutation['unseen']}", flush=True)
            skipped += 1
            continue
        path.write_text(text.replace(mutation["old"], mutation["new"], 1))
        seen = test(mutation["by"])
        if seen:
            print(f"ok - {what}: {mutation['by']}: {seen}", flush=True)
        elif seen is None:
            print(f"not ok - {what}: no test of {mutation['by']} fails", flush=True)
        else:
            print(f"not ok - {what}: it does not compile", flush=True)
        passed += bool(seen)
        failed += not seen
    shutil.rmtree(COPY, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
