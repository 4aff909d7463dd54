#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Writes the examples of the documents as programs: examples.py DIRECTORY

They are those in C of af_ipn(7), and those in Rust of README.md, of the crate ipn and of its own README.md. That in C of
README.md has a test of its own (samples).
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[3]

# What the page's pieces leave out.
C_BEFORE = """
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/af_ipn.h>

int main(void)
{
    struct sockaddr_un bus = { .sun_family = AF_IPN, .sun_path = "/tmp/bus" };
    char text[1514];
    int s = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST), sender = s;
"""
C_BETWEEN = """
    s = socket(AF_IPN, SOCK_RAW, IPN_ANY);
"""
C_AFTER = """
    return send(sender, "hello", 5, 0) != 5 || recv(s, text, sizeof(text), 0) != 5;
}
"""
RUST_BEFORE = "fn main() -> Result<(), ipn::Error> {\n"
RUST_AFTER = "Ok(())\n}\n"


def manual():
    """A whole program, then a sender's beginning, then a receiver's."""
    text = (TOP / "Documentation/af_ipn.7").read_text().partition("\n.SH EXAMPLES\n")[2]
    found = re.findall(r"^\.EX\n(.*?)^\.EE", text, re.MULTILINE | re.DOTALL)
    program, sender, receiver = (piece.replace(r"\e", "\\") for piece in found)
    yield "manual-peer.c", program
    yield "manual-pieces.c", C_BEFORE + sender + C_BETWEEN + receiver + C_AFTER


def rust(text, name):
    """The blocks of a Markdown text."""
    blocks = re.findall(r"^```(?:rust|no_run)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks, 1):
        # Lines that a reader of the documentation does not see.
        block = re.sub(r"^# ?", "", block, flags=re.MULTILINE)
        if "fn main" not in block:
            block = RUST_BEFORE + block + RUST_AFTER
        yield f"{name}-{number}.rs", block


def comments(file):
    """The comments of a file that are documentation."""
    lines = re.findall(r"^ *//[/!] ?(.*)$", file.read_text(), re.MULTILINE)
    return "\n".join(lines) + "\n"


def main(directory):
    programs = [*manual(), *rust((TOP / "README.md").read_text(), "readme")]
    programs += rust((TOP / "tools/ipn/README.md").read_text(), "crate-readme")
    for file in sorted((TOP / "tools/ipn/src").glob("*.rs")):
        programs += rust(comments(file), f"crate-{file.stem}")
    for name, text in programs:
        (directory / f"example-{name}").write_text(text)


main(pathlib.Path(sys.argv[1]))
