// SPDX-License-Identifier: GPL-2.0
//! Frames that are much for all of their ports together, which get them in turns.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::switch::lab::*;
use crate::sys::socket::Sock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

cases!["switch_floods":
    large_frames_reach_all_ports_whole_and_in_order @ 60,
    lossless_floods_of_two_senders_lose_nothing @ 120,
    short_frame_fits_beside_a_flood @ 60,
    others_have_the_lock_between_the_copies @ 120,
];

const LARGE: usize = 65_535;

/// A switch for large frames.
#[track_caller]
fn lab(pool: i32, flags: i32) -> Lab {
    Lab::with(&[
        (IPN_SO_MTU, LARGE as i32),
        (IPN_SO_NUMNODES, 256),
        (IPN_SO_MSGPOOLSIZE, pool),
        (IPN_SO_FLAGS, flags),
    ])
}

/// A frame to all ports that is like no other.
fn large(from: u8, number: u8) -> Vec<u8> {
    let mut bytes = frame(BROADCAST, mac(from), "");
    bytes.push(number);
    bytes.resize(LARGE, from ^ number);
    bytes
}

/// The sender of a frame, and its number, if it is whole.
#[track_caller]
fn told(bytes: &[u8]) -> (u8, u8) {
    same("length", bytes.len(), LARGE);
    let (from, number) = (bytes[11], bytes[14]);
    holds("it is whole", bytes == large(from, number));
    (from, number)
}

#[track_caller]
fn receive(port: &Sock, flags: i32) -> Vec<u8> {
    let mut buffer = vec![0; LARGE];
    let len = ok("recv", port.recv(&mut buffer, flags));
    buffer.truncate(len);
    buffer
}

fn large_frames_reach_all_ports_whole_and_in_order() {
    let lab = lab(4, 0);
    let sender = lab.port(0);
    let ports: Vec<Sock> = (1..=40).map(|number| lab.port(number)).collect();
    for number in 0..4 {
        say(&sender, &large(1, number));
    }
    for port in &ports {
        for number in 0..4 {
            same("frame", told(&receive(port, NOW)), (1, number));
        }
        hear_nothing(port);
    }
    hear_nothing(&sender);
}

fn lossless_floods_of_two_senders_lose_nothing() {
    const FRAMES: u8 = 5;
    let lab = lab(1, IPN_FLAG_LOSSLESS);
    let senders: Vec<_> = (1..=2_u8)
        .map(|from| {
            let port = lab.port(from.into());
            ok("SHUT_RD", port.shutdown(libc::SHUT_RD));
            (from, port)
        })
        .collect();
    let ports: Vec<Sock> = (3..33).map(|number| lab.port(number)).collect();
    let senders: Vec<_> = senders
        .into_iter()
        .map(|(from, port)| {
            thread::spawn(move || {
                for number in 0..FRAMES {
                    ok("send", port.send(&large(from, number), 0));
                }
            })
        })
        .collect();
    let mut next = vec![[0_u8; 3]; ports.len()];
    for _ in 0..2 * FRAMES {
        for (port, next) in ports.iter().zip(&mut next) {
            let (from, number) = told(&receive(port, 0));
            let next = &mut next[usize::from(from)];
            same("number of the frame", number, *next);
            *next += 1;
        }
    }
    for sender in senders {
        sender.join().expect("the sender ends well");
    }
    ports.iter().for_each(hear_nothing);
}

/// A port that has a place for a flood promised has none for another frame, and tells when it has.
fn short_frame_fits_beside_a_flood() {
    let lab = lab(2, IPN_FLAG_LOSSLESS);
    let (flooder, other) = (lab.port(0), lab.port(1));
    for port in [&flooder, &other] {
        ok("SHUT_RD", port.shutdown(libc::SHUT_RD));
    }
    let ports: Vec<Sock> = (2..32).map(|number| lab.port(number)).collect();
    let floods = thread::spawn(move || {
        for number in 0..8 {
            ok("send", flooder.send(&large(1, number), 0));
        }
    });
    let shorts = thread::spawn(move || {
        for _ in 0..20 {
            ok("send", other.send(&frame(BROADCAST, mac(9), "short"), 0));
        }
    });
    let mut counts = vec![(0, 0); ports.len()];
    for _ in 0..28 {
        for (port, (floods, shorts)) in ports.iter().zip(&mut counts) {
            let bytes = receive(port, 0);
            if bytes.len() == LARGE {
                same("number of the flood", told(&bytes), (1, *floods));
                *floods += 1;
            } else {
                *shorts += 1;
            }
        }
    }
    holds("each has all", counts.iter().all(|count| *count == (8, 20)));
    floods.join().expect("the floods end well");
    shorts.join().expect("the short frames end well");
}

/// While the first port has a flood and the last one has not, a call that needs the network's lock gets it.
fn others_have_the_lock_between_the_copies() {
    let lab = lab(1, 0);
    let sender = lab.port(0);
    let ports: Vec<Sock> = (1..=200).map(|number| lab.port(number)).collect();
    let (first, last) = (&ports[0], &ports[ports.len() - 1]);
    let has_one = |port: &Sock| ok("FIONREAD", port.ioctl_int(libc::FIONREAD)) != 0;
    let seen = (0..50).any(|number| {
        let sent = AtomicBool::new(false);
        let seen = thread::scope(|threads| {
            threads.spawn(|| {
                say(&sender, &large(1, number));
                sent.store(true, Ordering::Release);
            });
            while !has_one(first) && !sent.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            // It takes the lock.
            ok("NUMNODES", lab.manager.get(IPN_SO_NUMNODES));
            !has_one(last)
        });
        [first, last].map(|port| receive(port, NOW));
        seen
    });
    holds("it was seen at least once", seen);
}
