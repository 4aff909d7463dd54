// SPDX-License-Identifier: GPL-2.0

//! How long a message of a reliable bus stays.

use crate::{
    abi::uapi::{IPN_SO_RATE, IPN_SO_WINDOW, IPN_WINDOW_MAX},
    network::{shape::Shape, window::Window},
    options_oracle::{reliable, LIMITS},
};

/// Nanoseconds between two ticks of the clock.
const TICK: u64 = 4_000_000;

#[test]
fn only_a_reliable_bus_has_a_window() {
    assert!(Window::of(&Shape::DEFAULT, TICK).is_none());
    assert!(Window::of(&reliable(), TICK).is_some());
}

#[test]
fn a_message_is_older_when_the_window_has_passed() {
    for ms in [0, 1, 1000, IPN_WINDOW_MAX] {
        let mut shape = reliable();
        shape.set(IPN_SO_WINDOW, ms as i32, &LIMITS).unwrap();
        shape.set(IPN_SO_RATE, 7, &LIMITS).unwrap();
        let window = Window::of(&shape, TICK).unwrap();
        assert_eq!(window.rate, 7);
        for sent in [0, 1, 123_456_789] {
            // A time that is read says the last tick.
            let tick = if ms == 0 { 0 } else { TICK };
            let end = sent + u64::from(ms) * 1_000_000 + tick;
            assert_eq!(window.end(sent), end);
        }
        let last = window.end(u64::MAX - 1);
        assert!(last >= u64::MAX - 1, "there is no later time");
    }
}

#[test]
fn what_is_older_is_known_once_it_was_found_out() {
    let window = Window::of(&reliable(), TICK).unwrap();
    assert_eq!(window.aged(), 0);
    window.age(17);
    assert_eq!(window.aged(), 17);
}
