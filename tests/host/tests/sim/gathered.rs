// SPDX-License-Identifier: GPL-2.0

//! What one call moves as records, who sent it, and what a port counts and shows.

use crate::{
    abi::{
        record::{begin, Record},
        statistics::NOT_WAITING,
        uapi::*,
    },
    caller::{alone, be, errors::*, Socket},
    chaos,
    network::forwarding::FEW_TARGETS,
    packing::packed,
    policies::{PAIRS, SWITCH},
    rust::{
        glue::{arrival::Arrival, netdev::NetDevice},
        mm::mmap::NewMapping,
        net::{
            family::Family,
            fdinfo::FdInfo,
            message::{Flags, Outgoing},
            socket::events,
        },
        task::{current as task, workers},
    },
    socket::{backlog, report, Endpoint},
    world::IPN_TERMINATE,
};
use std::sync::Mutex;

/// Two ports of a network of messages of up to so many bytes, the first a manager's.
fn pair(protocol: u32, flags: u32, mtu: i32) -> (Socket, Socket) {
    let options = [
        (IPN_SO_MTU, mtu),
        (IPN_SO_MSGPOOLSIZE, 8),
        (IPN_SO_FLAGS, flags as i32),
    ];
    let manager = Socket::made("/net", protocol, &options);
    manager.connect("").unwrap();
    (manager, Socket::joined("/net"))
}

/// Records of messages from a port, of which the first has a number.
fn records(messages: &[Vec<u8>], from: u32, first: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (message, number) in messages.iter().zip(first..) {
        bytes.resize(begin(bytes.len()), 0);
        let record = Record {
            len: message.len() as u32,
            from,
            number,
            stamp: 0,
        };
        bytes.extend(record.to_bytes());
        bytes.extend(message);
    }
    bytes
}

/// Messages to all, of these lengths.
fn messages(lengths: &[usize]) -> Vec<Vec<u8>> {
    let message = |(last, len): (u8, &usize)| {
        let mut bytes = vec![last; *len];
        let header = [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5];
        bytes
            .iter_mut()
            .zip(header)
            .for_each(|(to, from)| *to = from);
        bytes
    };
    (0..).zip(lengths).map(message).collect()
}

#[test]
fn a_call_receives_the_records_that_fit() {
    alone(|()| {
        be(0);
        for protocol in [IPN_BROADCAST, SWITCH, PAIRS] {
            for lengths in [[14, 15, 16, 23, 24], [200, 14, 42, 66, 67], [300; 5]] {
                let (one, other) = pair(protocol, 0, 300);
                let sent = messages(&lengths);
                other.set(IPN_SO_RECORDS, 1).unwrap();
                let mut before = 0;
                let whole = records(&sent, 0, 0).len();
                let bounds = (1..=5).map(|count| records(&sent[..count], 0, 0).len());
                let rooms = bounds.flat_map(|len| [len - 1, len, len + 24]);
                for room in rooms.chain([whole + 1000]) {
                    for message in &sent {
                        one.send(message, 0).unwrap();
                    }
                    let fits = |count: &usize| records(&sent[..*count], 0, 0).len() <= room;
                    let count = (1..=5).rev().find(fits).unwrap_or(0);
                    let expected = records(&sent[..count.max(1)], 0, before);
                    assert_eq!(other.next_length(), Ok((24 + lengths[0]) as i32));
                    for flags in [Flags::PEEK, 0] {
                        let (len, got) = other.receive(room, flags | Flags::TRUNC).unwrap();
                        if flags == 0 || count == 0 {
                            assert_eq!(len, expected.len(), "{protocol} {room}");
                            assert_eq!(got.bytes, expected[..room.min(expected.len())]);
                        } else {
                            // What is looked at is what is copied in one piece.
                            assert!(expected.starts_with(&got.bytes));
                            assert!(len == got.bytes.len() && len >= 24 + lengths[0]);
                        }
                        assert_eq!(got.truncated, count == 0);
                        assert!(got.end_of_record);
                    }
                    let statistics = |at: usize| {
                        let bytes = other.get_bytes(0, IPN_SO_STATISTICS, 64).unwrap();
                        u64::from_ne_bytes(bytes[8 * at..][..8].try_into().unwrap())
                    };
                    assert_eq!(statistics(2), before + count.max(1) as u64);
                    for at in count.max(1)..5 {
                        let (_, got) = other.receive(40, 0).unwrap();
                        let one = records(&sent[at..=at], 0, before + at as u64);
                        assert_eq!(got.bytes, one[..40.min(one.len())]);
                    }
                    before += 5;
                    assert_eq!((statistics(2), statistics(6)), (before, 0));
                    let bytes = lengths.iter().sum::<usize>() as u64 * before / 5;
                    assert_eq!(statistics(3), bytes);
                    assert_eq!(other.receive(64, 0).map(drop), Err(AGAIN));
                }
            }
        }
    });
}

#[test]
fn a_call_sends_the_records_that_it_is_given() {
    alone(|()| {
        be(0);
        for protocol in [IPN_BROADCAST, SWITCH] {
            for lengths in [[14, 15, 16, 23, 24], [200, 14, 42, 66, 67], [300; 5]] {
                let (one, other) = pair(protocol, 0, 300);
                one.set(IPN_SO_RECORDS, 1).unwrap();
                let sent = messages(&lengths);
                let given = packed(&sent);
                assert_eq!(one.send(&given, 0), Ok(given.len()));
                let next = || other.receive(300, 0).map(|(_, got)| got.bytes);
                for message in &sent {
                    assert_eq!(next(), Ok(message.clone()));
                }
                assert_eq!(next(), Err(AGAIN));
                // What is behind the last whole one is refused, if there is none before.
                let two = packed(&sent[..2]).len();
                for cut in [two + 1, two + 20, two + 24] {
                    let answer = one.send(&given[..cut.max(begin(two) + 1)], 0);
                    assert_eq!(answer, Ok(begin(two)));
                    assert_eq!((next(), next()), (Ok(sent[0].clone()), Ok(sent[1].clone())));
                }
                assert_eq!(one.send(&given[..23], 0), Err(INVAL));
                let first = packed(&sent[..1]);
                assert_eq!(one.send(&first[..first.len() - 1], 0), Err(INVAL));
                assert_eq!(one.send(&packed(&[vec![0; 301]]), 0), Err(MSGSIZE));
                assert_eq!(next(), Err(AGAIN));
            }
        }
    });
}

#[test]
fn records_go_as_far_as_there_is_room_on_a_lossless_network() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH] {
            let (one, other) = pair(protocol, IPN_FLAG_LOSSLESS, 64);
            one.set(IPN_SO_RECORDS, 1).unwrap();
            other.set(IPN_SO_RECORDS, 1).unwrap();
            let sent = messages(&[64; 12]);
            let given = packed(&sent);
            let each = packed(&sent[..1]).len();
            assert_eq!(one.send(&given, 0), Ok(8 * each));
            assert_eq!(one.send(&given, 0), Err(AGAIN));
            let (len, _) = other.receive(3 * each, 0).unwrap();
            assert_eq!(len, 3 * each);
            assert_eq!(one.send(&given, 0), Ok(3 * each));
            assert_eq!(one.send(&given, 0), Err(AGAIN));
        }
    });
}

#[test]
fn who_asks_is_told_who_held_the_port_when_it_sent() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH] {
            let options = [
                (IPN_SO_MTU, 16),
                (IPN_SO_MSGPOOLSIZE, 8),
                (IPN_SO_MODE, 0o777),
            ];
            let reader = Socket::made("/net", protocol, &options);
            reader.connect("").unwrap();
            let frame = &messages(&[16])[0];
            for (records, asks) in [(0, 0), (0, 1), (1, 1), (1, 0)] {
                reader.set(IPN_SO_RECORDS, records).unwrap();
                reader.set(IPN_SO_SENDER, asks).unwrap();
                // Port 1 is held by one after the other, port 2 by one all the time.
                be(1002);
                let stays = Socket::open(0).unwrap();
                stays.set(IPN_SO_PORT, 2).unwrap();
                stays.connect("/net").unwrap();
                for uid in [1000, 1001] {
                    be(uid);
                    let one = Socket::joined("/net");
                    one.send(frame, 0).unwrap();
                    one.send(frame, 0).unwrap();
                    drop(one);
                }
                stays.send(frame, 0).unwrap();
                let count = match (records, asks) {
                    (0, _) => 5,
                    (_, 0) => 1,
                    _ => 3,
                };
                let got = (0..count).map(|_| reader.receive(500, 0).unwrap().1);
                let got = got.collect::<Vec<_>>();
                let by = got.iter().map(|got| got.sender.zip(got.sent_by));
                let who = [(1, 1000), (1, 1000), (1, 1001), (1, 1001), (2, 1002)];
                let expected: Vec<_> = match (records, asks) {
                    (1, 1) => [who[0], who[2], who[4]].map(Some).to_vec(),
                    (1, _) => vec![None],
                    (_, 1) => who.map(Some).to_vec(),
                    _ => vec![None; 5],
                };
                assert_eq!(by.collect::<Vec<_>>(), expected);
                if (records, asks) == (1, 1) {
                    let lengths = got.iter().map(|got| got.bytes.len());
                    assert_eq!(lengths.collect::<Vec<_>>(), [80, 80, 40]);
                }
                assert_eq!(reader.receive(500, 0).map(drop), Err(AGAIN));
                be(1000);
            }
        }
    });
}

#[test]
fn a_port_counts_what_it_sends_and_gets_and_how_long_it_waits() {
    alone(|()| {
        let at = |time| task::with(|task| task.uptime.set(time));
        for protocol in [IPN_BROADCAST, SWITCH] {
            let (one, other) = pair(protocol, 0, 16);
            let fresh = Socket::open(0).unwrap();
            assert_eq!(fresh.get_bytes(0, IPN_SO_STATISTICS, 64), Err(NOTCONN));
            let statistics = |port: &Socket| {
                let bytes = port.get_bytes(0, IPN_SO_STATISTICS, 64).unwrap();
                let words = bytes.chunks_exact(8);
                words
                    .map(|word| u64::from_ne_bytes(word.try_into().unwrap()))
                    .collect::<Vec<_>>()
            };
            let frame = &messages(&[15])[0];
            for _ in 0..3 {
                one.send(frame, 0).unwrap();
            }
            other.next().unwrap();
            assert_eq!(statistics(&one), [3, 45, 0, 0, 0, 0, 0, NOT_WAITING]);
            assert_eq!(statistics(&other), [0, 0, 1, 15, 0, 0, 2, NOT_WAITING]);
            for _ in 0..9 {
                one.send(frame, 0).unwrap();
            }
            other.next().unwrap();
            assert_eq!(statistics(&other), [0, 0, 2, 30, 3, 0, 7, NOT_WAITING]);
            let waiting = || statistics(&other)[7];
            let mut entry = other.sock().join();
            at(50);
            other.poll();
            at(70);
            assert_eq!(waiting(), NOT_WAITING, "there is something to read");
            while other.next().is_ok() {}
            at(80);
            other.poll();
            at(95);
            assert_eq!(waiting(), 15);
            one.send(frame, 0).unwrap();
            assert_eq!(waiting(), NOT_WAITING, "there is again");
            other.next().unwrap();
            assert_eq!(waiting(), 15);
            other.sock().was_woken(&mut entry);
            other.sock().unjoin();
            assert_eq!(waiting(), NOT_WAITING, "nobody polls");
            other.shut(0).unwrap();
            one.send(frame, 0).unwrap();
            assert_eq!(statistics(&other)[6], 0, "nothing comes any more");
        }
    });
}

/// The page of its sender's that is not there while it is written comes once the sender may wait for it.
#[test]
fn what_has_to_be_written_twice_counts_once() {
    alone(|()| {
        for flags in [0, IPN_FLAG_LOSSLESS] {
            let (one, other) = pair(IPN_BROADCAST, flags, 16);
            let send = || {
                let message = Outgoing::with_faults(&[9; 16], Flags::DONTWAIT, 1);
                let sent = task::call(|| Endpoint::send(one.sock(), message));
                assert_eq!(sent, Ok(16));
            };
            let sent = || {
                let bytes = one.get_bytes(0, IPN_SO_STATISTICS, 16).unwrap();
                let words = bytes.chunks_exact(8);
                words
                    .map(|word| u64::from_ne_bytes(word.try_into().unwrap()))
                    .collect::<Vec<_>>()
            };
            (0..3).for_each(|_| send());
            assert_eq!(sent(), [3, 48]);
            let late = Socket::joined("/net");
            let got = |port: &Socket| (0..).take_while(|_| port.next().is_ok()).count();
            assert_eq!((got(&one), got(&other), got(&late)), (0, 3, 0));
            if flags != 0 {
                continue;
            }
            (0..20).for_each(|_| send());
            assert_eq!(sent(), [23, 23 * 16]);
            for (port, expected) in [(&one, 0), (&other, 20), (&late, 20)] {
                let got = got(port);
                assert_eq!(got + port.sock().drops() as usize, expected);
            }
        }
    });
}

#[test]
fn a_descriptor_shows_network_port_and_device() {
    alone(|()| {
        let lines = |sock: &Socket| {
            let lines = Mutex::new(Vec::new());
            Endpoint::show(sock.sock(), &FdInfo(&lines));
            lines.into_inner().unwrap()
        };
        let (network, path) = ("ipn-network: 0:0:0", "ipn-path: path");
        let fresh = Socket::open(0).unwrap();
        assert!(lines(&fresh).is_empty());
        let maker = Socket::made("/net", IPN_BROADCAST, &[]);
        assert_eq!(lines(&maker), [network, path]);
        maker.connect("").unwrap();
        assert_eq!(lines(&maker), [network, path, "ipn-port: 0"]);
        let tap = Socket::joined("/net");
        tap.sock().device.put(NetDevice::default()).unwrap();
        let shown = [network, path, "ipn-port: 1", "ipn-device: "];
        assert_eq!(lines(&tap), shown);
    });
}

#[test]
fn what_its_last_user_leaves_is_no_network_any_more() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, other) = pair(protocol, 0, 16);
            let network = one.sock().network().unwrap().clone();
            other.send(&messages(&[16])[0], 0).unwrap();
            drop(one);
            assert!(report::with_network(&network, |_| ()).is_some());
            assert_eq!((network.figures().sent, network.figures().used), (1, 1));
            drop(other);
            assert!(report::with_network(&network, |_| ()).is_none());
            assert_eq!((network.figures().sent, network.figures().used), (0, 0));
            let refused = network.with_policy(|_| Ok(()));
            assert_eq!(refused.map_err(|error| -error.to_errno()), Err(NOPROTOOPT));
            let gone = network.may_manage().map_err(|error| -error.to_errno());
            assert_eq!(gone, Err(ADDRNOTAVAIL));
        }
    });
}

#[test]
fn a_manager_may_manage_by_the_file() {
    alone(|()| {
        for (mode, expected) in [(0o700, Err(ACCES)), (0o701, Ok(())), (0o706, Err(ACCES))] {
            be(1000);
            let maker = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_MODE, mode)]);
            be(1001);
            let network = maker.sock().network().unwrap();
            let may = network.may_manage().map_err(|error| -error.to_errno());
            assert_eq!(may, expected, "{mode:o}");
        }
    });
}

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
fn what_a_port_gives_up_is_shown_and_its_device_has_done() {
    alone(|()| {
        let (one, other) = pair(IPN_BROADCAST, 0, 16);
        other.sock().device.put(NetDevice::default()).unwrap();
        let shown = |sock: &Socket| {
            let bits = &sock.sock().shown_shutdown;
            bits.load(std::sync::atomic::Ordering::Relaxed)
        };
        let turns = || task::with(|task| task.turns.replace(0));
        turns();
        for (how, bits, waits) in [(1, 2, 0), (0, 3, 1)] {
            one.shut(how).unwrap();
            assert_eq!((shown(&one), turns()), (bits, 0));
            other.shut(how).unwrap();
            assert_eq!((shown(&other), turns()), (bits, waits));
        }
        let observer = Socket::open(0).unwrap();
        observer.set(IPN_SO_OBSERVE, 1).unwrap();
        observer.connect("/net").unwrap();
        observer.shut(1).unwrap();
        assert_eq!(shown(&observer), 2);
        let mute = Socket::open(0).unwrap();
        mute.set(IPN_SO_OBSERVE, 1).unwrap();
        mute.shut(1).unwrap();
        mute.connect("/net").unwrap();
        assert_eq!((shown(&mute), mute.send(&[1], 0)), (2, Err(PIPE)));
        observer.shut(0).unwrap();
        assert_eq!(shown(&observer), 3);
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

/// A device waits for room, of which it hears; and for what it has sent before, which is dropped once it may not send.
#[test]
fn a_device_waits_for_room_and_for_its_turn() {
    alone(|()| {
        let device = |protocol, flags| {
            let (one, other) = pair(protocol, flags, 16);
            let device = Socket::joined("/net");
            device.sock().device.put(NetDevice::default()).unwrap();
            (one, other, device)
        };
        let enter = |device: &Socket, len: usize| {
            let frame = &messages(&[len])[0];
            let result = backlog::enter(device.sock(), &mut Arrival::new(frame));
            result.map_err(|errno| -> i32 { errno.number().into() })
        };
        let (one, other, tap) = device(IPN_BROADCAST, IPN_FLAG_LOSSLESS);
        let wakes = || tap.sock().device.with(NetDevice::wakes).unwrap();
        for _ in 0..8 {
            assert_eq!(enter(&tap, 16), Ok(()));
        }
        assert_eq!((enter(&tap, 16), wakes()), (Err(AGAIN), 0));
        one.next().unwrap();
        assert_eq!(wakes(), 0, "the other has read nothing");
        other.next().unwrap();
        assert_eq!((wakes(), enter(&tap, 16)), (1, Ok(())));
        drop((one, other, tap));
        let (_one, other, tap) = device(SWITCH, 0);
        let more = [(); 3].map(|()| Socket::joined("/net"));
        assert_eq!(enter(&tap, 16), Ok(()));
        for (len, expected) in [(17, Err(MSGSIZE)), (15, Ok(())), (16, Ok(()))] {
            assert_eq!(enter(&tap, len), expected);
        }
        assert_eq!(other.next(), Err(AGAIN), "the worker was not there");
        workers::flush();
        let lengths = [(); 3].map(|()| other.next().unwrap().len());
        assert_eq!(lengths, [16, 15, 16]);
        assert_eq!(enter(&tap, 16), Ok(()));
        tap.shut(1).unwrap();
        workers::flush();
        let drops = tap.sock().port.drops.counts();
        assert_eq!(drops[IPN_DROP_SHUT as usize], 1);
        assert_eq!(drops.iter().sum::<u64>(), 1);
        drop(more);
    });
}

#[test]
fn a_device_hears_of_room_once_what_it_has_sent_before_is_through() {
    alone(|()| {
        let (one, other) = pair(SWITCH, IPN_FLAG_LOSSLESS, 16);
        let tap = Socket::joined("/net");
        tap.sock().device.put(NetDevice::default()).unwrap();
        let more = [(); 3].map(|()| Socket::joined("/net"));
        let frame = &messages(&[16])[0];
        one.shut(0).unwrap();
        tap.shut(0).unwrap();
        for _ in 0..7 {
            one.send(frame, 0).unwrap();
        }
        backlog::enter(tap.sock(), &mut Arrival::new(frame)).unwrap();
        // It takes the last room, unless the worker is faster.
        let _ = one.send(frame, 0);
        workers::flush();
        for port in [&other].into_iter().chain(&more) {
            port.next().unwrap();
            workers::flush();
        }
        assert_eq!(tap.sock().device.with(NetDevice::wakes), Some(1));
    });
}

#[test]
fn a_switch_learns_from_what_a_device_sent_while_more_waited() {
    alone(|()| {
        let (one, other) = pair(SWITCH, 0, 16);
        let tap = Socket::joined("/net");
        tap.sock().device.put(NetDevice::default()).unwrap();
        let more = [(); 3].map(|()| Socket::joined("/net"));
        let stations = [[2, 0, 0, 0, 0, 7], [2, 0, 0, 0, 0, 8], [2, 0, 0, 0, 0, 9]];
        for station in stations {
            let frame = [&[255; 6][..], &station, &[0x88, 0xb5, 0, 0]].concat();
            backlog::enter(tap.sock(), &mut Arrival::new(&frame)).unwrap();
        }
        workers::flush();
        while other.next().is_ok() {}
        for station in stations {
            let frame = [&station[..], &[2, 0, 0, 0, 0, 1, 0x88, 0xb5, 0, 0]].concat();
            one.send(&frame, 0).unwrap();
            assert_eq!(other.next(), Err(AGAIN), "{station:?}");
        }
        drop(more);
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
                let receive = || assert!(other.next().is_ok());
                hears(&one, false, &receive);
                while one.send(frame, 0).is_ok() {}
                assert!(hears(&one, asks, &receive) || !asks, "of room");
                while other.next().is_ok() {}
            }
        }
    });
}

#[test]
fn a_network_that_has_grown_delivers_to_its_new_ports() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH, PAIRS] {
            let options = [
                (IPN_SO_MTU, 16),
                (IPN_SO_MSGPOOLSIZE, 4),
                (IPN_SO_NUMNODES, 2),
            ];
            let one = Socket::made("/net", protocol, &options);
            one.connect("").unwrap();
            let mut ports = vec![Socket::joined("/net")];
            for count in [3, 4, 64, 6] {
                one.set(IPN_SO_CHANGE_NUMNODES, count).unwrap();
                while ports.len() + 1 < count.min(6) as usize {
                    ports.push(Socket::joined("/net"));
                }
                let frame = &messages(&[16])[0];
                ports.last().unwrap().send(frame, 0).unwrap();
                let partner = (ports.len() ^ 1).checked_sub(1);
                for (at, port) in ports[..ports.len() - 1].iter().enumerate() {
                    let hears = protocol != PAIRS || partner == Some(at);
                    assert_eq!(port.next().is_ok(), hears, "{at} of {count}");
                }
                let hears = protocol != PAIRS || partner.is_none();
                assert_eq!(one.next().is_ok(), hears, "of {count}");
            }
        }
    });
}

/// The owner of an account is charged for what a network takes after it has grown, and not for one that has ended,
/// which counts for who still uses it.
#[test]
fn an_account_has_what_its_networks_take() {
    alone(|()| {
        let shape = [
            (IPN_SO_MSGPOOLSIZE, 64),
            (IPN_SO_MTU, 1024),
            (IPN_SO_NUMNODES, 1),
            (IPN_SO_MODE, 0o777),
        ];
        be(1000);
        let made = (0..8).map(|number| Socket::made(&format!("/{number}"), SWITCH, &shape));
        let made: Vec<_> = made.collect();
        // Of 4 MiB each takes more than 640 KiB.
        let grow = |ports| {
            (made.iter())
                .filter(|maker| maker.set(IPN_SO_CHANGE_NUMNODES, ports).is_ok())
                .count()
        };
        let count = grow(10);
        assert!((4..7).contains(&count), "{count}");
        assert_eq!(grow(1), 8);
        assert_eq!(grow(10), count);
        let more = || {
            let new = Socket::open(SWITCH as i32).unwrap();
            shape.map(|(option, value)| new.set(option, value).unwrap());
            let _ = crate::rust::fs::path::unlink(c"/more");
            new.bind("/more")
        };
        assert_eq!(grow(1), 8);
        assert_eq!(more(), Err(NOBUFS), "it has eight");
        be(1001);
        let guest = Socket::joined("/0");
        be(1000);
        made[1].request(IPN_TERMINATE, 0).unwrap();
        assert_eq!(more(), Err(NOBUFS), "nobody else uses it");
        assert_eq!(made[0].request(IPN_TERMINATE, 0), Ok(0));
        assert_eq!(more(), Err(NOBUFS), "it uses that itself");
        let mut made = made;
        drop(made.remove(0));
        assert_eq!(more(), Ok(()), "it is the guest's");
        drop(guest);
        // By one that another ends.
        let _ninth = Socket::made("/ninth", SWITCH, &shape);
        be(1001);
        let manager = Socket::open(0).unwrap();
        manager.bind("/2").unwrap();
        be(1000);
        drop(made.remove(1));
        assert_eq!(more(), Err(NOBUFS), "it has not ended");
        assert_eq!(manager.request(IPN_TERMINATE, 0), Ok(0));
        assert_eq!(more(), Ok(()), "it is the manager's");
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
