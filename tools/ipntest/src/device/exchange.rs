// SPDX-License-Identifier: GPL-2.0
//! A hundred thousand frames through switches, taps and grabbed devices on lossless networks: none is
//! lost.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::lossless;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::{program, succeeds};
use crate::lab::runner::cases;
use crate::lab::task::User;
use crate::pace::volume;
use crate::switch::lab::{mac, Lab};
use crate::sys::poll::poll;
use crate::sys::socket::{socket, Sock};
use std::thread;

cases!["device_exchange":
    there_and_back_through_everything @ 240,
    tap_makes_its_host_wait @ 240,
];

/// The one who runs the tests.
const ROOT: User = User { id: 0, groups: &[] };
/// Frames that a call sends or receives.
const BATCH: usize = 64;
/// Room for one.
const LEN: usize = 60;

/// A frame between two stations, with a number in it.
fn letter(from: u8, to: u8, number: u32) -> [u8; LEN] {
    let mut letter = [0; LEN];
    letter[..6].copy_from_slice(&mac(to));
    letter[6..12].copy_from_slice(&mac(from));
    letter[12..14].copy_from_slice(&PROTOCOL.to_be_bytes());
    letter[14..18].copy_from_slice(&number.to_ne_bytes());
    letter
}

/// Sends numbered frames, waiting where the network wants it.
#[track_caller]
fn send_all(sock: &Sock, from: u8, to: u8, numbers: impl Iterator<Item = u32>) {
    let letters: Vec<_> = numbers.map(|number| letter(from, to, number)).collect();
    let mut left: Vec<&[u8]> = letters.iter().map(|letter| &letter[..]).collect();
    while !left.is_empty() {
        let sent = ok("sendmmsg", sock.sendmmsg(&left[..left.len().min(BATCH)], 0));
        left.drain(..sent);
    }
}

/// The numbers of the next frames, one at least.
#[track_caller]
fn receive_some(sock: &Sock, so_far: u32) -> Vec<u32> {
    let ready = ok("poll", poll(sock, libc::POLLIN, 15_000)) & libc::POLLIN != 0;
    assert!(ready, "after {so_far} frames no more comes");
    let got = sock.recvmmsg(BATCH, LEN, libc::MSG_DONTWAIT, None);
    let frames = ok("recvmmsg", got).into_iter();
    frames.map(|frame| number_in(&frame.data)).collect()
}

/// Receives frames with all these numbers, in order; does something after each batch.
#[track_caller]
fn receive_all(sock: &Sock, count: u32, mut after: impl FnMut(&[u32])) {
    let mut expected = 0;
    while expected < count {
        let numbers = receive_some(sock, expected);
        for number in &numbers {
            same("number of a frame", *number, expected);
            expected += 1;
        }
        after(&numbers);
    }
}

/// Nothing was dropped at these devices.
#[track_caller]
fn nothing_dropped(devices: &[&str]) {
    for device in devices {
        let seen = counters(device);
        let dropped = (seen.rx_dropped, seen.tx_dropped);
        same(format_args!("dropped at {device}"), dropped, (0, 0));
    }
}

/// The host, on a tap of one switch, writes to a process on another, which answers; the switches are
/// connected by a wire whose ends both are grabbed. A wire cannot wait, so the host has no more letters
/// under way than the networks have room for.
fn there_and_back_through_everything() {
    const UNDER_WAY: u32 = 128;
    let letters = volume(50_000, "letters");
    own_network();
    let near = Lab::with(&lossless(256));
    let far = Lab::named("far", IPN_VDESWITCH, &lossless(256));
    let ends = veth();
    for end in ends {
        // Otherwise each processor has a queue of its own, and frames overtake others on the wire: a veth
        // keeps to GRO's one only for what it need not cut in pieces.
        let gro = program("ethtool", ROOT, &["-K", end, "gro", "on", "tso", "off"]);
        succeeds(gro, b"");
    }
    let taker = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind", taker.bind(&near.bus.addr));
    for (taker, end) in [&taker, &far.manager].into_iter().zip(ends) {
        ok("a grab", grab(taker, end));
    }
    tap_up(&near.manager, "ipn0");
    plain_queue("ipn0");
    let host = listener("ipn0");
    let port = far.port(7);

    let process = thread::spawn(move || {
        receive_all(&port, letters, |numbers| {
            send_all(&port, 2, 1, numbers.iter().copied());
        });
    });
    let mut sent = UNDER_WAY;
    send_all(&host, 1, 2, 0..sent);
    receive_all(&host, letters, |answers| {
        let next = (sent + answers.len() as u32).min(letters);
        send_all(&host, 1, 2, sent..next);
        sent = next;
    });
    process.join().expect("the process ends well");
    nothing_dropped(&["ipn0", ends[0], ends[1]]);
    counts("sent", "ipn0", |c| c.tx, letters.into());
    counts("received", "ipn0", |c| c.rx, letters.into());
}

/// The host sends as fast as it can, and has to wait for a process that reads.
fn tap_makes_its_host_wait() {
    let letters = volume(100_000, "letters");
    own_network();
    let lab = Lab::with(&lossless(16));
    tap_up(&lab.manager, "ipn0");
    plain_queue("ipn0");
    let host = listener("ipn0");
    let port = lab.port(7);
    let sender = thread::spawn(move || send_all(&host, 1, 2, 0..letters));
    receive_all(&port, letters, |_| {});
    holds("the sender is done", sender.join().is_ok());
    nothing_dropped(&["ipn0"]);
    counts("sent", "ipn0", |c| c.tx, letters.into());
}
