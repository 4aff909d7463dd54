#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks that the manual pages exist which are named, as name(7): ours are in Documentation or made from
the command line of `ipn`, those of the system are listed here by section.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SYSTEM = {
    "1": "dot ls perf unshare",
    "2": """_exit accept accept4 bind capset chmod close connect delete_module dup dup2 epoll_create1
        epoll_wait fchown fcntl finit_module flock fork getpeername getsockname getsockopt ioctl kill
        listen madvise mmap mount mount_setattr mprotect mremap open pidfd_open pipe pipe2 poll prctl
        process_vm_writev ptrace read recv recvmmsg recvmsg select send sendfile sendmmsg sendmsg sendto
        setsockopt shutdown socket socketpair splice stat umask umount2 unlink unshare vmsplice wait
        waitpid write""",
    "3": "cmsg errno",
    "5": "proc_pid_fd proc_pid_status systemd.unit",
    "7": "epoll inotify io_uring packet path_resolution pcap-filter pipe rtnetlink socket unix",
    "8": "bridge modprobe tc",
}
PAGE = re.compile(r"(?<![\w.:\"'])([A-Za-z_][\w.+-]*)\(([1-9])\)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# What takes a number in parentheses in the examples of comments.
CODE = {"Some", "Ok", "Err"}


def ours():
    """The pages of this tree."""
    files = (TOP / "Documentation").glob("*.[1-9]")
    pages = {(file.stem, file.suffix[1:]) for file in files} | {("ipn", "1")}
    command = (TOP / "tools/ipnctl/src/cli.rs").read_text().split("pub enum Command {")[1]
    names = re.findall(r"^    ([A-Z]\w*)[({ ]", command.split("\n}\n")[0], re.M)
    return pages | {("ipn-" + name.lower(), "1") for name in names}


def prose(path):
    """The numbered lines of a file that are for people."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if path.suffix == ".rs":
            comment = line.lstrip().startswith("//")
            yield number, line if comment else " ".join(STRING.findall(line))
        elif re.fullmatch(r"\.[1-9]", path.suffix):
            line = re.sub(r"^\.(?:BR|IR) (\S+) \((\d)\)", r"\1(\2)", line)
            yield number, re.sub(r"\\f[BIRP]", "", line).replace("\\-", "-")
        else:
            yield number, line


def main():
    known = ours()
    for section, names in SYSTEM.items():
        known |= {(name, section) for name in names.split()}
    files = [TOP / "README.md", *(TOP / "Documentation").glob("*.[1-9m]*")]
    for crate in ("ipn", "ipn-netlink", "ipnctl", "ipn-echo", "ipn-python", "libvdeplug_ipn"):
        files += (TOP / "tools" / crate).rglob("*.rs")
    wrong = 0
    for path in sorted(files):
        for number, line in prose(path):
            for name, section in PAGE.findall(line):
                if name not in CODE and (name, section) not in known:
                    print(f"{path.relative_to(TOP)}:{number}: there is no page {name}({section})")
                    wrong += 1
    return 1 if wrong else 0


sys.exit(main())
