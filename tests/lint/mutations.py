#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Checks that each change of tests/host/mutations.toml can still be made: that its text stands in its
file, once. Prints what cannot, and fails then; `make test-mutations` makes them."""

import pathlib
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
KEYS = [{"what", "file", "old", "new", "by"}, {"what", "file", "old", "new", "unseen"}]


def wrong(mutation):
    """What is wrong with a change, or nothing."""
    if set(mutation) not in KEYS or mutation.get("by", "sim") not in ("loom", "sim"):
        return "wants what, file, old and new, and by (loom or sim) or unseen"
    path = TOP / "src" / mutation["file"]
    if not path.is_file():
        return f"src/{mutation['file']} is not there"
    found = path.read_text().count(mutation["old"])
    return None if found == 1 else f"its text is in src/{mutation['file']} {found} times"


def main():
    """Checks all."""
    with open(TOP / "tests/host/mutations.toml", "rb") as file:
        mutations = tomllib.load(file)["mutation"]
    said = [
        f"tests/host/mutations.toml: {mutation.get('what', '?')}: {why}"
        for mutation in mutations
        if (why := wrong(mutation))
    ]
    for line in said:
        print(line)
    return said != []


if __name__ == "__main__":
    sys.exit(main())
