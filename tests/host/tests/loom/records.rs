// SPDX-License-Identifier: GPL-2.0

//! Ports that take and send several messages a call, as records.

use crate::{
    abi::uapi::IPN_SO_RECORDS,
    explore,
    rust::net::message::Flags,
    world::{
        message, receive, receive_records, send_records, set, settle, shape, Got, Network, Port,
    },
};
use loom::thread;

/// What is left is read one by one.
fn settled(network: &Network, port: &Port, got: Vec<Got>) -> Vec<u64> {
    set(port, IPN_SO_RECORDS, 0);
    settle(network, port, got)
}

/// A port sends `count` messages, and `readers` threads take what is there of another, in a ring of `pool`.
fn taken(pool: u32, count: u64, readers: usize, lossless: bool) {
    let (network, ports) = Network::new(shape(pool, 2, lossless));
    set(&ports[0], IPN_SO_RECORDS, 1);
    let threads: Vec<_> = (0..readers)
        .map(|_| {
            let port = ports[0].clone();
            thread::spawn(move || receive_records(&port, Flags::DONTWAIT))
        })
        .collect();
    for value in 0..count {
        let _ = network.send(&ports[1], message(100 + value), false);
    }
    let got = threads.into_iter().flat_map(|thread| {
        let got = thread.join().unwrap();
        assert!(got.is_sorted_by_key(|got| got.value), "each in order");
        got
    });
    let mut got: Vec<Got> = got.collect();
    got.sort_by_key(|got| got.value);
    settled(&network, &ports[0], got);
}

#[test]
fn a_lapped_reader_takes_no_torn_record_and_counts_what_it_lost() {
    explore(2, || taken(1, 3, 1, false));
}

#[test]
fn a_pool_of_two_too() {
    explore(2, || taken(2, 3, 1, false));
}

#[test]
fn two_readers_take_each_message_once() {
    explore(1, || taken(2, 2, 2, false));
}

#[test]
fn two_readers_of_a_lossless_network_too() {
    explore(1, || taken(2, 2, 2, true));
}

#[test]
fn a_reader_that_also_sends_skips_its_own() {
    explore(2, || {
        let (network, ports) = Network::new(shape(2, 2, false));
        set(&ports[0], IPN_SO_RECORDS, 1);
        let sender = {
            let (network, port) = (network.clone(), ports[1].clone());
            thread::spawn(move || network.send(&port, message(200), true).unwrap())
        };
        send_records(&network, &ports[0], &[100, 101].map(message));
        let got = receive_records(&ports[0], Flags::DONTWAIT);
        sender.join().unwrap();
        settled(&network, &ports[0], got);
    });
}

#[test]
fn senders_hear_of_the_room_that_a_reader_of_records_makes() {
    explore(2, || {
        let (network, ports) = Network::new(shape(2, 2, true));
        network.shut_receive(&ports[1]);
        set(&ports[0], IPN_SO_RECORDS, 1);
        let sender = {
            let (network, port) = (network.clone(), ports[1].clone());
            thread::spawn(move || send_records(&network, &port, &[100, 101, 102].map(message)))
        };
        let mut got = Vec::new();
        while got.len() < 3 {
            got.extend(receive_records(&ports[0], 0));
        }
        sender.join().unwrap();
        assert_eq!(settled(&network, &ports[0], got), [100, 101, 102]);
    });
}

#[test]
fn records_wake_a_reader_that_sleeps() {
    explore(2, || {
        let (network, ports) = Network::new(shape(4, 2, false));
        let reader = {
            let (network, port) = (network.clone(), ports[0].clone());
            thread::spawn(move || vec![receive(&network, &port).unwrap()])
        };
        send_records(&network, &ports[1], &[100, 101].map(message));
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}
