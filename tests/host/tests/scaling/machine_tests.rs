// SPDX-License-Identifier: GPL-2.0

//! Of made-up sends it is known how they fare.

use crate::{
    machine::{rate, Order},
    trace::Trace,
    words::Access,
};
use Access::{Lock, Read, Unlock, Write};

/// How many times as quick as one are so many senders, if lines come in this order.
fn scale_in(order: Order, senders: u64, beside: u64, send: impl Fn(u64) -> Trace) -> f64 {
    let of = |count: u64| {
        let senders: Vec<Vec<Trace>> = (0..count).map(|sender| vec![send(sender)]).collect();
        rate(&senders, beside, order)
    };
    of(senders) / of(1)
}

fn scale(senders: u64, beside: u64, send: impl Fn(u64) -> Trace) -> f64 {
    scale_in(Order::OneByOne, senders, beside, send)
}

fn is_near(value: f64, expected: f64) -> bool {
    (value / expected - 1.0).abs() < 0.02
}

#[test]
fn who_shares_nothing_is_as_quick_as_alone() {
    for senders in [2, 8, 64] {
        let own = scale(senders, 100_000, |sender| vec![Write(sender), Read(sender)]);
        assert!(is_near(own, senders as f64), "{own}");
    }
}

#[test]
fn what_all_only_read_is_shared_by_all() {
    let read = scale(64, 100_000, |sender| vec![Read(1000), Write(sender)]);
    assert!(is_near(read, 64.0), "{read}");
}

#[test]
fn two_who_only_write_one_line_are_slower_than_one() {
    let one = scale(2, 0, |_| vec![Write(1)]);
    assert!(one < 0.2, "{one}");
}

#[test]
fn one_line_bounds_all() {
    // 50 ns each, of which one at a time: with 500 besides, ten can do that.
    let many = scale(32, 500_000, |_| vec![Write(1)]);
    assert!((8.0..12.0).contains(&many), "{many}");
    let few = scale(2, 500_000, |_| vec![Write(1)]);
    assert!((1.7..2.0).contains(&few), "{few}");
}

#[test]
fn another_socket_costs_more() {
    let one = |senders| scale(senders, 0, |_| vec![Lock(1), Write(2), Unlock(1)]);
    assert!(one(64) < one(32), "{} {}", one(64), one(32));
}

#[test]
fn a_lock_has_one_owner() {
    // What is done under it is most of it.
    let under = |sender| {
        let own = (0..100).map(|number| Write(1000 * (sender + 1) + number));
        [Lock(1)]
            .into_iter()
            .chain(own)
            .chain([Unlock(1)])
            .collect()
    };
    let two = scale(2, 0, under);
    assert!((0.4..1.01).contains(&two), "{two}");
    // With most of it besides, they hardly meet.
    let two = scale(2, 10_000_000, under);
    assert!(two > 1.9, "{two}");
}

#[test]
fn lines_that_come_at_once_take_as_long_as_one() {
    let send = |_| {
        [Lock(1)]
            .into_iter()
            .chain((2..12).map(Write))
            .chain([Unlock(1)])
            .collect()
    };
    let [one_by_one, at_once] =
        [Order::OneByOne, Order::AtOnce].map(|order| scale_in(order, 2, 0, send));
    assert!(at_once > 2.5 * one_by_one, "{at_once} {one_by_one}");
}
