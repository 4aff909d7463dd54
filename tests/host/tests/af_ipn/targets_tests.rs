// SPDX-License-Identifier: GPL-2.0

//! What a port gets of a message.

use crate::{
    policy::targets::{Target, Targets, PREFIX_MAX},
    targets_oracle::{check, check_list},
};
use proptest::{collection::vec, prelude::*};

#[test]
fn why_no_port_gets_a_message_is_known_until_the_next() {
    let mut targets = Targets::new(vec![Target::whole(0); 2], vec![0; 2]);
    let reason = |targets: &Targets<_, _>| targets.drop_reason().map(u32::from);
    assert_eq!(reason(&targets), None);
    for (said, known) in [
        (5, Some(5)),
        (u32::MAX, Some(u32::MAX)),
        (0, None),
        (7, Some(7)),
    ] {
        targets.drop_for(said);
        assert_eq!(reason(&targets), known);
    }
    targets.clear();
    assert_eq!(reason(&targets), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_port_gets_the_prefix_and_the_message_but_for_what_is_skipped(
        prefix in vec(any::<u8>(), 0..=PREFIX_MAX + 4),
        message in vec(any::<u8>(), 0..80),
        skip in prop_oneof![0..100_u32, Just(u32::MAX)],
        port in any::<u32>(),
    ) {
        check(port, &prefix, &message, skip);
    }

    #[test]
    fn a_port_gets_a_message_once(
        ports in 0..20_u32,
        messages in vec(vec((0..22_u32, 0..256_u32), 0..30), 1..10),
    ) {
        check_list(ports, &messages);
    }
}
