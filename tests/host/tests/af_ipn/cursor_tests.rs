// SPDX-License-Identifier: GPL-2.0

//! The read position of a port.

use crate::ring::Cursor;

#[test]
fn it_starts_at_the_first_message_and_goes_where_it_is_set() {
    let cursor = Cursor::new();
    assert_eq!(cursor.position(), 0);
    for number in [1, 7, 3, u64::from(u32::MAX) + 1] {
        cursor.set(number);
        assert_eq!(cursor.position(), number);
    }
}

#[test]
fn it_passes_only_the_message_it_stands_at() {
    let cursor = Cursor::new();
    cursor.set(5);
    for elsewhere in [0, 4, 6, u64::MAX] {
        assert!(!cursor.pass(elsewhere));
        assert_eq!(cursor.position(), 5);
    }
    assert!(cursor.pass(5));
    assert_eq!(cursor.position(), 6);
    assert!(!cursor.pass(5));
}
