// SPDX-License-Identifier: GPL-2.0
//! Memory is charged to whoever makes the kernel hold it.

use crate::abi::*;
use crate::bus::*;
use crate::check::{holds, ok, same};
use crate::runner::{self, cases, skip};
use crate::sys::mapping::Area;
use crate::sys::{mount, process};
use crate::task::{wait_within, Process};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

cases!["charge":
    networks_are_charged_to_their_creator,
    cursors_are_charged_to_who_maps_them,
    limit_of_a_control_group_holds,
];

const MIB: u64 = 1 << 20;

/// A network whose ring takes a little over 8 MiB.
const EIGHT_MIB: [(i32, i32); 2] = [(IPN_SO_MTU, 8176), (IPN_SO_MSGPOOLSIZE, 1024)];

/// A control group whose processes have so much memory together.
pub struct Group(PathBuf);

impl Group {
    /// In a mount namespace of this process's own.
    #[track_caller]
    pub fn new(limit: u64) -> Group {
        let mnt = runner::directory().join("cgroup");
        ok("mkdir", fs::create_dir(&mnt));
        ok("own mount namespace", mount::own_namespace());
        if mount::mount("none", &mnt, "cgroup2", 0).is_err() {
            skip("this kernel has no cgroup2");
        }
        if fs::write(mnt.join("cgroup.subtree_control"), "+memory").is_err() {
            skip("the memory controller is not available in cgroup2");
        }
        let group = Group(mnt.join(format!("ipntest{}", process::process_id())));
        ok("mkdir of the group", fs::create_dir(&group.0));
        let most = fs::write(group.0.join("memory.max"), limit.to_string());
        ok("memory.max", most);
        group
    }

    /// This process joins.
    #[track_caller]
    pub fn enter(&self) {
        let entered = fs::write(self.0.join("cgroup.procs"), "0");
        ok("joining the group", entered);
    }

    /// Bytes that it is charged with.
    #[track_caller]
    pub fn used(&self) -> u64 {
        let text = fs::read_to_string(self.0.join("memory.current"));
        ok("memory.current", text).trim().parse().expect("a number")
    }

    /// Kills whoever is left and ends the group.
    #[track_caller]
    pub fn kill_all(self) {
        ok("cgroup.kill", fs::write(self.0.join("cgroup.kill"), "1"));
        let patience = Duration::from_secs(30);
        wait_within(patience, "the group is empty", || {
            fs::remove_dir(&self.0).is_ok()
        });
    }
}

/// Does something in a memory control group with this limit: the status, 9 if it was killed.
fn in_a_group(limit: u64, deed: impl FnOnce(&Group)) -> i32 {
    let group = Group::new(limit);
    let inner = Process::start(|_| {
        group.enter();
        deed(&group);
    });
    let (_, status) = ok("waitpid", process::wait(inner.pid, 0));
    group.kill_all();
    if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL {
        return 9;
    }
    match libc::WEXITSTATUS(status) {
        fault @ (1 | 4) => process::exit_now(fault),
        other => other,
    }
}

fn networks_are_charged_to_their_creator() {
    in_a_group(64 * MIB, |group| {
        let before = group.used();
        let network = Bus::new().create_with(&EIGHT_MIB);
        let with_it = group.used();
        holds(
            format_args!("{before} and 8 MiB are charged ({with_it})"),
            with_it >= before + 7 * MIB,
        );
        ok("close", network.close());
        crate::task::wait_until("the charge is gone", || group.used() < before + 2 * MIB);
    });
}

fn cursors_are_charged_to_who_maps_them() {
    in_a_group(64 * MIB, |group| {
        let bus = Bus::new();
        let _manager = bus.manage_new(&[(IPN_SO_NUMNODES, 512)]);
        let ports: Vec<_> = (0..512).map(|_| bus.join()).collect();
        let before = group.used();
        let map = |port| {
            Area::map(
                port,
                4096,
                libc::PROT_READ,
                libc::MAP_SHARED,
                IPN_MAP_CURSOR,
            )
        };
        let maps: Vec<_> = ports.iter().map(|port| ok("mmap", map(port))).collect();
        let with_them = group.used();
        holds(
            format_args!("{before} and 2 MiB are charged ({with_them})"),
            with_them >= before + MIB,
        );
        drop((maps, ports));
        crate::task::wait_until("the charge is gone", || group.used() < before + MIB / 4);
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
            holds("the limit holds", group.used() <= 32 * MIB);
        }
        holds(
            format_args!("{} networks fit", networks.len()),
            networks.len() < 5,
        );
    });
    same("status (9: killed for want of memory)", status, 0);
}
