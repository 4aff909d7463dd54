// SPDX-License-Identifier: GPL-2.0

//! Messages in parts: a reader gets all of them or knows that it lost one, nobody waits for the parts to come, and what
//! is needed of them on a lossless network stays.

use crate::{
    explore,
    world::{in_parts, message, receive, receive_now, settle, Message, Network, Port},
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// A thread that sends these values; so often the sender's memory is not there for the first.
fn send(
    network: &Arc<Network>,
    port: &Arc<Port>,
    values: &'static [u64],
    mut faults: u32,
) -> JoinHandle<()> {
    let (network, port) = (network.clone(), port.clone());
    thread::spawn(move || {
        for &value in values {
            let sent = Message {
                faults: std::mem::take(&mut faults),
                ..message(value)
            };
            network.send(&port, sent, true).unwrap();
        }
    })
}

/// One port reads so many times while the others send.
fn lossy(pool: u32, values: &[&'static [u64]], reads: usize, faults: u32) {
    let (network, ports) = Network::new(in_parts(pool, values.len() as u32 + 1, false));
    let senders: Vec<_> = (ports[1..].iter().zip(values))
        .map(|(port, values)| send(&network, port, values, faults))
        .collect();
    let got = (0..reads)
        .filter_map(|_| receive_now(&network, &ports[0]))
        .collect();
    senders.into_iter().for_each(|t| t.join().unwrap());
    settle(&network, &ports[0], got);
    assert_eq!(network.dropped(), u64::from(ports[0].drops()));
}

#[test]
fn a_reader_that_is_overrun_gets_no_part_of_another_and_counts_one() {
    explore(2, || lossy(1, &[&[100, 101, 102]], 2, 0));
}

#[test]
fn two_senders_push_each_other_out_and_get_through() {
    explore(2, || lossy(1, &[&[100], &[200]], 1, 0));
}

#[test]
fn a_part_that_is_not_there_is_but_a_void() {
    explore(2, || lossy(1, &[&[100, 101]], 1, 1));
}

#[test]
fn the_one_reads_what_the_other_sends_and_the_other_way_round() {
    explore(1, || {
        let (network, ports) = Network::new(in_parts(1, 2, false));
        let senders = [
            send(&network, &ports[0], &[0, 1], 0),
            send(&network, &ports[1], &[100], 0),
        ];
        let got = receive_now(&network, &ports[0]);
        senders.into_iter().for_each(|t| t.join().unwrap());
        settle(&network, &ports[0], got.into_iter().collect());
        settle(&network, &ports[1], Vec::new());
    });
}

/// Port 0 reads all that the others send, more than there is room for.
fn stream(pool: u32, values: &[&'static [u64]]) {
    let (network, ports) = Network::new(in_parts(pool, values.len() as u32 + 1, true));
    ports[1..]
        .iter()
        .for_each(|sock| network.shut_receive(sock));
    let senders: Vec<_> = (ports[1..].iter().zip(values))
        .map(|(port, values)| send(&network, port, values, 0))
        .collect();
    let total = values.iter().map(|values| values.len()).sum();
    let got = (0..total).filter_map(|_| receive(&network, &ports[0]));
    let got = got.collect();
    senders.into_iter().for_each(|t| t.join().unwrap());
    settle(&network, &ports[0], got);
}

#[test]
fn a_sender_waits_for_its_reader_and_is_woken() {
    explore(2, || stream(1, &[&[100, 101, 102]]));
}

#[test]
fn two_senders_that_have_room_for_one_take_turns() {
    explore(1, || stream(1, &[&[100], &[200]]));
}

#[test]
fn what_the_slowest_reader_needs_of_them_stays() {
    explore(1, || {
        let (network, ports) = Network::new(in_parts(2, 3, true));
        network.shut_receive(&ports[2]);
        network.send(&ports[2], message(200), true).unwrap();
        let sender = send(&network, &ports[2], &[201, 202], 0);
        let got = receive(&network, &ports[0]);
        let others = [(); 3].map(|()| receive(&network, &ports[1]));
        let more = receive(&network, &ports[0]);
        sender.join().unwrap();
        settle(
            &network,
            &ports[0],
            [got, more].into_iter().flatten().collect(),
        );
        settle(&network, &ports[1], others.into_iter().flatten().collect());
    });
}
