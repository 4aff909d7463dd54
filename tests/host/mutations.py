#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Changes what is shipped, one thing at a time, and sees whether a test fails: mutations.py [WORD]

The changes are in mutations.toml; with a word, only those whose text has it. A copy of the tree is
changed, in build/mutations. Runs inside the Debian root; see `make test-mutations`.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
COPY = TOP / "build/mutations/tree"
PARTS = ["src", "rust", "include", "tests/host", "tools/ipn/src"]
SECONDS = 900
TESTS = {
    "loom": (["--release", "--test", "loom"], {"RUSTFLAGS": "--cfg loom"}),
    "sim": (["--test", "sim"], {"AF_IPN_SIM_SECONDS": "15"}),
}


def copy():
    """Makes the copy as the tree is, and leaves what is as it was alone, so that cargo does too."""
    for part in PARTS:
        subprocess.run(
            ["rsync", "-a", "--delete", "--mkpath", f"{TOP / part}/", f"{COPY / part}/"], check=True
        )


def test(name):
    """Whether the test of a name passes in the copy; None: it could not be compiled."""
    arguments, variables = TESTS[name]
    command = ["cargo", "test", "--quiet", "--locked", "--offline"]
    command += ["--manifest-path", str(COPY / "tests/host/Cargo.toml")]
    command += ["--target-dir", str(TOP / "build/mutations" / name), *arguments]
    environment = {**os.environ, **variables, "RUST_BACKTRACE": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    if subprocess.run([*command, "--no-run"], check=False, **quiet).returncode:
        return None
    try:
        return not subprocess.run(command, check=False, timeout=SECONDS, **quiet).returncode
    except subprocess.TimeoutExpired:
        return False


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
        passes = test(mutation["by"])
        if passes is None:
            print(f"not ok - {what}: it does not compile", flush=True)
        elif passes:
            print(f"not ok - {what}: no test of {mutation['by']} fails", flush=True)
        else:
            print(f"ok - {what}: {mutation['by']} fails", flush=True)
        passed += passes is False
        failed += passes is not False
    shutil.rmtree(COPY, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
