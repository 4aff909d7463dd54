// SPDX-License-Identifier: GPL-2.0

//! What `send`, `recv`, `poll` and `FIONREAD` answer, and what is counted, with one task: each call's
//! outcome against what af_ipn(7) says of it.

use crate::{
    abi::uapi::*,
    caller::{alone, errors::*, Socket},
    network::{oob::Counts, Figures},
    policies::{PAIRS, SWITCH},
    rust::{
        net::{message::Flags, socket::events},
        task::current as task,
    },
    table::says,
    world::IPN_TERMINATE,
};

const SHAPE: [(u32, i32); 3] = [
    (IPN_SO_MTU, 16),
    (IPN_SO_MSGPOOLSIZE, 4),
    (IPN_SO_NUMNODES, 4),
];

/// Two ports of a network of so many messages of up to 16 bytes, the first a manager's.
fn pair(protocol: u32, flags: u32) -> (Socket, Socket) {
    let options = [&SHAPE[..], &[(IPN_SO_FLAGS, flags as i32)]].concat();
    let manager = Socket::made("/net", protocol, &options);
    manager.connect("").unwrap();
    (manager, Socket::joined("/net"))
}

/// A frame to all from a station.
fn frame(from: u8, last: u8) -> [u8; 16] {
    [
        255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, from, 0x88, 0xb5, 0, last,
    ]
}

fn figures(sock: &Socket) -> Figures {
    sock.sock().network().unwrap().figures()
}

#[test]
fn a_message_goes_whole_or_is_refused_for_a_reason() {
    alone(|()| {
        let fresh = Socket::open(0).unwrap();
        assert_eq!(fresh.send(&[1], 0), says("send 1 DONTWAIT", "fresh"));
        let nothing = says("recv 4 DONTWAIT", "fresh").map(drop);
        assert_eq!(fresh.receive(1, 0).map(drop), nothing);
        assert_eq!(fresh.next_length(), Ok(0));
        fresh.shut(1).unwrap();
        assert_eq!(fresh.send(&[1], 0), says("send 1 DONTWAIT", "deaf-mute"));
        let (one, other) = pair(IPN_BROADCAST, 0);
        for (len, expected) in [
            (1, Ok(1)),
            (16, Ok(16)),
            (17, Err(MSGSIZE)),
            (70000, Err(MSGSIZE)),
        ] {
            assert_eq!(one.send(&vec![9; len], 0), expected);
            assert_eq!(other.next_length(), Ok(expected.unwrap_or(0) as i32));
            assert_eq!(
                other.next(),
                expected.map(|len| vec![9; len]).map_err(|_| AGAIN)
            );
        }
        assert_eq!(one.next(), Err(AGAIN), "none of its own");
        for (flag, call) in [
            (Flags::OOB, "send flag 0"),
            (Flags::TO, "sendto own"),
            (Flags::CONTROL, "sendmsg control 1 1 4"),
        ] {
            assert_eq!(one.send(&[1], flag), says(call, "manager"), "{call}");
        }
        for flags in [Flags::OOB, Flags::ERRQUEUE, Flags::OOB | Flags::ERRQUEUE] {
            let refused = says("recv flag 0", "manager").map(drop);
            assert_eq!(one.receive(1, flags).map(drop), refused);
        }
        task::with(|task| task.signals.set(0));
        let signals = || task::with(|task| task.signals.get());
        one.shut(1).unwrap();
        assert_eq!((one.send(&[1], Flags::NOSIGNAL), signals()), (Err(PIPE), 0));
        assert_eq!((one.send(&[1], 0), signals()), (Err(PIPE), 1));
        assert_eq!((other.send(&[0; 17], 0), signals()), (Err(MSGSIZE), 1));
    });
}

#[test]
fn a_message_is_cut_to_the_room_that_there_is() {
    alone(|()| {
        let (one, other) = pair(IPN_BROADCAST, 0);
        for flags in [0, Flags::PEEK, Flags::TRUNC, Flags::PEEK | Flags::TRUNC] {
            for room in [0, 1, 9, 10, 11, 64] {
                one.send(b"0123456789", 0).unwrap();
                let (len, got) = other.receive(room, flags).unwrap();
                let fits = room.min(10);
                assert_eq!(got.bytes, b"0123456789"[..fits]);
                assert_eq!(len, if flags & Flags::TRUNC != 0 { 10 } else { fits });
                assert_eq!(
                    (got.truncated, got.end_of_record),
                    (room < 10, true),
                    "{room}"
                );
                assert!(!got.out_of_band);
                let left = other.next();
                assert_eq!(left.is_ok(), flags & Flags::PEEK != 0, "{flags}");
                assert_eq!(other.next(), Err(AGAIN));
            }
        }
    });
}

#[test]
fn a_filter_cuts_what_is_received_peeked_and_announced() {
    alone(|()| {
        let (one, _) = pair(IPN_BROADCAST, 0);
        let port = Socket::open(0).unwrap();
        // Messages that begin with 0 are refused, of others the first bytes pass.
        port.sock().attach_filter(|message| message[0].into());
        port.connect("/net").unwrap();
        one.send(&[0; 8], 0).unwrap();
        assert_eq!(port.poll() & events::IN, 0);
        assert_eq!(port.next_length(), Ok(0));
        one.send(&[5; 8], 0).unwrap();
        assert_ne!(port.poll() & events::IN, 0);
        assert_eq!(port.next_length(), Ok(5));
        for flags in [Flags::PEEK, Flags::PEEK | Flags::TRUNC, Flags::TRUNC] {
            let (len, got) = port.receive(64, flags).unwrap();
            assert_eq!(
                (len, &got.bytes[..], got.truncated),
                (5, &[5; 5][..], false)
            );
        }
        assert_eq!(port.next(), Err(AGAIN));
    });
}

/// What each direction that is given up leaves of the calls.
#[test]
fn what_is_shut_stays_shut_and_nothing_else() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH] {
            for how in [-1, 0, 1, 2, 3] {
                for before in [false, true] {
                    let (one, _other) = pair(protocol, 0);
                    let port = Socket::open(0).unwrap();
                    let join = |port: &Socket| port.connect("/net").unwrap();
                    if !before {
                        join(&port);
                    }
                    let shut = (0..3).contains(&how);
                    assert_eq!(port.shut(how), if shut { Ok(()) } else { Err(INVAL) });
                    if before {
                        join(&port);
                    }
                    let (deaf, mute) = (how == 0 || how == 2, how == 1 || how == 2);
                    let counts = figures(&one).counts;
                    let expected = (3 - u32::from(deaf), 3 - u32::from(mute));
                    assert_eq!((counts.readers, counts.writers), expected);
                    one.send(&frame(1, 1), 0).unwrap();
                    let (hup, over) = (deaf && mute, deaf);
                    let ready = port.poll();
                    assert_eq!(ready & events::HUP != 0, hup, "{how}");
                    assert_eq!(ready & events::RDHUP != 0, over, "{how}");
                    assert_eq!(ready & (events::IN | events::OUT), events::IN | events::OUT);
                    assert_eq!(ready & events::PRI, 0);
                    assert_eq!(port.next().is_ok(), !deaf);
                    assert_eq!(port.next(), Err(if deaf { PIPE } else { AGAIN }));
                    assert_eq!(port.poll() & events::IN != 0, deaf);
                    let sent = port.send(&frame(2, 2), 0);
                    assert_eq!(sent, if mute { Err(PIPE) } else { Ok(16) });
                    assert_eq!(one.next().is_ok(), !mute);
                    drop(port);
                    let counts = figures(&one).counts;
                    assert_eq!((counts.readers, counts.writers), (2, 2));
                }
            }
        }
    });
}

#[test]
fn the_end_is_found_after_what_was_sent_before() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH] {
            let (one, other) = pair(protocol, 0);
            let bound = Socket::open(0).unwrap();
            assert_eq!(bound.poll(), 0);
            bound.bind("/net").unwrap();
            assert_eq!(bound.poll(), 0);
            assert_eq!(other.poll(), events::OUT);
            one.send(&frame(1, 1), 0).unwrap();
            assert_eq!(other.poll(), events::IN | events::OUT);
            one.request(IPN_TERMINATE, 0).unwrap();
            let end = events::IN | events::RDHUP | events::HUP;
            assert_eq!(other.poll(), end | events::OUT);
            assert_eq!(bound.poll(), end);
            assert_eq!(other.next(), Ok(frame(1, 1).to_vec()));
            let (len, got) = other.receive(64, 0).unwrap();
            assert_eq!((len, got.end_of_record, got.truncated), (0, false, false));
            assert_eq!(other.send(&frame(2, 2), 0), Err(PIPE));
            assert_eq!(bound.connect(""), Err(CONNREFUSED));
        }
    });
}

#[test]
fn a_lossless_port_has_room_for_the_pool_and_a_lossy_one_loses_the_oldest() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH, PAIRS] {
            for lossless in [false, true] {
                let flags = if lossless { IPN_FLAG_LOSSLESS } else { 0 };
                let (one, other) = pair(protocol, flags);
                let third = Socket::joined("/net");
                for number in 0..4 {
                    assert_ne!(one.poll() & events::OUT, 0);
                    assert_eq!(one.send(&frame(1, number), 0), Ok(16));
                }
                let fifth = one.send(&frame(1, 4), 0);
                assert_eq!(fifth, if lossless { Err(AGAIN) } else { Ok(16) });
                assert_eq!(one.poll() & events::OUT == 0, lossless);
                let (lost, sent) = if lossless { (0, 4) } else { (1, 5) };
                for number in lost..sent {
                    let (_, got) = other.receive(64, 0).unwrap();
                    assert_eq!(got.bytes, frame(1, number));
                    assert_eq!(got.drops, lost.into());
                }
                assert_eq!(other.next(), Err(AGAIN));
                let hears = protocol != PAIRS;
                for number in lost..if hears { sent } else { lost } {
                    assert_eq!(third.next(), Ok(frame(1, number).to_vec()));
                }
                assert_eq!(third.next(), Err(AGAIN));
                let told = figures(&one);
                assert_eq!((told.ports, told.used, told.sent), (4, 3, sent.into()));
                let readers = if hears { 2 } else { 1 };
                assert_eq!(told.dropped, u64::from(lost) * readers);
                assert_ne!(one.poll() & events::OUT, 0);
                assert_eq!(one.send(&frame(1, 9), 0), Ok(16));
                drop((other, third));
                assert_eq!(figures(&one).used, 1);
                for number in 0..20 {
                    assert_eq!(
                        one.send(&frame(1, number), 0),
                        Ok(16),
                        "nobody is to be waited for"
                    );
                }
            }
        }
    });
}

#[test]
fn readers_and_writers_are_told_to_who_asks_as_long_as_it_asks() {
    alone(|()| {
        let (one, _other) = pair(IPN_BROADCAST, 0);
        let told = |readers, writers| Ok(Counts { readers, writers }.to_bytes().to_vec());
        for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
            for (value, expected) in [(1, Ok(())), (0, Ok(())), (2, Err(INVAL)), (-1, Err(INVAL))] {
                assert_eq!(one.set(option, value), expected);
                assert_eq!(one.get(option), Ok((value == 1).into()));
            }
        }
        let come_and_go = || drop(Socket::joined("/net"));
        come_and_go();
        assert_eq!(one.next(), Err(AGAIN), "it has not asked");
        // Both: what is to be told, and that it is to be told.
        one.set(IPN_SO_WANT_OOB_NUMNODES, 1).unwrap();
        one.set(IPN_SO_HANDLE_OOB, 1).unwrap();
        let third = Socket::joined("/net");
        third.send(&[7], 0).unwrap();
        assert_eq!(one.poll(), events::IN | events::PRI | events::OUT);
        assert_eq!(one.next_length(), Ok(16));
        let (len, got) = one.receive(8, Flags::PEEK).unwrap();
        assert_eq!((len, got.truncated, got.out_of_band), (8, true, true));
        assert_eq!(one.next(), told(3, 3), "before what came earlier");
        assert_eq!(one.poll(), events::IN | events::OUT);
        third.shut(1).unwrap();
        assert_eq!(one.next(), told(3, 2));
        third.shut(1).unwrap();
        assert_eq!(one.next(), Ok(vec![7]), "nothing has changed");
        drop(third);
        assert_eq!(one.next(), told(2, 2));
        for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
            come_and_go();
            assert_ne!(one.poll() & events::PRI, 0);
            one.set(option, 0).unwrap();
            assert_eq!(one.poll(), events::OUT);
            assert_eq!(one.next(), Err(AGAIN));
            come_and_go();
            one.set(option, 1).unwrap();
            assert_eq!(one.next(), Err(AGAIN), "what came meanwhile is not told");
        }
        // Who has shut its ear and asks is told still.
        one.shut(0).unwrap();
        come_and_go();
        assert_eq!(one.next(), told(1, 2));
    });
}

#[test]
fn the_time_of_a_message_is_that_of_its_send_once_a_port_asks() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH] {
            let at = |time| task::with(|task| task.time.set(time));
            let (one, other) = pair(protocol, 0);
            let stamp = || other.receive(64, 0).unwrap().1.stamp;
            at(5);
            one.send(&frame(1, 1), 0).unwrap();
            at(6);
            assert_eq!(stamp(), Some(0), "nobody had asked");
            other.sock().want_stamp();
            let _ = other.receive(64, 0);
            for time in [7, 8, 9] {
                at(time);
                one.send(&frame(1, 1), 0).unwrap();
            }
            at(10);
            assert_eq!([stamp(), stamp(), stamp()], [Some(7), Some(8), Some(9)]);
        }
    });
}
