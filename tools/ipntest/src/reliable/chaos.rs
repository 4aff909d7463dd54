// SPDX-License-Identifier: GPL-2.0
//! Everything at once on a reliable bus: ports that come and go, and do what they like, while others send.

use super::*;
use crate::lab::bus::networks;
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::mapping::lab::Map;
use crate::sys::bpf::attach;
use crate::sys::poll::poll;
use std::thread;
use std::time::Instant;

cases!["reliable_chaos":
        leaves_nothing_behind @ 60,
        of_those_who_are_evicted_leaves_nothing_behind @ 60,
        of_many_who_keep_a_pace_leaves_nobody_asleep @ 60,
];

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A port that comes, does this and that, whatever the answers, and goes.
fn live(bus: &Bus, manager: &Sock, chance: &mut Chance) {
    let sock = open();
    let begin = [IPN_SO_HISTORY, IPN_SO_SINCE, IPN_SO_OBSERVE][chance.below(3) as usize];
    let _ = sock.set(begin, chance.below(20) as i32);
    if sock.connect(&bus.addr).is_err() {
        return;
    }
    let short = Duration::from_millis(15);
    ok("time-out", sock.set_time_out(libc::SO_SNDTIMEO, short));
    ok("time-out", sock.set_time_out(libc::SO_RCVTIMEO, short));
    let long = vec![7; 40_000];
    let mut maps = Vec::new();
    for _ in 0..chance.below(60) {
        let flags = libc::MSG_NOSIGNAL | if chance.below(4) == 0 { 0 } else { NOW };
        match chance.below(24) {
            0..8 => drop(sock.send(&long[..1 + chance.below(100) as usize], flags)),
            8 | 9 => drop(sock.send(&long[..chance.below(40_000) as usize], flags)),
            10..16 => drop(sock.recvmsg(chance.below(3000) as usize, flags & !libc::MSG_NOSIGNAL)),
            16 => drop(sock.recvmsg(100, NOW | libc::MSG_PEEK)),
            17 => drop(sock.set(IPN_SO_SKIP, i32::MAX)),
            18 => drop(sock.set(IPN_SO_RECORDS, chance.below(3) as i32)),
            19 => drop(manager.set(IPN_SO_CHANGE_NUMNODES, 20 + chance.below(20) as i32)),
            20 => drop(poll(
                &sock,
                libc::POLLIN | libc::POLLOUT,
                chance.below(3) as i32,
            )),
            21 => drop(attach(
                &sock,
                &[(0x30, 0, 0, 0), (0x45, 1, 0, 1), (6, 0, 0, 0), (6, 0, 0, 9)],
            )),
            22 => maps.push(Map::try_of(&sock)),
            _ => match chance.below(8) {
                0 => drop(sock.shutdown(libc::SHUT_RD)),
                1 => drop(sock.set(IPN_SO_SENDER, 1)),
                2 => drop(sock.set(IPN_SO_SEQUENCE, 1)),
                3 => drop(sock.set_generic(libc::SO_DETACH_FILTER, 0)),
                4 => drop(sock.ioctl_int(libc::FIONREAD)),
                5 => drop(sock.getsockopt(LEVEL, IPN_SO_STATISTICS, 96)),
                _ => {}
            },
        }
        if let Some(Ok(map)) = maps.first() {
            map.go_to(chance.below(map.published() + 3));
        }
    }
}

/// Some threads at it, for a while.
#[track_caller]
fn run(flags: i32) {
    let before = networks();
    for round in 0..3 {
        let bus = Bus::named(&round.to_string());
        let options = [
            (IPN_SO_FLAGS, flags | IPN_FLAG_HISTORY),
            (IPN_SO_WINDOW, round * 7),
            (IPN_SO_RATE, [0, 1_000_000, 0][round as usize]),
            (IPN_SO_MTU, 40_000),
            (IPN_SO_NUMNODES, 40),
            (IPN_SO_MSGPOOLSIZE, 3),
        ];
        let manager = create(&bus, &options);
        let end = Instant::now() + Duration::from_secs(2);
        thread::scope(|scope| {
            for seed in 0..6 {
                let (bus, manager) = (&bus, &manager);
                scope.spawn(move || {
                    let mut chance = Chance(seed + 100 * round as u64);
                    while Instant::now() < end {
                        live(bus, manager, &mut chance);
                    }
                });
            }
        });
        if round == 1 {
            ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
        }
    }
    wait_until("the networks are gone", || networks() == before);
}

fn leaves_nothing_behind() {
    run(0);
}

fn of_those_who_are_evicted_leaves_nothing_behind() {
    run(IPN_FLAG_EVICT);
}

fn of_many_who_keep_a_pace_leaves_nobody_asleep() {
    let bus = Bus::new();
    let options = [
        (IPN_SO_WINDOW, 20),
        (IPN_SO_RATE, 100_000),
        (IPN_SO_MTU, 1600),
        (IPN_SO_BYTES, 8000),
    ];
    let _creator = create(&bus, &options);
    let _stopped = join(&bus);
    let end = Instant::now() + Duration::from_secs(4);
    thread::scope(|scope| {
        for number in 0..8 {
            let sock = join(&bus);
            ok(
                "time-out",
                sock.set_time_out(libc::SO_SNDTIMEO, crate::pace::soon()),
            );
            scope.spawn(move || {
                while Instant::now() < end {
                    ok("send", sock.send(&vec![1; 100 + 150 * number], 0));
                }
            });
        }
    });
}
