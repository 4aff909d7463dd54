// SPDX-License-Identifier: GPL-2.0

//! A reliable bus: a sender waits for who has not read what is younger than the window, and for nothing else.

use crate::{
    abi::errno::Errno,
    explore,
    mapped::Mapped,
    rust::task::workers,
    world::{
        in_parts, late, message, receive, receive_now, receive_once, settle, shape, Got, Network,
        Port, Refused, Shape,
    },
};
use kernel::{
    error::Error,
    time::{self, hrtimer, MILLISECOND},
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// Milliseconds that a message stays.
const WINDOW: u32 = 1000;

fn bus(pool: u32, ports: u32) -> Shape {
    shape(pool, ports, false)
}

/// Such a bus, of whose ports all but the first send.
fn senders(shape: Shape, window: u32) -> (Arc<Network>, Vec<Arc<Port>>) {
    let (network, ports) = Network::reliable(shape, window);
    ports[1..]
        .iter()
        .for_each(|port| network.shut_receive(port));
    (network, ports)
}

/// A thread that sends so many messages, and waits for room.
fn sends(network: &Arc<Network>, port: &Arc<Port>, count: u64) -> JoinHandle<()> {
    let (network, port) = (network.clone(), port.clone());
    thread::spawn(move || {
        for number in 0..count {
            let value = u64::from(port.number) * 100 + number;
            network.send(&port, message(value), true).unwrap();
        }
    })
}

/// Port 0 reads all that the others send within the window: `each` messages of each.
fn stream(shape: Shape, each: u64) {
    let (network, ports) = senders(shape, WINDOW);
    let threads: Vec<_> = ports[1..]
        .iter()
        .map(|port| sends(&network, port, each))
        .collect();
    let total = threads.len() as u64 * each;
    let got = (0..total).filter_map(|_| receive(&network, &ports[0]));
    let got = got.collect();
    threads.into_iter().for_each(|one| one.join().unwrap());
    let values = settle(&network, &ports[0], got);
    assert_eq!(values.len() as u64, total);
}

#[test]
fn who_reads_within_the_window_loses_nothing() {
    explore(2, || stream(bus(1, 2), 3));
}

#[test]
fn with_a_pool_of_two_too() {
    explore(2, || stream(bus(2, 2), 3));
}

#[test]
fn two_senders_wait_for_one_place() {
    explore(2, || stream(bus(1, 3), 1));
}

#[test]
fn of_messages_in_parts_too() {
    explore(1, || stream(in_parts(1, 2, false), 2));
}

/// A sender waits, and the window passes; port 0 looks `looks` times beside that. What it gets.
fn passes(shape: Shape, looks: usize) -> Vec<u64> {
    let (network, ports) = senders(shape, WINDOW);
    network.send(&ports[1], message(100), true).unwrap();
    let sender = {
        let (network, port) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            network.send(&port, message(101), true).unwrap();
            hrtimer::end();
        })
    };
    let reader = (looks != 0).then(|| {
        let (network, port) = (network.clone(), ports[0].clone());
        thread::spawn(move || {
            let look = |_| receive_now(&network, &port);
            (0..looks).filter_map(look).collect::<Vec<Got>>()
        })
    });
    time::set(u64::from(WINDOW) * MILLISECOND);
    hrtimer::ring_each();
    sender.join().unwrap();
    let got = reader.map_or(Vec::new(), |reader| reader.join().unwrap());
    workers::flush();
    settle(&network, &ports[0], got)
}

#[test]
fn a_sender_goes_on_once_what_is_in_its_way_is_older() {
    explore(2, || assert_eq!(passes(bus(1, 2), 0), [101]));
}

#[test]
fn a_sender_goes_on_when_its_reader_reads_or_the_window_passes() {
    explore(2, || {
        let values = passes(bus(1, 2), 1);
        assert!(values == [101] || values == [100, 101]);
    });
}

/// A sender waits for a port that never reads, until `act` ends the wait.
fn until(act: fn(&Network, &Port), sent: Result<(), Refused>) {
    let (network, ports) = Network::reliable(bus(1, 2), WINDOW);
    network.send(&ports[1], message(100), true).unwrap();
    let sender = {
        let (network, port) = (network.clone(), ports[1].clone());
        thread::spawn(move || network.send(&port, message(101), true))
    };
    act(&network, &ports[0]);
    assert_eq!(sender.join().unwrap(), sent);
}

#[test]
fn a_reader_that_leaves_holds_nobody_up() {
    explore(2, || until(|network, port| network.leave(port), Ok(())));
}

#[test]
fn a_reader_that_shuts_its_receive_side_holds_nobody_up() {
    explore(2, || {
        until(|network, port| network.shut_receive(port), Ok(()))
    });
}

#[test]
fn the_end_of_the_bus_wakes_a_waiting_sender() {
    explore(2, || {
        until(|network, _| network.terminate(), Err(Refused::Over))
    });
}

/// A reader that stands before messages of its own, which fill most of the ring, makes room by one that it takes.
#[test]
fn what_a_reader_has_sent_itself_holds_nobody_up() {
    explore(1, || {
        let (network, ports) = Network::reliable(bus(8, 2), WINDOW);
        network.shut_receive(&ports[1]);
        network.send(&ports[1], message(100), true).unwrap();
        for number in 0..7 {
            network.send(&ports[0], message(number), true).unwrap();
        }
        let sender = {
            let (network, port) = (network.clone(), ports[1].clone());
            thread::spawn(move || network.send(&port, message(101), true).unwrap())
        };
        let got = receive_now(&network, &ports[0]);
        sender.join().unwrap();
        let values = settle(&network, &ports[0], got.into_iter().collect());
        assert_eq!(values, [100, 101]);
    });
}

/// Without a window a reader is overrun as on a lossy network, and counts what it missed.
fn overrun(shape: Shape) {
    let (network, ports) = senders(shape, 0);
    let sender = sends(&network, &ports[1], 3);
    let look = |_| receive_now(&network, &ports[0]);
    let got = (0..2).filter_map(look).collect();
    sender.join().unwrap();
    settle(&network, &ports[0], got);
}

#[test]
fn without_a_window_what_is_missed_is_counted() {
    explore(2, || overrun(bus(1, 2)));
}

#[test]
fn of_messages_in_parts_what_is_missed_is_counted() {
    explore(1, || overrun(in_parts(1, 2, false)));
}

/// Of two calls on a port that has missed messages one is told so, and the other gets what is left.
#[test]
fn where_one_call_is_told_of_a_gap_another_gets_what_is_behind() {
    explore(2, || {
        let (network, ports) = senders(bus(1, 2), 0);
        for value in [100, 101] {
            network.send(&ports[1], message(value), true).unwrap();
        }
        let reader = {
            let port = ports[0].clone();
            thread::spawn(move || receive_once(&port))
        };
        let answers = [receive_once(&ports[0]), reader.join().unwrap()];
        let got = answers.iter().flatten().flatten().map(|got| got.value);
        assert_eq!(got.collect::<Vec<_>>(), [101]);
        let errors: Vec<_> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .collect();
        assert_eq!(errors, [&Error::from(Errno::CONNRESET)]);
    });
}

/// One that comes while others send begins with what is left then.
fn comes_late(window: u32) {
    let (network, ports) = senders(bus(2, 3), window);
    network.shut_receive(&ports[0]);
    network.leave(&ports[2]);
    network.send(&ports[1], message(100), true).unwrap();
    let sender = {
        let (network, port) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            for value in [101, 102] {
                let sent = network.send(&port, message(value), false);
                assert!(window != 0 || sent == Ok(()));
            }
        })
    };
    let reader = late(2);
    let start = reader.stands();
    sender.join().unwrap();
    let mut got = Vec::new();
    while let Some(more) = receive_now(&network, &reader) {
        got.push(more.value);
    }
    let log = network.log.lock().unwrap();
    let sent: Vec<u64> = log.iter().map(|sent| sent.1).collect();
    let since = &sent[start as usize..];
    assert!(since.ends_with(&got));
    let lost = since.len() - got.len();
    assert_eq!(lost as u64, u64::from(reader.drops()));
    assert!(window == 0 || lost == 0, "what it began with stays");
    drop(log);
    assert_eq!(reader.stands(), network.sent());
}

#[test]
fn a_past_is_all_that_was_left_when_the_port_came() {
    explore(2, || comes_late(WINDOW));
}

#[test]
fn a_past_that_is_overwritten_is_counted() {
    explore(2, || comes_late(0));
}

#[test]
fn a_sender_waits_for_a_mapped_reader_and_is_woken() {
    explore(2, || {
        let (network, ports) = senders(bus(1, 2), WINDOW);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = sends(&network, &ports[1], 2);
        let got = reader.receive(&network, 2);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101]);
    });
}

#[test]
fn a_mapped_reader_is_overrun_as_others_are() {
    explore(2, || {
        let (network, ports) = senders(bus(1, 2), 0);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = sends(&network, &ports[1], 3);
        reader.is_lapped(&network, sender);
    });
}
