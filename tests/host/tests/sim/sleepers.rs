// SPDX-License-Identifier: GPL-2.0

//! Calls that sleep or go through much: what they leave to others when they end, what a signal changes, and what
//! they find when a writer is faster.

use crate::{
    abi::{record::HEADER, statistics::NOT_WAITING, uapi::*},
    caller::{alone, Answer, Socket},
    chaos,
    rust::{
        net::{
            family::Family,
            message::{Flags, Got, Incoming, Outgoing},
            socket::Sock,
        },
        task::{current as task, workers},
    },
    socket::Endpoint,
    world::IPN_TERMINATE,
};
use shuttle::thread;

/// `EINTR`, and the kernel's `ERESTARTSYS`: the call is made once more.
const INTR: i32 = 4;
const RESTARTSYS: i32 = 512;

/// Two ports of a hub with so many messages of up to 16 bytes, the first a manager's.
fn pair(flags: u32, pool: i32) -> (Socket, Socket) {
    let options = [
        (IPN_SO_MTU, 16),
        (IPN_SO_MSGPOOLSIZE, pool),
        (IPN_SO_FLAGS, flags as i32),
    ];
    let manager = Socket::made("/net", IPN_BROADCAST, &options);
    manager.connect("").unwrap();
    (manager, Socket::joined("/net"))
}

/// `recv(2)`, which waits unless told otherwise.
fn receive(sock: &Sock<Endpoint>, flags: u32) -> Answer<Vec<u8>> {
    let mut got = Got::default();
    let place = Incoming::new(&mut got, 64, flags);
    match task::call(|| Endpoint::receive(sock, place)) {
        Ok(_) => Ok(got.bytes),
        Err(error) => Err(-error.to_errno()),
    }
}

/// A thread that sends a short message, and waits for room.
fn sends(sock: &Socket) -> thread::JoinHandle<()> {
    let sock = sock.sock().clone();
    thread::spawn(move || {
        task::call(|| Endpoint::send(&sock, Outgoing::new(&[7; 4], 0))).unwrap();
    })
}

/// Lets others run until so many wait for room.
fn await_senders(sock: &Socket, count: u32) {
    let network = sock.sock().network().unwrap();
    while network.members.lock().waiting_senders != count {
        thread::yield_now();
    }
}

#[test]
fn who_leaves_a_message_passes_its_wake_up_on() {
    chaos::schedules(
        |()| {
            let (one, other) = pair(0, 4);
            let [peeks, takes] = [Flags::PEEK, 0].map(|flags| {
                let sock = other.sock().clone();
                thread::spawn(move || receive(&sock, flags))
            });
            // Most of the time both sleep by then.
            (0..100).for_each(|_| thread::yield_now());
            one.send(&[3], 0).unwrap();
            assert_eq!(takes.join().unwrap(), Ok(vec![3]));
            one.request(IPN_TERMINATE, 0).unwrap();
            let peeked = peeks.join().unwrap().unwrap();
            assert!(peeked.is_empty() || peeked == [3]);
        },
        100,
    );
}

#[test]
fn room_for_several_goes_from_sender_to_sender() {
    chaos::schedules(
        |()| {
            let (one, other) = pair(IPN_FLAG_LOSSLESS, 3);
            one.shut(0).unwrap();
            other.set(IPN_SO_RECORDS, 1).unwrap();
            for _ in 0..3 {
                one.send(&[1; 4], 0).unwrap();
            }
            let tasks = [(); 3].map(|()| sends(&one));
            await_senders(&one, 3);
            // All of it with one call.
            other.receive(200, 0).unwrap();
            tasks.map(|task| task.join().unwrap());
            await_senders(&one, 0);
        },
        60,
    );
}

#[test]
fn room_that_one_does_not_take_is_the_next_one_s() {
    chaos::schedules(
        |()| {
            let (one, other) = pair(IPN_FLAG_LOSSLESS, 1);
            one.shut(0).unwrap();
            let third = Socket::joined("/net");
            third.shut(0).unwrap();
            one.send(&[1], 0).unwrap();
            let sock = third.sock().clone();
            let gives_up = thread::spawn(move || {
                // It has the room, or its port is shut.
                task::call(|| Endpoint::send(&sock, Outgoing::new(&[5], 0))).is_ok()
            });
            let waits = sends(&one);
            await_senders(&one, 2);
            other.next().unwrap();
            third.shut(1).unwrap();
            if gives_up.join().unwrap() {
                assert_eq!(other.next(), Ok(vec![5]));
            }
            waits.join().unwrap();
        },
        60,
    );
}

#[test]
fn senders_go_on_behind_what_a_filter_refuses() {
    chaos::schedules(
        |()| {
            let (one, other) = pair(IPN_FLAG_LOSSLESS, 1);
            one.shut(0).unwrap();
            other.sock().attach_filter(|_| 0);
            let tasks = [(); 4].map(|()| sends(&one));
            tasks.map(|task| task.join().unwrap());
            workers::flush();
        },
        60,
    );
}

#[test]
fn who_is_to_sleep_wakes_those_that_it_has_put_off() {
    chaos::schedules(
        |()| {
            let (one, other) = pair(IPN_FLAG_LOSSLESS, 4);
            let slow = Socket::joined("/net");
            one.shut(0).unwrap();
            for _ in 0..3 {
                one.send(&[1], 0).unwrap();
                other.next().unwrap();
            }
            let sock = other.sock().clone();
            let reads = thread::spawn(move || receive(&sock, 0));
            while other.sock().port.waits_since(false) == NOT_WAITING {
                thread::yield_now();
            }
            let sock = one.sock().clone();
            let sends = thread::spawn(move || {
                task::with(|task| task.more_follows.set(true));
                task::call(|| {
                    for byte in [2, 3] {
                        Endpoint::send(&sock, Outgoing::new(&[byte], 0)).unwrap();
                    }
                });
            });
            // The sender waits for another meanwhile.
            assert_eq!(reads.join().unwrap(), Ok(vec![2]));
            slow.next().unwrap();
            sends.join().unwrap();
        },
        60,
    );
}

#[test]
fn a_signal_ends_a_call_and_takes_no_message_away() {
    fn check(records: i32, flags: u32, expected: i32) {
        let (one, other) = pair(0, 8);
        other.set(IPN_SO_RECORDS, records).unwrap();
        let wanted = |message: &[u8]| usize::from(message[0] == 0) * usize::MAX;
        other.sock().attach_filter(wanted);
        let mut signals = 0;
        for _ in 0..60 {
            for first in [1, 1, 1, 0, 1, 1, 1, 0] {
                one.send(&[first; 4], 0).unwrap();
            }
            task::with(|task| task.waits_end.set(true));
            let mut got = 0;
            while got != 2 {
                match receive(other.sock(), flags) {
                    Ok(bytes) => got += bytes.len().div_ceil(HEADER + 8),
                    Err(error) => {
                        assert_eq!(error, expected);
                        signals += 1;
                    }
                }
            }
            task::with(|task| task.waits_end.set(false));
            assert_eq!(got, 2);
        }
        assert_ne!(signals, 0);
    }
    alone(|()| {
        for records in [0, 1] {
            check(records, Flags::DONTWAIT, RESTARTSYS);
            // It would have all of its time once more.
            check(records, 0, INTR);
        }
    });
}

/// Where a message is written over while it is peeked at, nothing of it is given.
#[test]
fn what_is_peeked_at_is_whole() {
    fn check(records: bool) {
        let (one, other) = pair(0, 1);
        other.set(IPN_SO_RECORDS, records.into()).unwrap();
        let sock = other.sock().clone();
        let peeks = thread::spawn(move || {
            for _ in 0..6 {
                let Ok(bytes) = receive(&sock, Flags::PEEK | Flags::DONTWAIT) else {
                    continue;
                };
                let message = &bytes[if records { HEADER } else { 0 }..];
                let expected = vec![message.len() as u8; message.len()];
                assert_eq!(message, expected);
            }
        });
        for len in 1..7 {
            one.send(&[len; 16][..len.into()], 0).unwrap();
        }
        peeks.join().unwrap();
    }
    chaos::schedules(|()| check(false), 200);
    chaos::schedules(|()| check(true), 200);
}
