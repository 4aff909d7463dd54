// SPDX-License-Identifier: GPL-2.0

//! Mode bits and shutdowns: the whole truth table.

use crate::{
    abi::errno::Errno,
    ring::port::{BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT},
    socket::rights::Rights,
};

fn truths() -> impl Iterator<Item = Rights> {
    (0..8).map(|bits| Rights {
        receive: bits & 4 != 0,
        send: bits & 2 != 0,
        manage: bits & 1 != 0,
    })
}

#[test]
fn a_missing_right_is_a_shutdown_of_that_direction() {
    for rights in truths() {
        for given_up in [0, RECEIVE_SHUT, SEND_SHUT, BOTH_SHUT] {
            let receives = rights.receive && given_up & RECEIVE_SHUT == 0;
            let sends = rights.send && given_up & SEND_SHUT == 0;
            let expected = match (receives, sends) {
                (true, true) => Ok(0),
                (true, false) => Ok(SEND_SHUT),
                (false, true) => Ok(RECEIVE_SHUT),
                // Whoever gave both up of their own accord is not denied anything.
                (false, false) if rights.receive && rights.send => Ok(BOTH_SHUT),
                (false, false) => Err(Errno::ACCES),
            };
            assert_eq!(rights.shutdown(given_up), expected, "{rights:?} {given_up}");
        }
    }
}

#[test]
fn the_right_to_manage_gives_no_other() {
    let manager = Rights {
        receive: false,
        send: false,
        manage: true,
    };
    assert_eq!(manager.shutdown(0), Err(Errno::ACCES));
}

#[test]
fn a_creator_has_every_right() {
    let Rights {
        receive,
        send,
        manage,
    } = Rights::CREATOR;
    assert!(receive && send && manage);
    assert_eq!(Rights::CREATOR.shutdown(0), Ok(0));
}

#[test]
fn shutdown_names_directions_as_the_system_call_does() {
    assert_eq!(Rights::directions(0), Ok(RECEIVE_SHUT));
    assert_eq!(Rights::directions(1), Ok(SEND_SHUT));
    assert_eq!(Rights::directions(2), Ok(BOTH_SHUT));
    for how in [i32::MIN, -1, 3, 4, i32::MAX] {
        assert_eq!(Rights::directions(how), Err(Errno::INVAL));
    }
}

#[test]
fn directions_are_the_kernel_s_bits() {
    // RCV_SHUTDOWN, SEND_SHUTDOWN and SHUTDOWN_MASK of include/net/sock.h.
    assert_eq!((RECEIVE_SHUT, SEND_SHUT, BOTH_SHUT), (1, 2, 3));
}
