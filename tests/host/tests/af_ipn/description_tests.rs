// SPDX-License-Identifier: GPL-2.0

//! What a port's owner says of it.

use crate::{abi::uapi::IPN_DESCRLEN, description_oracle::check, socket::description::Description};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_is_taken_as_the_oracle_takes_it(
        given in vec(prop_oneof![20 => 1..=255_u8, 1 => Just(0)], 0..=140),
    ) {
        check(&given);
    }
}

#[test]
fn every_length_with_and_without_a_nul() {
    for len in 0..=IPN_DESCRLEN + 2 {
        let mut given = vec![b'd'; len];
        check(&given);
        given.push(0);
        check(&given);
        given.extend_from_slice(b"rest");
        check(&given);
    }
}

#[test]
fn none_is_an_empty_text() {
    assert_eq!(Description::EMPTY.text_with_nul(), [0]);
}
