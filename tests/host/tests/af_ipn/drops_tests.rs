// SPDX-License-Identifier: GPL-2.0

//! What was dropped, counted by reason.

use crate::{
    abi::uapi::*,
    ring::drops::{Drops, REASONS},
};

#[test]
fn each_reason_counts_for_itself() {
    let drops = Drops::new();
    assert_eq!(drops.counts(), [0; REASONS]);
    for reason in 1..REASONS as u32 {
        drops.add(reason.into(), reason);
        drops.add(1, reason);
    }
    let counts = drops.counts();
    assert_eq!(counts[0], 0);
    for (reason, count) in counts.iter().enumerate().skip(1) {
        assert_eq!(*count, reason as u64 + 1);
    }
}

#[test]
fn no_reason_of_the_interface_counts_as_one_of_another_module() {
    for reason in [
        IPN_DROP_OVERRUN,
        IPN_DROP_FILTERED,
        IPN_DROP_TOO_LONG,
        IPN_DROP_NO_MEMORY,
        IPN_DROP_SHUT,
        IPN_DROP_LOCKED,
    ] {
        let drops = Drops::new();
        drops.add(1, reason);
        assert_eq!(drops.counts()[0], 0, "{reason}");
    }
}

#[test]
fn reasons_of_other_modules_count_as_one() {
    let drops = Drops::new();
    for reason in [REASONS as u32, 64, 65, u32::MAX] {
        drops.add(2, reason);
    }
    let mut expected = [0; REASONS];
    expected[0] = 8;
    assert_eq!(drops.counts(), expected);
}
