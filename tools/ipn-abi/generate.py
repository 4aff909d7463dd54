#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Makes src/NAME.rs of each header NAME.h in include/uapi/linux: generate.py [--check]

bindgen reads them as the C compiler does, for programs of 64 and of 32 bits; what differs stands
there for each. It leaves out the comments of macros, which are added here, and knows but one type
for them: TYPES has those that the system calls take. With --check nothing is written; it fails
where a file is not what its header gives. Runs inside the Debian root (scripts/setup/enter.sh).
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
UAPI = TOP / "include/uapi"

# The types of macros, where they are not u32.
TYPES = {
    "AF_IPN": "u16",
    "IPN_(SO|PORTNO|MTU|NUMNODES|MSGPOOLSIZE|MODE|FLAG|NODEFLAG|OOB)_.*": "core::ffi::c_int",
    "IPN_DESCRLEN": "usize",
    "IPN_MAP_.*|IPN_NOT_WAITING": "u64",
    "IPN_SWITCH_VLAN_(PVID|UNTAGGED)": "u16",
}

HEAD = """\
// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The numbers and structures of `<linux/{header}>`. Made by generate.py: change the header, and run that.

// The names are C's.
#![allow(non_camel_case_types)]

"""


def bindgen(header, target, directory):
    """What bindgen makes of a header for a target: items and statements of one line each."""
    settings = directory / "rustfmt.toml"
    settings.write_text("max_width = 1000\n")
    command = ["bindgen", HERE / "headers.h", "--disable-header-comment", "--use-core"]
    command += ["--rust-target", "1.85", "--rustfmt-configuration-file", settings]
    command += ["--clang-macro-fallback", "--clang-macro-fallback-build-dir", directory]
    command += ["--with-derive-default", "--no-default", "chrdevreq"]
    # The protocol family is the address family, which lib.rs may have from elsewhere.
    command += ["--allowlist-file", header, "--blocklist-item", "PF_IPN"]
    # A comment is none of documentation for clang, unless it is told so.
    command += ["--", "-I", UAPI, f"--target={target}", "-fparse-all-comments"]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    # An array without a length: no helper of bindgen's is needed to say where it begins.
    made = re.sub(r"\A.*?(?=^pub const)", "", made, count=1, flags=re.MULTILINE | re.DOTALL)
    made = re.sub(r"__IncompleteArrayField<(\w+)>", r"[\1; 0]", made)
    made = re.sub(r"^pub type (__u|_bindgen_ty).*\n", "", made, flags=re.MULTILINE)
    return re.sub(r"\b__u(8|16|32|64)\b", r"u\1", made).splitlines()


def comments(header):
    """The comment of each macro: its own, or that of the lines which it is in."""
    found = {}
    group = None
    # A comment of several lines is one.
    for line in re.sub(r"\n\s+(?=\*/)|\n\s+\* ?", " ", header.read_text()).splitlines():
        macro = re.match(r"#define (\w+)\s", line)
        comment = re.search(r"/\*\s*(.*?)\s*\*/$", line)
        if macro:
            found[macro[1]] = comment[1] if comment else group
        elif comment:
            group = comment[1]
        elif not line:
            group = None
    return found


def both(wide, narrow):
    """The lines of 64 bits, and those of 32 bits where they differ."""
    if len(wide) != len(narrow):
        sys.exit("generate.py: structures of 64 and of 32 bits have other members")
    for line, other in zip(wide, narrow):
        if line == other:
            yield line
            continue
        yield '#[cfg(target_pointer_width = "64")]'
        yield line
        # Machines of 32 bits differ in how they align a u64, but no structure of ours does.
        if "Alignment of" not in line:
            yield '#[cfg(target_pointer_width = "32")]'
            yield other


def documented(lines, texts):
    """The lines with the comments of macros, and with the types of TYPES."""
    pending = []
    for line in lines:
        constant = re.match(r"pub const (\w+): (?:\w+|&\[u8; \d+\]) = (.*);", line)
        comment = re.match(r"\s*#\[doc = (.*)\]$", line)
        if comment:
            for text in json.loads(comment[1]).splitlines():
                yield f"///{text}"
        elif line.startswith("#[cfg(target_pointer"):
            pending = [line]
        elif constant:
            name, value = constant.groups()
            kinds = [kind for names, kind in TYPES.items() if re.fullmatch(names, name)]
            if texts.get(name):
                yield from (f"/// {part}" for part in textwrap.wrap(texts[name], 96))
            yield from pending
            kind = f"&[u8; {len(value) - 4}]" if value.startswith('b"') else "u32"
            kind = (kinds or [kind])[0]
            if kind == "u64":
                value = int(value) % 2**64
            yield f"pub const {name}: {kind} = {value};"
            pending = []
        else:
            yield from pending
            yield line
            pending = []


def generate(header):
    """What the file of a header is to hold."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        wide, arm, narrow = (
            bindgen(header, f"{machine}-linux-gnu", directory)
            for machine in ("x86_64", "aarch64", "i686")
        )
        if wide != arm:
            sys.exit("generate.py: the headers differ between machines of 64 bits")
    lines = documented(both(wide, narrow), comments(header))
    text = HEAD.format(header=header.name) + "\n".join(lines) + "\n"
    command = ["rustfmt", "--config-path", TOP / "rustfmt.toml"]
    return subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    status = 0
    for header in sorted(UAPI.glob("linux/*.h")):
        made, text = HERE / "src" / f"{header.stem}.rs", generate(header)
        if sys.argv[1:] != ["--check"]:
            made.write_text(text)
        elif not made.exists() or made.read_text() != text:
            run = f"tools/ipn-abi/generate.py makes it of {header.name}"
            print(f"{made.relative_to(TOP)} is not what the header gives: {run}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
