// SPDX-License-Identifier: GPL-2.0

//! Threads that wait for the same: one is woken, and one that leaves something wakes the next.

use crate::{
    explore,
    rust::{net::message::Flags, task::current as task},
    world::{
        message, receive, receive_in_call, receive_now, send_in_call, settle, shape, Message,
        Network, Shape,
    },
};
use loom::thread;

/// A message to some ports, each of which has a ring.
fn message_to(to: &'static [u32], value: u64) -> Message {
    Message {
        to,
        ..message(value)
    }
}

#[test]
fn two_threads_of_a_port_get_a_message_of_a_batch_each() {
    explore(1, || {
        let (network, ports) = Network::new(shape(4, 2, false));
        let reader = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || receive(&network, &sock).is_some())
        };
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                task::call(|| {
                    send_in_call(&network, &sock, message(100), true);
                    send_in_call(&network, &sock, message(101), true);
                });
            })
        };
        assert!(receive(&network, &ports[0]).is_some());
        assert!(reader.join().unwrap());
        sender.join().unwrap();
    });
}

#[test]
fn a_thread_that_peeks_wakes_the_next() {
    explore(2, || {
        let (network, ports) = Network::new(shape(2, 2, false));
        let peeks = {
            let sock = ports[0].clone();
            thread::spawn(move || task::call(|| receive_in_call(&sock, Flags::PEEK)).is_ok())
        };
        let takes = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || receive(&network, &sock).is_some())
        };
        network.send(&ports[1], message(100), true).unwrap();
        assert!(takes.join().unwrap());
        // The other may have come too late for it.
        network.send(&ports[1], message(101), true).unwrap();
        assert!(peeks.join().unwrap());
    });
}

#[test]
fn room_for_two_wakes_two_senders() {
    explore(2, || {
        let (network, ports) = Network::new(shape(2, 3, true));
        ports[1..]
            .iter()
            .for_each(|sock| network.shut_receive(sock));
        for value in [200, 201] {
            network.send(&ports[2], message(value), true).unwrap();
        }
        let senders: Vec<_> = ports[1..]
            .iter()
            .map(|sock| {
                let (network, sock) = (network.clone(), sock.clone());
                let value = u64::from(sock.number) * 100 + 10;
                thread::spawn(move || network.send(&sock, message(value), true).unwrap())
            })
            .collect();
        // Both messages in one call, which wakes once.
        let got = task::call(|| {
            let next = || receive_in_call(&ports[0], 0).unwrap().unwrap();
            vec![next(), next()]
        });
        senders.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(settle(&network, &ports[0], got).len(), 4);
    });
}

#[test]
fn room_wakes_the_sender_that_it_is_for() {
    explore(2, || {
        let (network, ports) = Network::new(Shape {
            shared: false,
            ..shape(1, 3, true)
        });
        let targets: [&[u32]; 2] = [&[0], &[1]];
        for to in targets {
            network.send(&ports[2], message_to(to, 300), true).unwrap();
        }
        // Both wait on one queue, for other ports' room.
        let senders = targets.map(|to| {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || network.send(&sock, message_to(to, 301), true).unwrap())
        });
        let [first, second] = senders;
        assert!(receive_now(&network, &ports[1]).is_some());
        second.join().unwrap();
        assert!(receive_now(&network, &ports[0]).is_some());
        first.join().unwrap();
    });
}
