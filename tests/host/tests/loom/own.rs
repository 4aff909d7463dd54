// SPDX-License-Identifier: GPL-2.0

//! A port that sends and reads at the same time: its own messages are passed, each once.

use crate::{
    explore,
    world::{message, receive, receive_now, settle, shape, Device, Network, Port, Shape},
};
use loom::thread;
use std::sync::Arc;

/// Threads that send so many messages each, by the first ports.
fn senders(
    network: &Arc<Network>,
    ports: &[Arc<Port>],
    messages: [u64; 2],
) -> Vec<thread::JoinHandle<()>> {
    let start = |(port, messages): (&Arc<Port>, u64)| {
        let (network, sock) = (network.clone(), Arc::clone(port));
        thread::spawn(move || {
            for number in 0..messages {
                let value = u64::from(sock.number) * 100 + number;
                network.send(&sock, message(value), true).unwrap();
            }
        })
    };
    ports.iter().zip(messages).map(start).collect()
}

/// Two ports, both of them send; the first reads meanwhile.
fn both_send(shape: Shape, own: u64, other: u64, reads: usize) {
    let (network, ports) = Network::new(shape);
    let threads = senders(&network, &ports, [own, other]);
    let read = |_| {
        if network.lossless {
            receive(&network, &ports[0])
        } else {
            receive_now(&network, &ports[0])
        }
    };
    let got = (0..reads).filter_map(read).collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    settle(&network, &ports[0], got);
    settle(&network, &ports[1], Vec::new());
}

/// One thread sends these by the two ports; the first reads once meanwhile.
fn one_thread_sends(messages: &'static [(usize, u64)]) {
    let (network, ports) = Network::new(shape(1, 2, false));
    let sender = {
        let (network, ports) = (network.clone(), ports.clone());
        thread::spawn(move || {
            for &(port, value) in messages {
                network.send(&ports[port], message(value), true).unwrap();
            }
        })
    };
    let got = receive_now(&network, &ports[0]);
    sender.join().unwrap();
    settle(&network, &ports[0], got.into_iter().collect());
}

/// Two ports, both of them send; the first is a device and reads meanwhile.
fn a_device_reads(own: u64, other: u64) {
    let (network, ports) = Network::new(shape(1, 2, false));
    let senders = senders(&network, &ports, [own, other]);
    let device = Device::new(&ports[0]);
    device.turn(2);
    senders.into_iter().for_each(|t| t.join().unwrap());
    settle(&network, &ports[0], device.got());
    settle(&network, &ports[1], Vec::new());
}

#[test]
fn a_lapped_port_counts_its_own_messages_apart() {
    let shape = Shape {
        pool: 1,
        ports: 2,
        lossless: false,
        shared: true,
        in_parts: false,
    };
    explore(1, move || both_send(shape, 2, 1, 2));
}

#[test]
fn with_a_pool_of_two_too() {
    let shape = Shape {
        pool: 2,
        ports: 2,
        lossless: false,
        shared: true,
        in_parts: false,
    };
    explore(1, move || both_send(shape, 2, 2, 1));
}

#[test]
fn a_lapped_port_does_not_take_what_it_lost_for_its_own() {
    // Its own is in the slot where the other's was that it looks for. It may have looked for one of
    // several, and be held up twice while it does.
    explore(1, || {
        one_thread_sends(&[(1, 100), (1, 101), (1, 102), (0, 0)])
    });
    explore(2, || one_thread_sends(&[(1, 100), (1, 101), (0, 0)]));
}

#[test]
fn what_a_port_sends_while_it_reads_is_not_in_anybody_s_way() {
    // Once the port has read the other's message, nothing is left for it to read: its own must not
    // fill the ring, though it never reads again.
    explore(3, || {
        let (network, ports) = Network::new(Shape {
            pool: 2,
            ports: 2,
            lossless: true,
            shared: true,
            in_parts: false,
        });
        network.send(&ports[1], message(100), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || network.send(&sock, message(0), true).unwrap())
        };
        let first = receive_now(&network, &ports[0]);
        sender.join().unwrap();
        assert_eq!(
            ports[0].stands(),
            ports[0].ring().published(),
            "a port stands at its own message"
        );
        settle(&network, &ports[1], Vec::new());
        settle(&network, &ports[0], first.into_iter().collect());
    });
}

#[test]
fn what_a_device_sends_while_it_reads_is_not_in_anybody_s_way() {
    // It passes its own messages one by one, as it comes to them. Once its NAPI rests, it stands at
    // none; each message that comes gives it another turn.
    explore(3, || {
        let (network, ports) = Network::new(Shape {
            pool: 2,
            ports: 2,
            lossless: true,
            shared: true,
            in_parts: false,
        });
        network.send(&ports[1], message(100), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || network.send(&sock, message(0), true).unwrap())
        };
        let device = Device::new(&ports[0]);
        while device.turn(1) {}
        sender.join().unwrap();
        assert_eq!(
            ports[0].stands(),
            ports[0].ring().published(),
            "a device stands at its own message"
        );
        settle(&network, &ports[1], Vec::new());
        settle(&network, &ports[0], device.got());
    });
}

#[test]
fn a_device_that_was_overrun_counts_its_own_messages_apart() {
    // Two of its own or two of the other's are written over, whatever comes between; all four with
    // the device held up once.
    explore(1, || a_device_reads(2, 2));
    explore(2, || a_device_reads(2, 1));
    explore(2, || a_device_reads(1, 2));
}

#[test]
fn own_messages_behind_one_that_is_read_make_room_as_well() {
    // The ring is full of a message of the other and one of the port's own. One read makes room
    // for two.
    explore(2, || {
        let (network, ports) = Network::new(Shape {
            pool: 2,
            ports: 2,
            lossless: true,
            shared: true,
            in_parts: false,
        });
        network.shut_receive(&ports[1]);
        network.send(&ports[1], message(100), true).unwrap();
        network.send(&ports[0], message(0), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                network.send(&sock, message(101), true).unwrap();
                network.send(&sock, message(102), true).unwrap();
            })
        };
        let got = receive_now(&network, &ports[0]);
        sender.join().unwrap();
        let values = settle(&network, &ports[0], got.into_iter().collect());
        assert_eq!(values, [100, 101, 102]);
    });
}

#[test]
fn a_sender_hears_that_a_port_has_gone_past_its_own_message() {
    explore(2, || {
        let (network, ports) = Network::new(Shape {
            pool: 1,
            ports: 2,
            lossless: true,
            shared: true,
            in_parts: false,
        });
        network.shut_receive(&ports[1]);
        let sender = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || network.send(&sock, message(0), true).unwrap())
        };
        let reader = {
            let (network, sock) = (network.clone(), ports[0].clone());
            thread::spawn(move || receive(&network, &sock).into_iter().collect())
        };
        network.send(&ports[1], message(100), true).unwrap();
        sender.join().unwrap();
        let values = settle(&network, &ports[0], reader.join().unwrap());
        assert_eq!(values, [100]);
    });
}
