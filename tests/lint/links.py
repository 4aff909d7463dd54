#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks what the Markdown files refer to: files, headings, the paths in code spans, and tests of ipntest.

A link to another host is not followed. A heading's anchor is what GitHub makes of it. A path
in a code span is relative to the top of the tree, or to the file that names it. No merge may be half done.
"""

import pathlib
import re
import sys
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {"build", "target", ".git"}
LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+(\S+)")
# A file or directory of this tree, or several as the shell has them: `rust/*.c`, `a.{rs,c}`.
SPAN = re.compile(r"`((?:Documentation|include|rust|samples|scripts|src|tests|tools)/[\w./*{},-]*)`")

# A test of ipntest, in a table of tests: `topic.what_it_shows`.
TEST = re.compile(r"`([a-z_]+\.[a-z_]*_[a-z_]*)`")
TOPICS = re.compile(r'^cases\w*!\[((?:"\w+", )*"\w+"):(.*?)^\];', re.M | re.S)


def tests():
    """The names of the tests of ipntest, with those of their topics."""
    names = set()
    for path in (TOP / "tools/ipntest/src").rglob("*.rs"):
        for topics, cases in TOPICS.findall(path.read_text()):
            for topic in re.findall(r"\w+", topics):
                names.update(f"{topic}.{case}" for case in re.findall(r"^\s+(\w+)", cases, re.M))
    return names


def prose(path):
    """The numbered lines of a file that are not in a block of code."""
    fence = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence is None and mark:
            fence = mark[1]
        elif fence is not None:
            if line.strip().startswith(fence):
                fence = None
        elif not line.startswith(("    ", "\t")):
            yield number, line


def anchors(path):
    """The anchors of a file's headings."""
    seen = {}
    found = set()
    for _, line in prose(path):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            count = seen.get(anchor, 0)
            seen[anchor] = count + 1
            found.add(f"{anchor}-{count}" if count else anchor)
        found.update(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", line))
    return found


def fault(path, target):
    """What is wrong with a link, or None."""
    parts = urllib.parse.urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    file = path
    if parts.path:
        file = path.parent / urllib.parse.unquote(parts.path)
        if not file.exists():
            return "no such file"
        if TOP not in file.resolve().parents:
            return "not in this tree"
    if parts.fragment and file.suffix == ".md" and parts.fragment not in anchors(file):
        return "no such heading"
    return None


def alternatives(pattern):
    """`a.{rs,c}` is `a.rs` and `a.c`; NOUN and NAME stand for any."""
    pattern = re.sub("NOUN|NAME", "*", pattern)
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if not braces:
        return [pattern]
    before, after = pattern[: braces.start()], pattern[braces.end() :]
    return [whole for part in braces[1].split(",") for whole in alternatives(before + part + after)]


def main():
    status = 0
    known = tests()
    files = [f for f in sorted(TOP.rglob("*.md")) if not SKIPPED & set(f.relative_to(TOP).parts)]
    for path in files:
        for number, line in prose(path):
            targets = LINK.findall(line) + REFERENCE.findall(line)
            faults = [(target, fault(path, target)) for target in targets]
            if re.match(r"<<<<<<< |>>>>>>> ", line):
                faults.append((line, "two versions, of which one is to be chosen"))
            for span in SPAN.findall(line):
                for one in alternatives(span):
                    if not any(any(base.glob(one.rstrip("/"))) for base in (TOP, path.parent)):
                        faults.append((one, "no such file"))
            if path.name == "security.md" and line.startswith("|"):
                named = TEST.findall(line)
                faults += [(name, "no such test") for name in named if name not in known]
            for target, what in faults:
                if what:
                    print(f"{path.relative_to(TOP)}:{number}: {target}: {what}")
                    status = 1
    if not files:
        print("no Markdown files found")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
