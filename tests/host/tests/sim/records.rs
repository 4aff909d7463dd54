// SPDX-License-Identifier: GPL-2.0

//! Several messages with one call, each as a record.

use crate::{
    abi::record::begin, abi::record::Record, abi::record::HEADER, abi::uapi::*, caller::alone,
    caller::be, caller::errors::*, figures::statistics, packing::packed, pairs::messages,
    pairs::pair, policies::PAIRS, policies::SWITCH, rust::net::message::Flags,
};

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
        bytes.extend(&record.to_bytes(0)[..HEADER]);
        bytes.extend(message);
    }
    bytes
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
                    assert_eq!(statistics(&other)[2], before + count.max(1) as u64);
                    for at in count.max(1)..5 {
                        let (_, got) = other.receive(40, 0).unwrap();
                        let one = records(&sent[at..=at], 0, before + at as u64);
                        assert_eq!(got.bytes, one[..40.min(one.len())]);
                    }
                    before += 5;
                    let counted = statistics(&other);
                    assert_eq!((counted[2], counted[6]), (before, 0));
                    let bytes = lengths.iter().sum::<usize>() as u64 * before / 5;
                    assert_eq!(counted[3], bytes);
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
