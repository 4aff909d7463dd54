// SPDX-License-Identifier: GPL-2.0

//! What a port gets of a message.

use crate::{
    policy::targets::PREFIX_MAX,
    targets_oracle::{check, check_list},
};
use proptest::{collection::vec, prelude::*};

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
