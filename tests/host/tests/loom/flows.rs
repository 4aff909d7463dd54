// SPDX-License-Identifier: GPL-2.0

//! Flows: messages that go where the one before went, without the network's lock.

use crate::{
    explore,
    rust::net::socket::events,
    world::{message, receive, receive_now, settle, Message, Network, Port, Refused, Shape},
};
use loom::thread;
use std::sync::Arc;

fn lossy(ports: u32, pool: u32) -> Shape {
    Shape {
        pool,
        ports,
        lossless: false,
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

/// Port 1 has sent a message to port 0, and goes on by itself with `count` more. How many of these were sent.
fn along_a_flow(
    network: &Arc<Network>,
    ports: &[Arc<Port>],
    count: u64,
) -> thread::JoinHandle<u64> {
    network.send(&ports[1], to(&[0], 0), true).unwrap();
    let (network, sock) = (network.clone(), ports[1].clone());
    thread::spawn(move || {
        let sent = (1..=count).take_while(|value| {
            let sent = network.send(&sock, to(&[0], *value), true);
            assert!(matches!(sent, Ok(()) | Err(Refused::Over)));
            sent.is_ok()
        });
        sent.count() as u64
    })
}

#[test]
fn who_has_left_gets_nothing_any_more() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        network.leave(&ports[0]);
        let got = ports[0].ring().published();
        assert_eq!(sender.join().unwrap(), 2);
        assert_eq!(ports[0].ring().published(), got);
        assert_eq!(network.sent(), 3);
    });
}

#[test]
fn who_has_shut_its_port_gets_nothing_any_more() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        network.shut_receive(&ports[0]);
        let got = ports[0].ring().published();
        sender.join().unwrap();
        assert_eq!(ports[0].ring().published(), got);
    });
}

#[test]
fn two_senders_write_to_one_ring() {
    explore(2, || {
        let (network, ports) = Network::new(lossy(4, 8));
        let sender = along_a_flow(&network, &ports, 2);
        let other = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || {
                network.send(&sock, to(&[0, 3], 100), true).unwrap();
                network.send(&sock, to(&[0], 101), true).unwrap();
            })
        };
        let got = receive(&network, &ports[0]).unwrap();
        sender.join().unwrap();
        other.join().unwrap();
        // The other one gets no more than what is for it.
        assert_eq!(receive_now(&network, &ports[3]).unwrap().value, 100);
        assert!(receive_now(&network, &ports[3]).is_none());
        let values = settle(&network, &ports[0], vec![got]);
        assert_eq!(values.len(), 5);
        assert_eq!(network.sent(), 5);
    });
}

#[test]
fn a_reader_that_is_overrun_knows_what_it_lost() {
    explore(2, || {
        let (network, ports) = Network::new(lossy(2, 1));
        let sender = along_a_flow(&network, &ports, 2);
        let got = receive_now(&network, &ports[0]).into_iter().collect();
        sender.join().unwrap();
        settle(&network, &ports[0], got);
    });
}

#[test]
fn who_sleeps_is_woken() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        for value in 0..=2 {
            assert_eq!(receive(&network, &ports[0]).unwrap().value, value);
        }
        sender.join().unwrap();
    });
}

#[test]
fn an_epoll_hears_of_every_message() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        let sock = &ports[0];
        let mut entry = sock.join();
        let read = || std::iter::from_fn(|| receive_now(&network, sock)).count();
        network.poll(sock);
        let mut got = read();
        while got < 3 {
            sock.sleep(&mut entry);
            assert_ne!(network.poll(sock) & (events::IN | events::OUT), 0);
            got += read();
        }
        sender.join().unwrap();
    });
}

#[test]
fn what_was_sent_before_the_end_is_there_at_the_end() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        network.terminate();
        let mut got = 0;
        while receive(&network, &ports[0]).is_some() {
            got += 1;
        }
        assert_eq!(sender.join().unwrap() + 1, got);
    });
}

#[test]
fn what_a_network_has_sent_is_told_to_the_last_message() {
    explore(3, || {
        let (network, ports) = Network::new(lossy(2, 4));
        let sender = along_a_flow(&network, &ports, 2);
        let before = network.sent();
        assert!((1..=3).contains(&before));
        sender.join().unwrap();
        assert_eq!(network.sent(), 3);
    });
}
