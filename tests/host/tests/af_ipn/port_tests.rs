// SPDX-License-Identifier: GPL-2.0

//! A port: what is shut stays shut, and flags tell what they were.

use crate::{
    abi::statistics::NOT_WAITING,
    ring::port::{Flag, Port, BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT},
};

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
fn who_observes_counts_nowhere_and_holds_nobody_up() {
    for shut in [0, RECEIVE_SHUT, SEND_SHUT, BOTH_SHUT] {
        let port = Port::new();
        assert!(!port.observes());
        port.set_shut(shut);
        for observes in [true, false, true] {
            port.set_observes(observes);
            assert_eq!((port.observes(), port.shut()), (observes, shut));
            assert_eq!(port.holds_senders(), !observes && port.receives());
            let counted = [0, RECEIVE_SHUT, SEND_SHUT, BOTH_SHUT].map(|shut| port.counted(shut));
            match observes {
                true => assert_eq!(counted, [0; 4]),
                false => assert_eq!(counted, [BOTH_SHUT, SEND_SHUT, RECEIVE_SHUT, 0]),
            }
        }
    }
}

#[test]
fn a_call_waits_until_it_ends_and_a_poll_for_who_asks() {
    let port = Port::new();
    let told = || [false, true].map(|polled| port.waits_since(polled));
    assert_eq!(told(), [NOT_WAITING; 2]);
    port.note_poll(5);
    assert_eq!(told(), [NOT_WAITING, 5]);
    let waiting = port.wait(7);
    assert_eq!(told(), [7, 7]);
    drop(waiting);
    assert_eq!(told(), [NOT_WAITING, 5]);
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
