// SPDX-License-Identifier: GPL-2.0

//! A lossy network: a reader may be lapped, but never gets a wrong message and always knows how many
//! it lost.

use crate::{
    explore,
    world::{message, receive_now, settle, Message, Network, Shape},
};
use loom::thread;

fn lossy(pool: u32, ports: u32) -> Shape {
    Shape {
        pool,
        ports,
        lossless: false,
        shared: true,
        in_parts: false,
    }
}

/// `senders` ports send `each` messages; another reads at the same time, so many times.
fn laps(pool: u32, senders: u32, each: u64, reads: usize, faults: u32) {
    let (network, ports) = Network::new(lossy(pool, senders + 1));
    let threads: Vec<_> = ports[1..]
        .iter()
        .map(|sock| {
            let (network, sock) = (network.clone(), sock.clone());
            thread::spawn(move || {
                for number in 0..each {
                    let value = u64::from(sock.number) * 100 + number;
                    let faults = if number == 0 { faults } else { 0 };
                    let sent = Message {
                        faults,
                        ..message(value)
                    };
                    network.send(&sock, sent, true).unwrap();
                }
            })
        })
        .collect();
    let got = (0..reads)
        .filter_map(|_| receive_now(&network, &ports[0]))
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    settle(&network, &ports[0], got);
    assert_eq!(network.dropped(), u64::from(ports[0].drops()));
}

#[test]
fn a_lapped_reader_gets_no_torn_message_and_counts_what_it_lost() {
    explore(2, || laps(1, 1, 3, 2, 0));
}

#[test]
fn a_pool_of_two_too() {
    explore(2, || laps(2, 1, 4, 2, 0));
}

#[test]
fn messages_that_are_begun_and_given_up_do_no_harm() {
    explore(3, || laps(1, 1, 2, 2, 1));
}

#[test]
fn two_senders_take_turns() {
    explore(2, || laps(1, 2, 1, 2, 0));
}

#[test]
fn senders_side_by_side_whose_memory_goes_away_leave_what_nobody_gets() {
    explore(2, || laps(1, 2, 1, 2, 1));
}
