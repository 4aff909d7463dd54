// SPDX-License-Identifier: GPL-2.0
//! What a device sends that is much for all of its ports together: they get it in turns, too.

use crate::abi::*;
use crate::device::lab::{self, *};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::switch::lab::Lab;
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

cases!["device_floods":
    of_a_tap_come_whole_and_in_order @ 60,
    of_a_tap_on_a_lossless_network_lose_nothing @ 120,
    of_a_tap_leave_the_lock_to_others @ 120,
    of_a_grabbed_device_are_delivered_or_counted @ 120,
    that_wait_hold_up_no_sender @ 60,
    that_wait_end_with_the_device @ 60,
    that_wait_end_with_the_network @ 60,
];

const LARGE: usize = 65_535;
const PORTS: u32 = 40;

/// A switch for large frames, with ports 1 to [`PORTS`].
#[track_caller]
fn lab(pool: i32, flags: i32) -> (Lab, Vec<Sock>) {
    own_network();
    let lab = Lab::with(&[
        (IPN_SO_MTU, LARGE as i32),
        (IPN_SO_NUMNODES, 256),
        (IPN_SO_MSGPOOLSIZE, pool),
        (IPN_SO_FLAGS, flags),
    ]);
    let ports = (1..=PORTS).map(|number| lab.port(number)).collect();
    (lab, ports)
}

#[track_caller]
fn large_tap(lab: &Lab) -> Sock {
    tap_up(&lab.manager, "lan0");
    ip(&format!("link set lan0 mtu {}", LARGE - 14));
    listener("lan0")
}

/// The number of a frame that came, and its length.
#[track_caller]
fn receive(port: &Sock, flags: i32) -> (u32, usize) {
    let mut buffer = vec![0; LARGE];
    let len = ok("recv", port.recv(&mut buffer, flags));
    let got = &buffer[..len];
    let number = number_in(got);
    holds("it is whole", got == frame(number, len));
    (number, len)
}

#[track_caller]
fn send(host: &Sock, number: u32, len: usize) {
    ok("send of the host", host.send(&frame(number, len), 0));
}

fn of_a_tap_come_whole_and_in_order() {
    let (lab, ports) = lab(16, 0);
    let host = large_tap(&lab);
    // A short one is no flood, and does not overtake.
    let len = |number: u32| if number % 2 == 0 { LARGE } else { 60 };
    for number in 0..8 {
        send(&host, number, len(number));
    }
    for port in &ports {
        for number in 0..8 {
            same("frame", receive(port, 0), (number, len(number)));
        }
        hear_nothing(port);
    }
    same("sent", counters("lan0").tx_dropped, 0);
}

/// More than may wait: the tap waits itself.
fn of_a_tap_on_a_lossless_network_lose_nothing() {
    const FRAMES: u32 = 100;
    let (lab, ports) = lab(1, IPN_FLAG_LOSSLESS);
    let host = large_tap(&lab);
    queues_patiently("lan0");
    let sender = thread::spawn(move || {
        for number in 0..FRAMES {
            send(&host, number, 30_000);
        }
    });
    for number in 0..FRAMES {
        for port in &ports {
            same("frame", receive(port, 0), (number, 30_000));
        }
    }
    sender.join().expect("the sender ends well");
    ports.iter().for_each(hear_nothing);
    same("dropped", counters("lan0").tx_dropped, 0);
}

/// While the first port has a flood and the last one has not, a call that needs the network's lock gets it.
fn of_a_tap_leave_the_lock_to_others() {
    let (lab, mut ports) = lab(1, 0);
    ports.extend((PORTS + 1..=200).map(|number| lab.port(number)));
    let host = large_tap(&lab);
    let (first, last) = (&ports[0], &ports[ports.len() - 1]);
    let has_one = |port: &Sock| ok("FIONREAD", port.ioctl_int(libc::FIONREAD)) != 0;
    let seen = (0..50).any(|number| {
        let sent = AtomicBool::new(false);
        let seen = thread::scope(|threads| {
            threads.spawn(|| {
                send(&host, number, LARGE);
                // All have it before the next one.
                wait_until("the last port has it", || has_one(last));
                sent.store(true, Ordering::Release);
            });
            while !has_one(first) && !sent.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            // It takes the lock.
            ok("NUMNODES", lab.manager.get(IPN_SO_NUMNODES));
            !has_one(last)
        });
        [first, last].map(|port| receive(port, 0));
        seen
    });
    holds("it was seen at least once", seen);
}

/// What finds no room on a lossless network waits; what finds no place among those is dropped and counted.
fn of_a_grabbed_device_are_delivered_or_counted() {
    const FRAMES: u64 = 150;
    const LEN: usize = 29_000;
    let (lab, ports) = lab(2, IPN_FLAG_LOSSLESS);
    let ends = veth();
    for end in ends {
        ip(&format!("link set {end} mtu 30000"));
    }
    ok("a grab", grab(&lab.manager, ends[0]));
    let before = counters(ends[0]).rx_dropped;
    let host = listener(ends[1]);
    for number in 0..FRAMES {
        send(&host, number as u32, LEN);
    }
    let mut came = 0;
    let mut last = None;
    while let Some(got) = lab::next(&ports[0], PROTOCOL, 200) {
        let number = number_in(&got);
        holds("it is whole", got == frame(number, LEN));
        holds("the order is kept", last < Some(number));
        for port in &ports[1..] {
            same("frame at another port", receive(port, 0), (number, LEN));
        }
        last = Some(number);
        came += 1;
    }
    holds("some had to wait", came > 2);
    let dropped = counters(ends[0]).rx_dropped - before;
    holds("for some there was no place", dropped > 0);
    same("came and dropped", came + dropped, FRAMES);
}

/// What waits is the network's, and no more in the room (`SO_SNDBUF`) of who has sent it.
fn that_wait_hold_up_no_sender() {
    const SHORT: u32 = 20;
    let (lab, ports) = lab(1, IPN_FLAG_LOSSLESS);
    let host = large_tap(&lab);
    (0..2).for_each(|number| send(&host, number, LARGE));
    let sender = wire("lan0");
    ok("SO_SNDBUF", sender.set_generic(libc::SO_SNDBUF, 4608));
    for number in 2..2 + SHORT {
        ok("send of the host", sender.send(&frame(number, 60), NOW));
    }
    for number in 0..2 + SHORT {
        let len = if number < 2 { LARGE } else { 60 };
        for port in &ports {
            same("frame", receive(port, 0), (number, len));
        }
    }
}

/// A lossless network with a tap whose floods wait, as nobody takes the first one, which all have.
#[track_caller]
fn stuck() -> (Lab, Vec<Sock>, Sock) {
    let (lab, ports) = lab(1, IPN_FLAG_LOSSLESS);
    let host = large_tap(&lab);
    for number in 0..4 {
        send(&host, number, LARGE);
    }
    for port in &ports {
        same("frame", receive(port, libc::MSG_PEEK), (0, LARGE));
    }
    (lab, ports, host)
}

fn that_wait_end_with_the_device() {
    let (lab, ports, _host) = stuck();
    ip("link del lan0");
    // What was delivered stays; whether the first one behind that was on its way is open.
    for port in &ports {
        same("frame", receive(port, 0), (0, LARGE));
    }
    wait_until("its port is free", || value(&lab.bus, "taken") == "1-40");
}

fn that_wait_end_with_the_network() {
    let (lab, ports, _host) = stuck();
    ok("IPN_TERMINATE", lab.manager.ioctl(IPN_TERMINATE));
    wait_until("they are counted", || counters("lan0").tx_dropped != 0);
    for port in &ports {
        same("frame", receive(port, 0), (0, LARGE));
    }
}
