// SPDX-License-Identifier: GPL-2.0

//! Readers that sleep until a message comes: every one that comes wakes them.

use crate::{
    explore,
    rust::net::{family::Family, socket::events},
    socket::Endpoint,
    world::{bind, message, open, poll_for_end, receive, receive_now, settle, Network, Shape},
};
use loom::thread;

fn lossy(ports: u32) -> Shape {
    Shape {
        pool: 2,
        ports,
        lossless: false,
        shared: true,
        in_parts: false,
    }
}

#[test]
fn a_sleeping_reader_is_woken_again_and_again() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2));
        let reader = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || (0..2).filter_map(|_| receive(&network, &sock)).collect())
        };
        network.send(&ports[1], message(100), true).unwrap();
        network.send(&ports[1], message(101), true).unwrap();
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}

#[test]
fn two_sleeping_readers_are_both_woken() {
    explore(2, || {
        let (network, ports) = Network::new(lossy(3));
        let readers: Vec<_> = ports[..2]
            .iter()
            .map(|sock| {
                let (network, sock) = (network.clone(), sock.clone());
                thread::spawn(move || receive(&network, &sock).into_iter().collect())
            })
            .collect();
        network.send(&ports[2], message(200), true).unwrap();
        for (sock, reader) in ports.iter().zip(readers) {
            assert_eq!(settle(&network, sock, reader.join().unwrap()), [200]);
        }
    });
}

#[test]
fn two_senders_wake_one_reader() {
    explore(2, || {
        let (network, ports) = Network::new(lossy(3));
        let senders: Vec<_> = ports[1..]
            .iter()
            .map(|sock| {
                let (network, sock) = (network.clone(), sock.clone());
                let value = u64::from(sock.number) * 100;
                thread::spawn(move || network.send(&sock, message(value), true).unwrap())
            })
            .collect();
        let got = (0..2).filter_map(|_| receive(&network, &ports[0]));
        let got = got.collect();
        senders.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(settle(&network, &ports[0], got).len(), 2);
    });
}

#[test]
fn the_end_of_the_network_wakes_a_sleeping_reader() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2));
        let reader = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || {
                let mut got = Vec::new();
                while let Some(message) = receive(&network, &sock) {
                    got.push(message);
                }
                got
            })
        };
        network.send(&ports[1], message(100), true).unwrap();
        network.terminate();
        let got = reader.join().unwrap();
        assert_eq!(got.len(), 1, "what was sent before the end is still found");
        settle(&network, &ports[0], got);
    });
}

#[test]
fn the_end_of_the_network_wakes_who_polls_a_manager_without_a_port() {
    explore(3, || {
        let (network, _ports) = Network::new(lossy(1));
        let manager = open();
        let poller = {
            let sock = manager.clone();
            thread::spawn(move || poll_for_end(&sock))
        };
        let end = {
            let network = network.clone();
            thread::spawn(move || network.terminate())
        };
        if !bind(&manager) {
            // The network had ended before.
            Endpoint::shutdown(&manager, 2).unwrap();
        }
        end.join().unwrap();
        poller.join().unwrap();
    });
}

#[test]
fn an_edge_comes_for_each_message_that_comes_after_all_were_read() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2));
        let sock = &ports[0];
        let mut entry = sock.join();
        assert_eq!(network.poll(sock) & events::IN, 0);
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                network.send(&sock, message(100), true).unwrap();
                network.send(&sock, message(101), true).unwrap();
            })
        };
        let mut got = Vec::new();
        while got.len() < 2 {
            sock.sleep(&mut entry);
            while let Some(message) = receive_now(&network, sock) {
                got.push(message);
            }
        }
        sender.join().unwrap();
        settle(&network, sock, got);
    });
}
