// SPDX-License-Identifier: GPL-2.0

//! A lossless network: nothing is lost, and who waits for room is woken when there is some.

use crate::{
    explore,
    rust::{
        net::family::Family,
        task::{current as task, workers},
    },
    socket::Endpoint,
    world::{message, receive, receive_now, settle, Network, Port, Refused, Shape},
};
use loom::thread;

fn lossless(pool: u32, ports: u32) -> Shape {
    Shape {
        pool,
        ports,
        lossless: true,
        shared: true,
        in_parts: false,
    }
}

/// Port 0 reads all that the others send: `each` messages of each, more than there is room for.
fn stream(pool: u32, senders: u32, each: u64) {
    let (network, ports) = Network::new(lossless(pool, senders + 1));
    // Senders do not read: they must not be waited for.
    ports[1..]
        .iter()
        .for_each(|sock| network.shut_receive(sock));
    let threads: Vec<_> = ports[1..]
        .iter()
        .map(|sock| {
            let (network, sock) = (network.clone(), sock.clone());
            thread::spawn(move || {
                for number in 0..each {
                    let value = u64::from(sock.number) * 100 + number;
                    network.send(&sock, message(value), true).unwrap();
                }
            })
        })
        .collect();
    let total = u64::from(senders) * each;
    let got = (0..total).filter_map(|_| receive(&network, &ports[0]));
    let got = got.collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    let values = settle(&network, &ports[0], got);
    for sender in 1..=u64::from(senders) {
        let of_one = values.iter().filter(|&&value| value / 100 == sender);
        assert!(of_one.eq((0..each)
            .map(|number| sender * 100 + number)
            .collect::<Vec<_>>()
            .iter()));
    }
}

#[test]
fn a_sender_waits_for_its_reader_and_is_woken() {
    explore(2, || stream(1, 1, 3));
}

#[test]
fn with_a_pool_of_two_too() {
    explore(2, || stream(2, 1, 3));
}

#[test]
fn two_senders_wait_for_one_place() {
    explore(2, || stream(1, 2, 1));
}

#[test]
fn the_slowest_of_two_readers_counts() {
    explore(2, || {
        let (network, ports) = Network::new(lossless(1, 3));
        network.shut_receive(&ports[2]);
        network.send(&ports[2], message(200), true).unwrap();
        let sender = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || network.send(&sock, message(201), true).unwrap())
        };
        let reader = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || receive_now(&network, &sock))
        };
        let got = receive_now(&network, &ports[0]);
        let others = reader.join().unwrap();
        sender.join().unwrap();
        settle(&network, &ports[0], got.into_iter().collect());
        settle(&network, &ports[1], others.into_iter().collect());
    });
}

/// A sender waits for a port that never reads, until `act` ends the wait.
fn until(act: fn(&Network, &Port), sent: Result<(), Refused>) {
    let (network, ports) = Network::new(lossless(1, 2));
    network.send(&ports[1], message(100), true).unwrap();
    let sender = {
        let (network, sock) = (network.clone(), ports[1].clone());
        thread::spawn(move || network.send(&sock, message(101), true))
    };
    act(&network, &ports[0]);
    assert_eq!(sender.join().unwrap(), sent);
}

#[test]
fn a_reader_that_leaves_holds_nobody_up() {
    explore(3, || until(|network, port| network.leave(port), Ok(())));
}

#[test]
fn a_reader_that_shuts_its_receive_side_holds_nobody_up() {
    explore(3, || {
        until(|network, port| network.shut_receive(port), Ok(()))
    });
}

#[test]
fn the_end_of_the_network_wakes_a_waiting_sender() {
    explore(3, || {
        until(|network, _| network.terminate(), Err(Refused::Over))
    });
}

/// A sender that is refused sleeps until it hears of room; with `polls`, it has polled before.
fn refused(polls: bool) {
    let (network, ports) = Network::new(lossless(1, 2));
    network.shut_receive(&ports[1]);
    let sender = {
        let (network, sock) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            let mut entry = sock.join();
            if polls {
                network.poll(&sock);
            }
            for value in [100, 101] {
                while network.send(&sock, message(value), false) == Err(Refused::Again) {
                    sock.sleep(&mut entry);
                }
            }
            sock.unjoin();
        })
    };
    let got = (0..2).filter_map(|_| receive(&network, &ports[0]));
    let got = got.collect();
    sender.join().unwrap();
    settle(&network, &ports[0], got);
}

#[test]
fn an_epoll_hears_of_room() {
    explore(2, || refused(true));
}

#[test]
fn a_signal_tells_of_room() {
    explore(2, || refused(false));
}

/// A port that refuses all and asks for nothing holds nobody up: a worker goes past its messages. With
/// `late` it begins to refuse while a sender waits.
fn refuses(late: bool) {
    let (network, ports) = Network::new(lossless(1, 2));
    network.shut_receive(&ports[1]);
    let attach = |port: &Port| {
        port.attach_filter(|_| 0);
        task::call(|| Endpoint::has_filter(port));
    };
    if !late {
        attach(&ports[0]);
    }
    let sender = {
        let (network, sock) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            for value in [100, 101] {
                network.send(&sock, message(value), true).unwrap();
            }
        })
    };
    if late {
        attach(&ports[0]);
    }
    sender.join().unwrap();
    workers::flush();
}

#[test]
fn what_nobody_wants_holds_no_sender() {
    explore(2, || refuses(false));
}

/// Whoever attaches a filter has what waits looked through before the call returns.
#[test]
fn a_new_filter_has_made_room_when_it_is_attached() {
    explore(2, || {
        let (network, ports) = Network::new(lossless(1, 2));
        network.shut_receive(&ports[1]);
        network.send(&ports[1], message(100), true).unwrap();
        ports[0].attach_filter(|_| 0);
        task::call(|| Endpoint::has_filter(&ports[0]));
        network.send(&ports[1], message(101), false).unwrap();
        workers::flush();
    });
}

/// Two wait, and the one that is woken first fills with what nobody wants the room that was made.
#[test]
fn what_one_has_sent_that_nobody_wants_holds_not_the_other() {
    explore(2, || {
        let (network, ports) = Network::new(lossless(1, 3));
        ports[1..]
            .iter()
            .for_each(|port| network.shut_receive(port));
        network.send(&ports[1], message(100), true).unwrap();
        ports[0].attach_filter(|_| 0);
        let sender = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || network.send(&sock, message(101), true).unwrap())
        };
        network.send(&ports[2], message(102), true).unwrap();
        sender.join().unwrap();
        workers::flush();
    });
}

#[test]
fn attaching_a_filter_frees_a_sender_that_waits() {
    explore(2, || refuses(true));
}

/// A sender sleeps until a quarter of a ring of eight messages is free, while another, who never sleeps, takes room
/// as it comes; `others` of its messages.
fn quarter(others: u64) {
    explore(2, move || {
        let (network, ports) = Network::new(lossless(8, 3));
        ports[1..]
            .iter()
            .for_each(|sock| network.shut_receive(sock));
        for number in 0..7 {
            network
                .send(&ports[1], message(100 + number), true)
                .unwrap();
        }
        let sleeps = {
            let (network, sock) = (network.clone(), ports[1].clone());
            thread::spawn(move || {
                for number in 7..9 {
                    network.send(&sock, message(100 + number), true).unwrap();
                }
            })
        };
        let tries = {
            let (network, sock) = (network.clone(), ports[2].clone());
            thread::spawn(move || {
                (0..others).for_each(|number| {
                    let _ = network.send(&sock, message(200 + number), false);
                });
            })
        };
        let mut got: Vec<_> = (0..5)
            .filter_map(|_| receive(&network, &ports[0]))
            .collect();
        sleeps.join().unwrap();
        tries.join().unwrap();
        got.extend(std::iter::from_fn(|| receive_now(&network, &ports[0])));
        settle(&network, &ports[0], got);
    });
}

#[test]
fn a_sender_sleeps_until_a_quarter_is_free() {
    quarter(0);
}

#[test]
fn a_sender_that_sleeps_is_not_passed_over_for_one_that_does_not() {
    quarter(1);
}
