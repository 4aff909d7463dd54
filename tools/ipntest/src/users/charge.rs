// SPDX-License-Identifier: GPL-2.0
//! Memory is charged to the process that makes the kernel hold it.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases, skip};
use crate::lab::task::{wait_within, Process, OWNER};
use crate::module::parameters::Changed;
use crate::pace;
use crate::switch::lab::load_switch;
use crate::sys::mapping::Area;
use crate::sys::socket::{socket, Sock};
use crate::sys::{mount, process};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

cases!["charge":
    networks_are_charged_to_their_creator,
    cursors_are_charged_to_who_maps_them,
    limit_of_a_control_group_holds,
    tiny_networks_take_what_the_bound_of_a_user_says @ 60,
    networks_with_many_ports_take_what_the_bound_of_a_user_says @ 60,
    small_switches_take_what_the_bound_of_a_user_says @ 60,
    switches_with_many_ports_take_what_the_bound_of_a_user_says @ 60,
    memory_of_a_policy_counts_for_the_bound_of_a_network,
    more_ports_count_for_the_bound_of_a_user,
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

    /// Kills the processes that are left and ends the group.
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
pub fn in_a_group(limit: u64, deed: impl FnOnce(&Group)) -> i32 {
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
        crate::lab::task::wait_until("the charge is gone", || group.used() < before + 2 * MIB);
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
        crate::lab::task::wait_until("the charge is gone", || group.used() < before + MIB / 4);
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

/// What networks may take together: less on a kernel that takes so much longer to make them.
fn bound() -> u64 {
    match pace::factor() {
        1 => 8 * MIB,
        _ => 2 * MIB,
    }
}

/// An ordinary user makes networks of a kind, one port held and mapped where that can be, until the
/// bound of its account: the control group is charged with about as much as that.
fn fills_its_account(bound: u64, protocol: i32, options: &[(i32, i32)], ports: usize) {
    let _bound = Changed::to("af_ipn", "max_user_bytes", &bound.to_string());
    let status = in_a_group(128 * MIB, |group| {
        ok("more descriptors", process::allow_descriptors(20_000));
        OWNER.become_it();
        let price = price_of_a_socket(group);
        let before = group.used();
        let mut made = Vec::new();
        let last = loop {
            let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, protocol));
            for &(option, value) in options {
                ok("option", sock.set(option, value));
            }
            let bus = Bus::named(&made.len().to_string());
            if let Err(error) = sock.bind(&bus.addr) {
                break error;
            }
            let members: Vec<_> = (0..ports).map(|_| full_member(&bus, protocol)).collect();
            made.push((sock, members));
            holds("the bound ends it", made.len() < 4000);
        };
        same("errno", last.raw_os_error(), Some(libc::ENOBUFS));
        // Sockets, who they are for, what a process keeps of a mapping, and files cost some too, which no
        // network is charged with; and so do the red zones of a kernel that checks small pieces of memory.
        let ports = ports as u64;
        let each = (1 + ports) * (price + 384) + ports * 1024 + 6144;
        let besides = made.len() as u64 * each;
        let taken = group.used().saturating_sub(before);
        let what = format!("{} networks take {taken} bytes of {bound}", made.len());
        holds(
            format_args!("{what}, {besides} besides"),
            taken <= bound + bound / 20 + besides + charged_ahead(),
        );
        holds(&what, taken >= bound - bound / 5);
    });
    same("status (9: killed for want of memory)", status, 0);
}

/// What a group may be charged with and not have taken: the kernel charges up to 64 pages at once for each
/// processor (`MEMCG_CHARGE_BATCH`).
fn charged_ahead() -> u64 {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
    processors as u64 * 64 * 4096
}

/// What a socket costs that is no part of a network, on the debug kernel some more.
fn price_of_a_socket(group: &Group) -> u64 {
    // So many that what is charged ahead is little of each.
    let many = bound() / 1024;
    let before = group.used();
    let sockets: Vec<_> = (0..many).map(|_| open()).collect();
    let price = group.used().saturating_sub(before) / many;
    drop(sockets);
    price
}

/// A port with all the memory that it can have.
#[track_caller]
fn full_member(bus: &Bus, protocol: i32) -> (Sock, Option<Area>) {
    let port = ok("socket", socket(AF_IPN, libc::SOCK_RAW, protocol));
    ok("connect", port.connect(&bus.addr));
    let (access, kind) = (libc::PROT_READ, libc::MAP_SHARED);
    let map = Area::map(&port, 4096, access, kind, IPN_MAP_CURSOR);
    let map = (protocol == IPN_BROADCAST).then(|| ok("mmap", map));
    (port, map)
}

fn tiny_networks_take_what_the_bound_of_a_user_says() {
    let tiny = [
        (IPN_SO_MTU, 1),
        (IPN_SO_MSGPOOLSIZE, 1),
        (IPN_SO_NUMNODES, 1),
    ];
    fills_its_account(bound(), IPN_BROADCAST, &tiny, 1);
}

fn networks_with_many_ports_take_what_the_bound_of_a_user_says() {
    let many = [
        (IPN_SO_MTU, 100),
        (IPN_SO_MSGPOOLSIZE, 16),
        (IPN_SO_NUMNODES, 100),
    ];
    fills_its_account(bound(), IPN_BROADCAST, &many, 100);
}

fn small_switches_take_what_the_bound_of_a_user_says() {
    load_switch();
    let small = [(IPN_SO_MSGPOOLSIZE, 4), (IPN_SO_NUMNODES, 1)];
    fills_its_account(bound(), IPN_VDESWITCH, &small, 1);
}

fn switches_with_many_ports_take_what_the_bound_of_a_user_says() {
    load_switch();
    let many = [(IPN_SO_MSGPOOLSIZE, 16), (IPN_SO_NUMNODES, 100)];
    // Each takes some mebibytes.
    fills_its_account(8 * MIB, IPN_VDESWITCH, &many, 100);
}

fn memory_of_a_policy_counts_for_the_bound_of_a_network() {
    load_switch();
    let _bound = Changed::to("af_ipn", "max_network_bytes", "100000");
    OWNER.does(|| {
        let bind = |protocol, name| {
            let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, protocol));
            ok("one port", sock.set(IPN_SO_NUMNODES, 1));
            ok("few messages", sock.set(IPN_SO_MSGPOOLSIZE, 4));
            sock.bind(&Bus::named(name).addr)
        };
        ok("bind of a hub", bind(IPN_BROADCAST, "hub"));
        fails(
            "bind of a switch",
            bind(IPN_VDESWITCH, "switch"),
            libc::ENOBUFS,
        );
        holds("no file was made", !Bus::named("switch").path.exists());
    });
}

fn more_ports_count_for_the_bound_of_a_user() {
    let _bound = Changed::to("af_ipn", "max_user_bytes", "1000000");
    OWNER.does(|| {
        let bus = Bus::new();
        let tiny = [
            (IPN_SO_MTU, 1),
            (IPN_SO_MSGPOOLSIZE, 1),
            (IPN_SO_NUMNODES, 1),
        ];
        let manager = bus.manage_new(&tiny);
        let resized = |ports| manager.set(IPN_SO_CHANGE_NUMNODES, ports);
        fails("4,096 ports", resized(4096), libc::ENOBUFS);
        same("ports", ok("get", manager.get(IPN_SO_CHANGE_NUMNODES)), 1);
        ok("200 ports", resized(200));
        let other = open();
        ok("ports of another", other.set(IPN_SO_NUMNODES, 100));
        fails(
            "bind of another",
            other.bind(&Bus::named("other").addr),
            libc::ENOBUFS,
        );
        ok("one port", resized(1));
        ok("bind of another", other.bind(&Bus::named("other").addr));
    });
}
