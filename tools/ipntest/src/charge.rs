// SPDX-License-Identifier: GPL-2.0
//! Memory is charged to whoever makes the kernel hold it.

use crate::abi::*;
use crate::bus::*;
use crate::check::{holds, ok, same};
use crate::runner::{self, cases, skip};
use crate::sys::{mount, process};
use crate::task::Process;
use std::fs;
use std::path::Path;

cases!["charge":
    networks_are_charged_to_their_creator,
    limit_of_a_control_group_holds,
];

const MIB: u64 = 1 << 20;

/// A network whose ring takes a little over 8 MiB.
const EIGHT_MIB: [(i32, i32); 2] = [(IPN_SO_MTU, 8176), (IPN_SO_MSGPOOLSIZE, 1024)];

/// Does something in a memory control group with this limit; `deed` gets the group's directory.
fn in_a_group(limit: u64, deed: impl FnOnce(&Path)) -> i32 {
    let mnt = runner::directory().join("cgroup");
    ok("mkdir", fs::create_dir(&mnt));
    let worker = Process::start(|_| {
        ok("own mount namespace", mount::own_namespace());
        if mount::mount("none", &mnt, "cgroup2", 0).is_err() {
            skip("this kernel has no cgroup2");
        }
        if fs::write(mnt.join("cgroup.subtree_control"), "+memory").is_err() {
            skip("the memory controller is not available in cgroup2");
        }
        let group = mnt.join(format!("ipntest{}", process::process_id()));
        ok("mkdir of the group", fs::create_dir(&group));
        ok(
            "memory.max",
            fs::write(group.join("memory.max"), limit.to_string()),
        );
        let inner = Process::start(|_| {
            ok(
                "joining the group",
                fs::write(group.join("cgroup.procs"), "0"),
            );
            deed(&group);
        });
        let (_, status) = ok("waitpid", process::wait(inner.pid, 0));
        crate::task::wait_until("the group is empty", || fs::remove_dir(&group).is_ok());
        let killed = libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL;
        process::exit_now(if killed { 9 } else { libc::WEXITSTATUS(status) });
    });
    let (_, status) = ok("waitpid", process::wait(worker.pid, 0));
    match libc::WEXITSTATUS(status) {
        fault @ (1 | 4) => process::exit_now(fault),
        other => other,
    }
}

fn used(group: &Path) -> u64 {
    let text = ok(
        "memory.current",
        fs::read_to_string(group.join("memory.current")),
    );
    text.trim().parse().expect("a number")
}

fn networks_are_charged_to_their_creator() {
    in_a_group(64 * MIB, |group| {
        let before = used(group);
        let network = Bus::new().create_with(&EIGHT_MIB);
        let with_it = used(group);
        holds(
            format_args!("{before} and 8 MiB are charged ({with_it})"),
            with_it >= before + 7 * MIB,
        );
        ok("close", network.close());
        crate::task::wait_until("the charge is gone", || used(group) < before + 2 * MIB);
    });
}

fn limit_of_a_control_group_holds() {
    // 32 MiB do not hold five networks of 8 MiB: one is refused, and nobody is killed for it.
    let status = in_a_group(32 * MIB, |group| {
        let mut networks = Vec::new();
        for number in 0..5 {
            let sock = open();
            for (option, value) in EIGHT_MIB {
                ok("option", sock.set(option, value));
            }
            match sock.bind(&Bus::named(&number.to_string()).addr) {
                Ok(()) => networks.push(sock),
                Err(error) => {
                    let errno = error.raw_os_error();
                    let fits = [Some(libc::ENOMEM), Some(libc::ENOBUFS)].contains(&errno);
                    holds(format_args!("bind over the limit says {error}"), fits);
                    break;
                }
            }
            holds("the limit holds", used(group) <= 32 * MIB);
        }
        holds(
            format_args!("{} networks fit", networks.len()),
            networks.len() < 5,
        );
    });
    same("status (9: killed for want of memory)", status, 0);
}
