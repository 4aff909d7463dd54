// SPDX-License-Identifier: GPL-2.0

//! Sets of ports, against the standard library's.

use crate::port_set_oracle::{check, words, Set, Step};
use proptest::{collection::vec, prelude::*};

/// Numbers around the words' edges, and some that no set has.
fn port() -> impl Strategy<Value = u32> {
    prop_oneof![
        8 => 0..140_u32,
        4 => 0..1100_u32,
        2 => prop::sample::select(vec![0, 1, 63, 64, 65, 511, 512, 513, 1023, 1024]),
        1 => any::<u32>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => port().prop_map(Step::Insert),
        3 => port().prop_map(Step::Remove),
        3 => port().prop_map(Step::Next),
        1 => (0..1100_u32).prop_map(Step::Resize),
        1 => vec(port(), 0..20).prop_map(Step::InsertAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_does_what_the_standard_library_s_does(
        ports in 0..1100_u32,
        steps in vec(step(), 0..150),
    ) {
        check(ports, &steps);
    }
}

#[test]
fn words_have_a_bit_for_each_port_and_fill_lines() {
    for (ports, words) in [(0, 0), (1, 8), (512, 8), (513, 16), (4096, 64), (4097, 72)] {
        assert_eq!(Set::words(ports), words);
    }
}

#[test]
fn the_highest_port_of_all_is_beyond_every_set() {
    let mut set = Set::new(words(512));
    assert!(!set.insert(u32::MAX));
    assert!(!set.remove(u32::MAX));
    assert_eq!(set.next(u32::MAX), None);
    assert!(set.is_empty());
}
