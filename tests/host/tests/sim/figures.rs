// SPDX-License-Identifier: GPL-2.0

//! What a port counts, and tells of itself and of who sent a message.

use crate::{
    abi::statistics::NOT_WAITING, abi::uapi::*, caller::alone, caller::be, caller::errors::*,
    caller::Socket, pairs::messages, pairs::pair, policies::SWITCH, rust::glue::netdev::NetDevice,
    rust::net::family::Family, rust::net::fdinfo::FdInfo, rust::net::message::Flags,
    rust::net::message::Outgoing, rust::task::current as task, socket::Endpoint,
};
use kernel::time;
use std::sync::Mutex;

/// What a port has counted (`struct ipn_statistics`), in words.
pub(crate) fn statistics(port: &Socket) -> Vec<u64> {
    let bytes = port.get_bytes(0, IPN_SO_STATISTICS, 96).unwrap();
    let words = bytes.chunks_exact(8);
    words
        .map(|word| u64::from_ne_bytes(word.try_into().unwrap()))
        .collect()
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
        let at = |ms: u64| time::set(ms * time::MILLISECOND);
        for protocol in [IPN_BROADCAST, SWITCH] {
            let (one, other) = pair(protocol, 0, 16);
            let fresh = Socket::open(0).unwrap();
            assert_eq!(fresh.get_bytes(0, IPN_SO_STATISTICS, 96), Err(NOTCONN));
            let frame = &messages(&[15])[0];
            for _ in 0..3 {
                one.send(frame, 0).unwrap();
            }
            other.next().unwrap();
            assert_eq!(statistics(&one)[..8], [3, 45, 0, 0, 0, 0, 0, NOT_WAITING]);
            assert_eq!(statistics(&other)[..8], [0, 0, 1, 15, 0, 0, 2, NOT_WAITING]);
            for _ in 0..9 {
                one.send(frame, 0).unwrap();
            }
            other.next().unwrap();
            assert_eq!(statistics(&other)[..8], [0, 0, 2, 30, 3, 0, 7, NOT_WAITING]);
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
            let sent = || statistics(&one)[..2].to_vec();
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
