// SPDX-License-Identifier: GPL-2.0

//! Who is woken, and what for.

use crate::{
    abi::uapi::*, caller::alone, caller::errors::*, caller::Socket, chaos,
    network::forwarding::FEW_TARGETS, pairs::messages, pairs::pair, policies::PAIRS,
    policies::SWITCH, rust::mm::mmap::NewMapping, rust::net::family::Family,
    rust::net::socket::events, rust::task::current as task, rust::task::workers, socket::Endpoint,
    world::IPN_TERMINATE,
};

/// Of a message for few ports, and of one for many.
#[test]
fn who_sleeps_is_woken_for_its_own_messages() {
    alone(|()| {
        for ports in [4, FEW_TARGETS as usize, FEW_TARGETS as usize + 3] {
            for (protocol, more) in [
                (SWITCH, false),
                (SWITCH, true),
                (PAIRS, false),
                (PAIRS, true),
            ] {
                let (one, other) = pair(protocol, 0, 16);
                let rest = (2..ports)
                    .map(|_| Socket::joined("/net"))
                    .collect::<Vec<_>>();
                let mut waits = Vec::new();
                for port in [&other].into_iter().chain(&rest) {
                    let entry = port.sock().join();
                    assert_eq!(Endpoint::poll(port.sock(), true) & events::IN, 0);
                    waits.push((port, entry));
                }
                task::with(|task| task.more_follows.set(more));
                one.send(&messages(&[16])[0], 0).unwrap();
                task::with(|task| task.more_follows.set(false));
                for (number, (port, entry)) in waits.iter_mut().enumerate() {
                    let hears = protocol == SWITCH || number == 0;
                    assert_eq!(port.sock().was_woken(entry), hears, "{number} of {ports}");
                    assert_eq!(port.poll() & events::IN != 0, hears);
                    port.sock().unjoin();
                }
            }
        }
    });
}

#[test]
fn a_filter_that_comes_later_makes_room_for_senders() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, other) = pair(protocol, IPN_FLAG_LOSSLESS, 16);
            let frame = &messages(&[16])[0];
            for _ in 0..8 {
                one.send(frame, 0).unwrap();
            }
            other.sock().attach_filter(|_| 0);
            task::call(|| Endpoint::has_filter(other.sock()));
            assert_eq!(one.send(frame, 0), Ok(16), "without any worker");
        }
    });
}

#[test]
fn a_mapped_reader_goes_past_what_its_filter_refuses_by_itself() {
    alone(|()| {
        let (one, other) = pair(IPN_BROADCAST, IPN_FLAG_LOSSLESS, 16);
        let mapped = NewMapping::new(IPN_MAP_CURSOR);
        Endpoint::map(other.sock(), &mapped).unwrap();
        other.sock().attach_filter(|_| 0);
        for _ in 0..8 {
            one.send(&[1; 16], 0).unwrap();
        }
        task::call(|| Endpoint::has_filter(other.sock()));
        assert_eq!(one.send(&[1; 16], 0), Err(AGAIN));
        workers::flush();
        assert_eq!(one.send(&[1; 16], 0), Err(AGAIN));
    });
}

#[test]
fn who_sleeps_is_woken_to_be_told_of_readers_and_writers() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, other) = pair(protocol, 0, 16);
            other.set(IPN_SO_HANDLE_OOB, 1).unwrap();
            other.set(IPN_SO_WANT_OOB_NUMNODES, 1).unwrap();
            let changes: [fn(&Socket); 3] = [
                |_| drop(Socket::joined("/net")),
                |one| one.shut(1).unwrap(),
                |one| one.shut(0).unwrap(),
            ];
            for change in changes {
                let mut entry = other.sock().join();
                assert_eq!(Endpoint::poll(other.sock(), true) & events::PRI, 0);
                change(&one);
                assert!(other.sock().was_woken(&mut entry));
                other.sock().unjoin();
                while other.next().is_ok() {}
            }
        }
    });
}

#[test]
fn who_asks_for_a_signal_gets_it() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, other) = pair(protocol, IPN_FLAG_LOSSLESS, 16);
            let frame = &messages(&[16])[0];
            let hears = |port: &Socket, asks: bool, act: &dyn Fn()| {
                let mut entry = port.sock().join();
                if asks {
                    Endpoint::wants_signal(port.sock());
                }
                act();
                let hears = port.sock().was_woken(&mut entry);
                port.sock().unjoin();
                hears
            };
            for asks in [false, true] {
                // Nobody sleeps at either port, which is forgotten.
                one.send(frame, 0).unwrap();
                other.next().unwrap();
                let send = || assert_eq!(one.send(frame, 0), Ok(16));
                assert_eq!(hears(&other, asks, &send), asks, "of a message");
                while one.send(frame, 0).is_ok() {}
                // A quarter of what there is room for.
                let receive = || (0..2).for_each(|_| assert!(other.next().is_ok()));
                hears(&one, false, &receive);
                while one.send(frame, 0).is_ok() {}
                assert!(hears(&one, asks, &receive) || !asks, "of room");
                while other.next().is_ok() {}
            }
        }
    });
}

/// One that waits for the end has no port, or never reads.
#[test]
fn who_only_waits_for_the_end_is_woken_by_it() {
    chaos::schedules(
        |()| {
            let maker = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_MSGPOOLSIZE, 1)]);
            let (bound, port) = (Socket::open(0).unwrap(), Socket::joined("/net"));
            bound.bind("/net").unwrap();
            let tasks = [&bound, &port].map(|sock| {
                let sock = sock.sock().clone();
                shuttle::thread::spawn(move || {
                    let mut entry = sock.join();
                    while Endpoint::poll(&sock, true) & events::HUP == 0 {
                        sock.sleep(&mut entry);
                    }
                    sock.unjoin();
                })
            });
            maker.request(IPN_TERMINATE, 0).unwrap();
            tasks.map(|task| task.join().unwrap());
        },
        30,
    );
}
