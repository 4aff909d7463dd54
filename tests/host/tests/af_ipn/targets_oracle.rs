// SPDX-License-Identifier: GPL-2.0

//! What a port gets of a message, and which ports, said naively.

use crate::policy::targets::{Target, Targets, PREFIX_MAX};

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

/// Of the ports named for each message, those that are there get it, in this order, each once, as it was
/// named first.
pub(crate) fn check_list(ports: u32, messages: &[Vec<(u32, u32)>]) {
    // The memory may hold anything.
    let list = vec![Target::whole(7); ports as usize];
    let mut targets = Targets::new(list, vec![3; ports as usize]);
    for named in messages {
        targets.clear();
        let mut expected: Vec<(u32, u32)> = Vec::new();
        for &(port, skip) in named {
            targets.add(Target::edited(port, &[], skip).expect("no prefix is short enough"));
            if port < ports && expected.iter().all(|(before, _)| *before != port) {
                expected.push((port, skip));
            }
        }
        let message = [0; 256];
        let found = |target: &Target| (target.port, 256 - target.parts(&message).1.len() as u32);
        let found: Vec<_> = targets.as_slice().iter().map(found).collect();
        assert_eq!(found, expected);
    }
}
