// SPDX-License-Identifier: GPL-2.0

//! What a port gets of a message, said naively.

use crate::targets::{Target, PREFIX_MAX};

/// A port gets the prefix, and the message but for what is skipped.
pub(crate) fn check(port: u32, prefix: &[u8], message: &[u8], skip: u32) {
    let whole = Target::whole(port);
    assert_eq!(whole.port, port);
    assert_eq!(whole.parts(message), (&[][..], message));
    match Target::edited(port, prefix, skip) {
        None => assert!(prefix.len() > PREFIX_MAX),
        Some(target) => {
            assert!(prefix.len() <= PREFIX_MAX);
            assert_eq!(target.port, port);
            let (front, rest) = target.parts(message);
            let expected: Vec<u8> = message.iter().skip(skip as usize).copied().collect();
            assert_eq!((front, rest), (prefix, &expected[..]));
        }
    }
}
