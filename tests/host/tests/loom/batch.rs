// SPDX-License-Identifier: GPL-2.0

//! Calls of many messages: others are woken when the call ends, and none is forgotten.

use crate::{
    explore,
    rust::task::current as task,
    world::{
        message, receive, receive_in_call, receive_now, send_in_call, settle, Got, Message,
        Network, Port, Shape,
    },
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

fn hub(pool: u32, lossless: bool) -> Shape {
    Shape {
        pool,
        ports: 2,
        lossless,
        shared: true,
        in_parts: false,
    }
}

/// A thread that receives so many.
fn reader(network: &Arc<Network>, port: &Arc<Port>, count: u32) -> JoinHandle<Vec<Got>> {
    let (network, port) = (network.clone(), port.clone());
    thread::spawn(move || {
        (0..count)
            .filter_map(|_| receive(&network, &port))
            .collect()
    })
}

/// Sends in one call. Whatever ends a batch early, a fault or the task's death, this is its end: the
/// last message says that more follow, as the others do.
fn call(network: &Network, port: &Port, messages: &[Message]) {
    task::call(|| {
        for message in messages {
            send_in_call(network, port, *message, true);
        }
    });
}

#[test]
fn a_sleeping_reader_is_woken_when_the_call_ends() {
    explore(2, || {
        let (network, ports) = Network::new(hub(4, false));
        let reader = reader(&network, &ports[0], 2);
        call(&network, &ports[1], &[message(100), message(101)]);
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}

#[test]
fn the_last_message_waits_for_the_end_of_the_call_too() {
    explore(2, || {
        let (network, ports) = Network::new(hub(4, false));
        let reader = reader(&network, &ports[0], 2);
        task::call(|| {
            send_in_call(&network, &ports[1], message(100), true);
            send_in_call(&network, &ports[1], message(101), false);
        });
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}

#[test]
fn two_tasks_send_batches_by_one_socket() {
    explore(2, || {
        let (network, ports) = Network::new(hub(4, false));
        let reader = reader(&network, &ports[0], 2);
        let other = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || call(&network, &sock, &[message(100)]))
        };
        call(&network, &ports[1], &[message(200)]);
        other.join().unwrap();
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got).len(), 2);
    });
}

#[test]
fn who_does_not_send_batches_wakes_at_once_beside_a_call_that_does_not_end() {
    explore(2, || {
        let (network, ports) = Network::new(Shape {
            ports: 3,
            ..hub(4, false)
        });
        let reader = reader(&network, &ports[0], 2);
        let stuck = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || send_in_call(&network, &sock, message(100), true))
        };
        stuck.join().unwrap();
        network.send(&ports[2], message(200), true).unwrap();
        assert_eq!(reader.join().unwrap().len(), 2);
    });
}

#[test]
fn a_batch_that_fills_half_of_the_pool_wakes_before_it_ends() {
    explore(2, || {
        let (network, ports) = Network::new(hub(2, false));
        let reader = reader(&network, &ports[0], 1);
        for value in [100, 101] {
            send_in_call(&network, &ports[1], message(value), true);
        }
        assert_eq!(reader.join().unwrap().len(), 1);
    });
}

#[test]
fn a_call_that_waits_for_room_has_woken_its_readers() {
    explore(1, || {
        let (network, ports) = Network::new(hub(2, true));
        network.shut_receive(&ports[1]);
        let reader = reader(&network, &ports[0], 3);
        call(&network, &ports[1], &[100, 101, 102].map(message));
        let got = reader.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101, 102]);
    });
}

/// Port 0 does not read until port 1 has heard of the batch that waits for port 0.
#[test]
fn a_call_that_waits_for_one_reader_has_woken_the_other() {
    explore(1, || {
        let (network, ports) = Network::new(Shape {
            ports: 3,
            ..hub(3, true)
        });
        network.shut_receive(&ports[2]);
        for value in [1, 2] {
            network.send(&ports[2], message(value), true).unwrap();
            receive_now(&network, &ports[1]).unwrap();
        }
        let reader = reader(&network, &ports[1], 1);
        let sender = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || call(&network, &sock, &[3, 4].map(message)))
        };
        assert_eq!(reader.join().unwrap().len(), 1);
        for _ in 0..3 {
            receive_now(&network, &ports[0]).unwrap();
        }
        sender.join().unwrap();
    });
}

#[test]
fn batches_to_a_port_with_a_ring_of_its_own() {
    explore(2, || {
        let (network, ports) = Network::new(Shape {
            ports: 3,
            shared: false,
            in_parts: false,
            ..hub(4, false)
        });
        let readers = [
            reader(&network, &ports[0], 1),
            reader(&network, &ports[1], 1),
        ];
        let to = |to, value| Message {
            to,
            ..message(value)
        };
        call(&network, &ports[2], &[to(&[0], 100), to(&[1], 101)]);
        for reader in readers {
            assert_eq!(reader.join().unwrap().len(), 1);
        }
    });
}

/// Reads `count` in one call, then ends it.
fn read_in_call(shape: Shape, count: u64) {
    let (network, ports) = Network::new(shape);
    network.shut_receive(&ports[1]);
    let sender = {
        let (network, sock) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            for value in 0..count {
                let message = Message {
                    to: &[0],
                    ..message(value)
                };
                network.send(&sock, message, true).unwrap();
            }
        })
    };
    task::call(|| {
        for _ in 1..count {
            receive_in_call(&ports[0], 0).unwrap().unwrap();
        }
    });
    sender.join().unwrap();
}

#[test]
fn who_receives_in_a_call_wakes_senders_before_it_sleeps_and_when_it_ends() {
    explore(2, || read_in_call(hub(1, true), 3));
}

#[test]
fn with_a_ring_of_its_own_too() {
    explore(2, || {
        let shape = Shape {
            shared: false,
            ..hub(1, true)
        };
        read_in_call(shape, 3);
    });
}
