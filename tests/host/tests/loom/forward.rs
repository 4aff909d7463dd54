// SPDX-License-Identifier: GPL-2.0

//! Networks on which each port has a ring of its own: a sender waits only for the ports that get
//! its message.

use crate::{
    explore,
    rust::net::socket::events,
    world::{message, receive, receive_now, Message, Network, Port, Refused, Shape},
};
use loom::thread;

fn per_port(ports: u32) -> Shape {
    Shape {
        pool: 1,
        ports,
        lossless: true,
        shared: false,
        in_parts: false,
    }
}

fn to(to: &'static [u32], value: u64) -> Message {
    Message {
        to,
        ..message(value)
    }
}

#[test]
fn a_sender_waits_for_its_target_and_the_target_for_it() {
    explore(2, || {
        let (network, ports) = Network::new(per_port(2));
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                for value in 0..3 {
                    network.send(&sock, to(&[0], value), true).unwrap();
                }
            })
        };
        for value in 0..3 {
            let got = receive(&network, &ports[0]).unwrap();
            assert_eq!(got.value, value);
        }
        sender.join().unwrap();
    });
}

/// A sender waits for port 0 while port 1 is full for good, until `act` makes room.
fn beside_a_full_port(act: fn(&Network, &Port)) {
    let (network, ports) = Network::new(per_port(3));
    network.send(&ports[2], to(&[0, 1], 7), true).unwrap();
    let sender = {
        let (network, sock) = (network.clone(), ports[2].clone());
        thread::spawn(move || network.send(&sock, to(&[0], 8), true).unwrap())
    };
    act(&network, &ports[0]);
    sender.join().unwrap();
}

#[test]
fn a_full_port_that_gets_nothing_holds_nobody_up() {
    explore(3, || {
        beside_a_full_port(|network, port| {
            receive_now(network, port).unwrap();
        });
    });
}

#[test]
fn nor_does_a_target_that_leaves() {
    explore(3, || {
        beside_a_full_port(|network, port| network.leave(port))
    });
}

#[test]
fn who_was_refused_hears_of_room_at_its_target() {
    explore(2, || {
        let (network, ports) = Network::new(per_port(3));
        network.send(&ports[2], to(&[0, 1], 7), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || {
                let mut entry = sock.join();
                while network.send(&sock, to(&[0], 8), false) == Err(Refused::Again) {
                    sock.sleep(&mut entry);
                }
            })
        };
        receive_now(&network, &ports[0]).unwrap();
        sender.join().unwrap();
    });
}

#[test]
fn a_poll_hears_of_room_at_the_target_while_another_port_is_full() {
    explore(2, || {
        let (network, ports) = Network::new(per_port(3));
        network.send(&ports[2], to(&[0, 1], 7), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || {
                let mut entry = sock.join();
                while network.send(&sock, to(&[0], 8), false) == Err(Refused::Again) {
                    // The poll of a program that first tries, then asks.
                    while network.poll(&sock) & events::OUT == 0 {
                        sock.sleep(&mut entry);
                    }
                }
            })
        };
        receive_now(&network, &ports[0]).unwrap();
        sender.join().unwrap();
    });
}

#[test]
fn an_epoll_hears_of_every_message_to_its_port() {
    explore(3, || {
        let (network, ports) = Network::new(Shape {
            pool: 2,
            lossless: false,
            ..per_port(2)
        });
        // A message that finds no reader asleep, at the very time when one comes to sleep.
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                network.send(&sock, to(&[0], 1), true).unwrap();
                network.send(&sock, to(&[0], 2), true).unwrap();
            })
        };
        let sock = &ports[0];
        let mut entry = sock.join();
        network.poll(sock);
        let mut got = 0;
        let read = || std::iter::from_fn(|| receive_now(&network, sock)).count();
        got += read();
        while got < 2 {
            sock.sleep(&mut entry);
            got += read();
        }
        sender.join().unwrap();
    });
}
