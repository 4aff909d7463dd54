// SPDX-License-Identifier: GPL-2.0

//! A port that observes: what it sees, and what nobody sees of it.

use crate::{
    abi::uapi::*,
    caller::{alone, be, errors::*, Socket},
    policies::{PAIRS, SWITCH, TAGS},
};

const SHAPE: [(u32, i32); 2] = [(IPN_SO_MTU, 16), (IPN_SO_MSGPOOLSIZE, 4)];

/// A socket that wants to observe.
fn observer() -> Socket {
    let new = Socket::open(0).unwrap();
    new.set(IPN_SO_OBSERVE, 1).unwrap();
    new
}

/// A network, its manager with port 0, two ports more, and an observer.
fn observed(protocol: u32, flags: u32) -> (Socket, Socket, Socket, Socket) {
    let options = [&SHAPE[..], &[(IPN_SO_FLAGS, flags as i32)]].concat();
    let manager = Socket::made("/net", protocol, &options);
    manager.connect("").unwrap();
    let (one, two, third) = (Socket::joined("/net"), Socket::joined("/net"), observer());
    third.connect("/net").unwrap();
    (manager, one, two, third)
}

/// An Ethernet frame from one station to another.
fn frame(to: u8, from: u8) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, to], &[2, 0, 0, 0, 0, from], &[8, 0][..]].concat()
}

#[test]
fn it_sees_what_ports_send_to_one_another() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH, PAIRS, TAGS] {
            let (zero, one, two, third) = observed(protocol, 0);
            for (port, message) in [
                (&one, frame(9, 1)),
                (&zero, frame(1, 5)),
                (&two, frame(1, 2)),
            ] {
                port.send(&message, 0).unwrap();
                assert_eq!(third.next(), Ok(message), "of protocol {protocol}");
            }
            assert_eq!(third.next(), Err(AGAIN));
        }
    });
}

#[test]
fn it_counts_as_no_reader_and_sends_nothing() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (zero, one, _two, third) = observed(protocol, 0);
            let figures = || zero.sock().network().unwrap().figures();
            let counts = || (figures().counts.readers, figures().counts.writers);
            assert_eq!((figures().used, counts()), (4, (3, 3)));
            assert_eq!(third.send(&[1], 0), Err(PIPE));
            third.shut(0).unwrap();
            assert_eq!(counts(), (3, 3));
            drop(third);
            assert_eq!((figures().used, counts()), (3, (3, 3)));
            one.shut(0).unwrap();
            assert_eq!(counts(), (2, 3));
        }
    });
}

#[test]
fn no_sender_waits_for_it_and_it_is_told_what_it_missed() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (zero, one, two, third) = observed(protocol, IPN_FLAG_LOSSLESS);
            for number in 0..6 {
                zero.send(&[number], 0).unwrap();
                assert_eq!(one.next(), Ok(vec![number]));
                let other = two.next();
                assert_eq!(other.is_ok(), protocol == IPN_BROADCAST);
            }
            // Of the last four nothing was written over.
            for number in 2..6 {
                assert_eq!(third.next(), Ok(vec![number]));
            }
            assert_eq!((third.next(), third.sock().drops()), (Err(AGAIN), 2));
            let network = zero.sock().network().unwrap();
            assert_eq!(network.figures().dropped, 0, "none was lost to a reader");
            // A reader that stands still holds senders up as ever, a filter of the observer's asks none.
            third.sock().attach_filter(|_| 0);
            for _ in 0..4 {
                zero.send(&[7], 0).unwrap();
            }
            assert_eq!(zero.send(&[8], 0), Err(AGAIN));
        }
    });
}

#[test]
fn it_takes_the_rights_to_receive_and_to_manage() {
    alone(|()| {
        for mode in 0..8 {
            be(1000);
            let maker = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_MODE, mode)]);
            be(1001);
            let may = mode & 0o5 == 0o5;
            let third = observer();
            let expected = if may { Ok(()) } else { Err(ACCES) };
            assert_eq!(third.connect("/net"), expected, "mode {mode:o}");
            let bound = observer();
            if bound.bind("/net").is_ok() {
                assert_eq!(bound.connect(""), expected, "mode {mode:o}");
            }
            be(1000);
            drop(maker);
        }
    });
}

#[test]
fn whether_it_observes_is_settled_when_it_takes_its_port() {
    alone(|()| {
        let maker = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        assert_eq!(maker.get(IPN_SO_OBSERVE), Ok(0));
        for value in [-1, 2] {
            assert_eq!(maker.set(IPN_SO_OBSERVE, value), Err(INVAL));
        }
        for value in [1, 0, 1] {
            maker.set(IPN_SO_OBSERVE, value).unwrap();
            assert_eq!(maker.get(IPN_SO_OBSERVE), Ok(value));
        }
        maker.connect("").unwrap();
        assert_eq!(maker.get(IPN_SO_OBSERVE), Ok(1));
        assert_eq!(maker.set(IPN_SO_OBSERVE, 0), Err(ISCONN));
    });
}

#[test]
fn it_goes_on_when_the_network_grows() {
    alone(|()| {
        let (zero, one, _two, third) = observed(PAIRS, 0);
        for ports in [6, 4, 5] {
            zero.set(IPN_SO_CHANGE_NUMNODES, ports).unwrap();
            zero.send(&[3], 0).unwrap();
            assert_eq!((one.next(), third.next()), (Ok(vec![3]), Ok(vec![3])));
        }
        drop(third);
        // Its number is another's now, and a port as any.
        let next = Socket::joined("/net");
        zero.send(&[4], 0).unwrap();
        assert_eq!((one.next(), next.next()), (Ok(vec![4]), Err(AGAIN)));
    });
}
