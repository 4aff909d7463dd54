// SPDX-License-Identifier: GPL-2.0

//! Records: several messages in one buffer.

use crate::abi::record::{begin, first, size, First, Record, HEADER, SEQUENCED};
use proptest::{collection::vec, prelude::*};

/// Bytes before a message, of both kinds of records.
const HEADERS: [usize; 2] = [HEADER, SEQUENCED];

fn header(len: u32) -> [u8; SEQUENCED] {
    Record {
        len,
        from: 0x0403_0201,
        number: 5,
        stamp: 6,
    }
    .to_bytes(9)
}

/// Messages as records: where each begins and ends.
fn pack(messages: &[Vec<u8>], before: usize) -> (Vec<u8>, Vec<(usize, usize)>) {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for message in messages {
        while bytes.len() % 8 != 0 {
            bytes.push(0);
        }
        places.push((bytes.len(), bytes.len() + before + message.len()));
        bytes.extend(&header(message.len() as u32)[..before]);
        bytes.extend(message);
    }
    (bytes, places)
}

#[test]
fn header_is_as_the_interface_has_it() {
    let bytes = header(7);
    assert_eq!(bytes[..4], 7_u32.to_ne_bytes());
    assert_eq!(bytes[4..8], 0x0403_0201_u32.to_ne_bytes());
    assert_eq!(bytes[8..16], 5_u64.to_ne_bytes());
    assert_eq!(bytes[16..24], 6_u64.to_ne_bytes());
    assert_eq!(bytes[24..], 9_u64.to_ne_bytes());
    let [short, long] = HEADERS.map(|before| size(before, 3));
    assert_eq!((short, begin(short)), (27, 32));
    assert_eq!((long, begin(long)), (35, 40));
    assert_eq!(
        (begin(0), begin(8), begin(usize::MAX)),
        (0, 8, usize::MAX & !7)
    );
}

/// A length from anywhere is a message in the buffer, too long for the network, or cut.
fn judge(len: u32, behind: usize, mtu: usize) {
    for before in HEADERS {
        judge_behind(before, len, behind, mtu);
    }
}

fn judge_behind(before: usize, len: u32, behind: usize, mtu: usize) {
    let mut bytes = header(len)[..before].to_vec();
    bytes.resize(before + behind, 7);
    let verdict = first(&bytes, bytes.len(), mtu, before);
    let expected = match len as usize {
        len if len > behind => First::Cut,
        len if len > mtu => First::TooLong,
        len => {
            let next = (before + len).next_multiple_of(8).min(bytes.len());
            First::Message(&bytes[before..before + len], next)
        }
    };
    assert_eq!(verdict, expected, "{len} of {behind}, {mtu}");
}

#[test]
fn lengths_are_judged_on_both_sides_of_each_bound() {
    for len in 0..20 {
        for behind in 0..20 {
            (1..20).for_each(|mtu| judge(len, behind, mtu));
        }
    }
}

proptest! {
    /// However many bytes of the buffer are looked at, each message comes out whole, or not yet.
    #[test]
    fn messages_come_out_as_they_went_in(
        messages in vec(vec(any::<u8>(), 0..40), 1..8),
        tail in 0_usize..8,
        before in prop::sample::select(&HEADERS),
        looked_at in vec(0_usize..200, 1..40),
    ) {
        let (mut bytes, places) = pack(&messages, before);
        let padded = bytes.len().next_multiple_of(8).min(bytes.len() + tail);
        bytes.resize(padded, 0);
        let mut at = 0;
        for (message, &(start, end)) in messages.iter().zip(&places) {
            prop_assert_eq!(at, start);
            let whole = bytes.len() - at;
            for &len in &looked_at {
                let len = len.min(whole);
                let next = end.next_multiple_of(8).min(bytes.len()) - at;
                let expected = match len >= next {
                    true => First::Message(message, next),
                    false => First::More((len >= before).then_some(message.len())),
                };
                prop_assert_eq!(first(&bytes[at..at + len], whole, 40, before), expected);
            }
            at = end.next_multiple_of(8).min(bytes.len());
        }
        prop_assert_eq!(at, bytes.len());
    }

    #[test]
    fn any_length_is_judged(len: u32, behind in 0_usize..100, mtu in 1_usize..100) {
        judge(len, behind, mtu);
    }

    #[test]
    fn header_that_ends_is_cut(
        before in prop::sample::select(&HEADERS),
        whole in 0_usize..SEQUENCED,
        len in 0_usize..SEQUENCED,
    ) {
        let (bytes, whole) = (header(0), whole.min(before - 1));
        prop_assert_eq!(first(&bytes[..len.min(whole)], whole, 40, before), First::Cut);
    }
}
