// SPDX-License-Identifier: GPL-2.0

//! A port: what is shut stays shut, and flags tell what they were.

use crate::ring::port::{Flag, Port, BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT};

#[test]
fn a_new_port_sends_and_receives_and_has_counted_nothing() {
    let port = Port::new();
    assert_eq!(port.shut(), 0);
    assert!(port.sends() && port.receives());
    assert!(!port.awaits_message.is_up() && !port.awaits_room.is_up());
    assert_eq!(port.cursor.position(|| 0), 0);
    for counter in [&port.sent, &port.own_skipped, &port.received] {
        assert_eq!(counter.load(), 0);
    }
}

#[test]
fn what_is_shut_stays_shut() {
    for first in 0..=BOTH_SHUT {
        for second in 0..=BOTH_SHUT {
            let port = Port::new();
            port.set_shut(first);
            port.set_shut(second);
            assert_eq!(port.shut(), first | second);
            assert_eq!(port.receives(), (first | second) & RECEIVE_SHUT == 0);
            assert_eq!(port.sends(), (first | second) & SEND_SHUT == 0);
        }
    }
}

#[test]
fn a_flag_tells_what_it_was() {
    let flag = Flag::new();
    assert!(!flag.lower());
    assert!(flag.raise());
    assert!(!flag.raise());
    assert!(flag.is_up());
    assert!(flag.lower());
    assert!(!flag.is_up());
}

#[test]
fn only_the_first_of_several_raises_a_flag() {
    let flag = Flag::new();
    assert!(flag.raise_first());
    assert!(!flag.raise_first());
    assert!(flag.is_up());
    assert!(flag.lower());
    assert!(flag.raise_first());
}
