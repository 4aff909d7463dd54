#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs a program of Rust tests and ends it with the first that fails: first_failure.py PROGRAM [ARGUMENT...]

Others may take long then: a test that loops, one whose input is made shorter. For cargo, as the runner
of `make test-mutants`.
"""

import re
import subprocess
import sys


def main():
    """Shows what the program says; the status is its own, or 101 as that of one with a failure."""
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True, errors="replace") as program:
        for line in program.stdout:
            print(line, end="", flush=True)
            if re.match(r"test \S+ \.\.\. FAILED", line):
                program.kill()
                return 101
    # A program that a signal ended has failed too.
    return program.returncode % 256


if __name__ == "__main__":
    sys.exit(main())
