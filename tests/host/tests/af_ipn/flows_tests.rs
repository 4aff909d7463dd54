// SPDX-License-Identifier: GPL-2.0

use crate::{
    network::flows::{Flow, Flows},
    policy::targets::{Target, HEAD_MAX},
};
use proptest::prelude::*;

/// The flow of messages that begin with `head`, to port `to`.
fn flow(head: &[u8], to: u32) -> Flow<u32> {
    Flow::new(head, Target::whole(to), to, 7).unwrap()
}

/// Where a message goes.
fn find(flows: &mut Flows<u32>, message: &[u8]) -> Option<u32> {
    let len = message.len().min(HEAD_MAX);
    flows.frame[..len].copy_from_slice(&message[..len]);
    flows.find(len).map(|flow| flow.holder)
}

#[test]
fn a_port_has_none_at_first() {
    let mut flows = Flows::new();
    assert!(!flows.hold(0));
    assert_eq!(find(&mut flows, b"any"), None);
    assert_eq!(flows.take_counts(), (0, 0));
}

#[test]
fn a_message_goes_where_one_went_that_began_the_same_way() {
    let mut flows = Flows::new();
    flows.keep(flow(b"one", 1), 5);
    flows.keep(flow(b"other", 2), 5);
    assert_eq!(find(&mut flows, b"one more"), Some(1));
    assert_eq!(find(&mut flows, b"other"), Some(2));
    assert_eq!(find(&mut flows, b"on"), None);
    assert_eq!(find(&mut flows, b"otter"), None);
}

#[test]
fn what_is_left_of_a_longer_message_is_not_of_the_next() {
    let mut flows = Flows::new();
    flows.keep(flow(b"begin", 1), 5);
    assert_eq!(find(&mut flows, b"begin"), Some(1));
    assert_eq!(find(&mut flows, b"beg"), None);
}

#[test]
fn they_hold_as_long_as_the_clock_stays() {
    let mut flows = Flows::new();
    flows.keep(flow(b"a", 1), 5);
    assert!(flows.hold(5));
    assert!(!flows.hold(6));
    flows.keep(flow(b"b", 2), 6);
    assert!(flows.hold(6));
    assert_eq!(find(&mut flows, b"a"), None);
    flows.forget();
    assert!(!flows.hold(6));
    assert_eq!(find(&mut flows, b"b"), None);
}

#[test]
fn the_oldest_makes_room_for_a_fifth() {
    let mut flows = Flows::new();
    for to in 0..6 {
        flows.keep(flow(&[to], to.into()), 5);
    }
    let found: Vec<_> = (0..6).map(|to| find(&mut flows, &[to])).collect();
    assert_eq!(found, [None, None, Some(2), Some(3), Some(4), Some(5)]);
}

#[test]
fn more_bytes_than_are_looked_at_are_no_flow() {
    let bytes = [1; HEAD_MAX + 1];
    assert!(Flow::new(&bytes[..HEAD_MAX], Target::whole(0), 0, 0).is_some());
    assert!(Flow::new(&bytes, Target::whole(0), 0, 0).is_none());
}

#[test]
fn what_goes_along_them_is_told_once() {
    let mut flows = Flows::<u32>::new();
    flows.count(10);
    flows.count(20);
    assert_eq!(flows.take_counts(), (2, 30));
    assert_eq!(flows.take_counts(), (0, 0));
}

proptest! {
    /// Of two heads and a message, drawn from few bytes: what is found is what comparing finds.
    #[test]
    fn finding_is_comparing(
        one in proptest::collection::vec(0_u8..2, 1..=HEAD_MAX),
        other in proptest::collection::vec(0_u8..2, 1..=HEAD_MAX),
        message in proptest::collection::vec(0_u8..2, 0..=HEAD_MAX + 4),
    ) {
        let mut flows = Flows::new();
        flows.keep(flow(&one, 1), 0);
        flows.keep(flow(&other, 2), 0);
        let expected = match () {
            () if message.starts_with(&one) => Some(1),
            () if message.starts_with(&other) => Some(2),
            () => None,
        };
        prop_assert_eq!(find(&mut flows, &message), expected);
    }
}
