#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Checks that each change of tests/host/mutations.toml and tests/qemu/mutations.toml can still be made: that
its text stands in its file, once. Prints what cannot, and fails then; `make test-mutations` and
`make test-guest-mutations` make them."""

import pathlib
import re
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
KEYS = [{"what", "file", "old", "new", "by"}, {"what", "file", "old", "new", "unseen"}]
# Each list, below what its files are, and what may judge them.
LISTS = [
    ("tests/host/mutations.toml", "src/", re.compile("loom|sim")),
    ("tests/qemu/mutations.toml", "", re.compile("[a-z0-9_. ]+")),
]


def wrong(mutation, below, judges):
    """What is wrong with a change, or nothing."""
    if set(mutation) not in KEYS or not judges.fullmatch(mutation.get("by", "sim")):
        return f"wants what, file, old and new, and by ({judges.pattern}) or unseen"
    file = below + mutation["file"]
    if not (TOP / file).is_file():
        return f"{file} is not there"
    found = (TOP / file).read_text().count(mutation["old"])
    return None if found == 1 else f"its text is in {file} {found} times"


def main():
    """Checks all."""
    said = []
    for name, below, judges in LISTS:
        with open(TOP / name, "rb") as file:
            mutations = tomllib.load(file)["mutation"]
        said += [
            f"{name}: {mutation.get('what', '?')}: {why}"
            for mutation in mutations
            if (why := wrong(mutation, below, judges))
        ]
    for line in said:
        print(line)
    return said != []


if __name__ == "__main__":
    sys.exit(main())
