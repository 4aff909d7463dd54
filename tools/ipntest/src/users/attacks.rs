// SPDX-License-Identifier: GPL-2.0
//! An ordinary user tries to make the kernel hold memory. In a control group of 32 MiB it may be
//! refused, or killed; but what it holds is charged to it, so the system as a whole loses no more,
//! and gets all of it back.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_within, Process, OWNER};
use crate::pace::{patience, volume};
use crate::switch::lab::{load_switch, BROADCAST};
use crate::sys::message::Control;
use crate::sys::process::{self, Fork};
use crate::sys::socket::{socket, socketpair, Addr, Sock};
use crate::sysfs::lab::alone;
use crate::users::charge::Group;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::thread::sleep;
use std::time::Duration;

cases!["attacks":
    many_networks @ 120,
    large_pools @ 120,
    rings_of_many_ports_that_nobody_reads @ 120,
    a_storm_of_processes_with_ports @ 120,
    many_sockets @ 120,
    a_million_addresses @ 120,
    descriptors_in_cycles @ 120,
    senders_that_wait @ 120,
];

const MIB: u64 = 1 << 20;

/// What the attacker is charged with at most.
const LIMIT: u64 = 32 * MIB;

/// What may be missing besides: shadow memory and quarantines of a debug kernel, slabs of others.
/// Each attack asks for many times as much.
const SLACK: u64 = 64 * MIB;

/// Hundreds of processes that end at once, in a group that is full, take their time.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an attack may go on.
const ATTEMPTS: u32 = 20_000;

/// Bytes of memory that nobody uses.
#[track_caller]
fn free_memory() -> u64 {
    let text = ok("/proc/meminfo", fs::read_to_string("/proc/meminfo"));
    let line = text.lines().find_map(|line| line.strip_prefix("MemFree:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    1024 * number.expect("MemFree in /proc/meminfo")
}

/// Lets an ordinary user do its worst, and watches what the system loses meanwhile and afterwards.
/// The deed holds what it has got until it returns what must be kept.
#[track_caller]
fn withstands<T>(deed: impl FnOnce() -> T) {
    ok("more descriptors", process::allow_descriptors(100_000));
    let group = Group::new(LIMIT);
    alone();
    let before = free_memory();
    let mut least = before;
    let attacker = Process::start(|line| {
        group.enter();
        OWNER.become_it();
        let held = deed();
        line.tell(0);
        line.hear();
        drop(held);
    });
    // It says that it has done its worst, or it has been killed.
    let mut said = false;
    let mut ended = false;
    while !said && !ended {
        ended = ok("waitid", process::has_ended(attacker.pid));
        said = attacker.line.has_said();
        least = least.min(free_memory());
        sleep(patience(Duration::from_millis(5)));
    }
    let charged = group.used();
    least = least.min(free_memory());
    let lost = before.saturating_sub(least);
    holds(
        format_args!("{charged} bytes charged are at most {LIMIT}"),
        charged <= LIMIT,
    );
    holds(
        format_args!("of {before} bytes {lost} were lost at most"),
        lost <= LIMIT + SLACK,
    );
    if ended {
        attacker.was_killed();
    } else {
        attacker.kill();
    }
    group.kill_all();
    wait_within(PATIENCE, "all networks are gone", || networks() == 0);
    wait_within(PATIENCE, "the memory is back", || {
        free_memory() + SLACK > before
    });
}

/// Repeats until something is refused; what it got.
fn as_many_as_possible<T>(mut get: impl FnMut(u32) -> io::Result<T>) -> Vec<T> {
    let attempts = volume(ATTEMPTS, "attempts");
    (0..attempts).map_while(|number| get(number).ok()).collect()
}

fn new_socket(protocol: i32) -> io::Result<Sock> {
    socket(AF_IPN, libc::SOCK_RAW, protocol)
}

/// A network with these options, and a port.
fn network(number: u32, protocol: i32, options: &[(i32, i32)]) -> io::Result<Sock> {
    let sock = new_socket(protocol)?;
    for &(option, value) in options {
        sock.set(option, value)?;
    }
    sock.bind(&Bus::named(&number.to_string()).addr)?;
    sock.connect(&Addr::null(0))?;
    Ok(sock)
}

fn many_networks() {
    withstands(|| as_many_as_possible(|number| network(number, IPN_BROADCAST, &[])));
}

fn large_pools() {
    let large = [(IPN_SO_MTU, 65535), (IPN_SO_MSGPOOLSIZE, 1000)];
    withstands(|| as_many_as_possible(|number| network(number, IPN_BROADCAST, &large)));
}

fn rings_of_many_ports_that_nobody_reads() {
    load_switch();
    withstands(|| {
        let shape = [(IPN_SO_NUMNODES, 128), (IPN_SO_MSGPOOLSIZE, 256)];
        let creator = ok("a switch", network(0, IPN_VDESWITCH, &shape));
        let address = Bus::named("0").addr;
        let ports = as_many_as_possible(|_| {
            let sock = new_socket(IPN_ANY)?;
            sock.connect(&address).map(|()| sock)
        });
        for _ in 0..1000 {
            let frame = [&BROADCAST[..], &[0; 1500]].concat();
            let _ = creator.send(&frame, NOW);
        }
        (creator, ports)
    });
}

fn a_storm_of_processes_with_ports() {
    withstands(|| {
        let creator = ok(
            "a hub",
            network(0, IPN_BROADCAST, &[(IPN_SO_NUMNODES, 4096)]),
        );
        let address = Bus::named("0").addr;
        for _ in 0..volume(100, "processes") {
            match process::fork() {
                Ok(Fork::Child) => {
                    let port = || {
                        let sock = new_socket(IPN_ANY)?;
                        sock.connect(&address).map(|()| sock)
                    };
                    let _ports: Vec<io::Result<Sock>> = (0..40).map(|_| port()).collect();
                    sleep(Duration::from_secs(3600));
                    process::exit_now(0)
                }
                Ok(Fork::Parent(_)) => (),
                Err(_) => break,
            }
        }
        creator
    });
}

fn many_sockets() {
    withstands(|| {
        for _ in 0..4 {
            if let Ok(Fork::Child) = process::fork() {
                let _sockets = as_many_as_possible(|_| new_socket(IPN_BROADCAST));
                sleep(Duration::from_secs(3600));
            }
        }
        as_many_as_possible(|_| new_socket(IPN_BROADCAST))
    });
}

fn a_million_addresses() {
    load_switch();
    withstands(|| {
        let creator = ok("a switch", network(0, IPN_VDESWITCH, &[]));
        let other = ok("socket", new_socket(IPN_ANY));
        ok("shutdown", other.shutdown(libc::SHUT_RD));
        ok("connect", other.connect(&Bus::named("0").addr));
        let mut frames = vec![[&BROADCAST[..], &[0; 50]].concat(); 1000];
        for round in 0..volume(1000, "thousand addresses") {
            for (number, frame) in frames.iter_mut().enumerate() {
                let address = 1000 * round + number as u32;
                frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 0]);
                frame[8..12].copy_from_slice(&address.to_be_bytes());
            }
            let batch: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
            same(
                "frames sent",
                ok("sendmmsg", other.sendmmsg(&batch, NOW)),
                1000,
            );
        }
        (creator, other)
    });
}

/// A port goes over a line whose far end goes over the line itself: only the kernel's collector
/// finds them again.
fn descriptors_in_cycles() {
    withstands(|| {
        for number in 0..volume(500, "cycles") {
            let Ok(port) = network(number, IPN_BROADCAST, &[(IPN_SO_MSGPOOLSIZE, 16)]) else {
                break;
            };
            let Ok((one, two)) = socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0) else {
                break;
            };
            for passed in [port.as_raw_fd(), two.as_raw_fd()] {
                let _ = one.sendmsg(&[b"x"], &[Control::rights(passed)], None, NOW);
            }
        }
    });
}

/// Each holds a message outside the ring while it waits for room.
fn senders_that_wait() {
    withstands(|| {
        let shape = [
            (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS),
            (IPN_SO_MSGPOOLSIZE, 1),
            (IPN_SO_MTU, 65535),
            (IPN_SO_NUMNODES, 4096),
        ];
        let creator = ok("a hub", network(0, IPN_BROADCAST, &shape));
        let address = Bus::named("0").addr;
        let mut ports = Vec::new();
        for _ in 0..volume(300, "senders") {
            let Ok(port) = new_socket(IPN_ANY) else { break };
            if port.connect(&address).is_err() {
                break;
            }
            match process::fork() {
                Ok(Fork::Child) => {
                    // Memory that was never touched is not there while the network is locked.
                    let fresh = crate::sys::memory::Pages::fresh(17);
                    if let Ok(fresh) = fresh {
                        let _ = port.send_at(fresh.address(0), 65535, 0);
                        let _ = port.send_at(fresh.address(0), 65535, 0);
                    }
                    process::exit_now(0)
                }
                Ok(Fork::Parent(_)) => ports.push(port),
                Err(_) => break,
            }
        }
        (creator, ports)
    });
}
