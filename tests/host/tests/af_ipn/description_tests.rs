// SPDX-License-Identifier: GPL-2.0

//! What a port's owner says of it.

use crate::{errno::Errno, options::Description, uapi::IPN_DESCRLEN};
use proptest::{collection::vec, prelude::*};

/// Up to 128 bytes of which the text ends at the first NUL or with the bytes, at most 127 long.
fn naive(given: &[u8]) -> Option<&[u8]> {
    let text = given.split(|&byte| byte == 0).next()?;
    (given.len() <= 128 && text.len() <= 127).then_some(text)
}

fn check(given: &[u8]) {
    match (Description::parse(given), naive(given)) {
        (Ok(description), Some(text)) => {
            let kept = description.text_with_nul();
            assert_eq!(kept.split_last(), Some((&0, text)));
            let again = Description::parse(kept).unwrap_or(Description::EMPTY);
            assert_eq!(again.text_with_nul(), kept);
        }
        (Err(error), None) => assert_eq!(error, Errno::INVAL),
        (parsed, text) => panic!("{given:?}: {}, not {text:?}", parsed.is_ok()),
    }
}

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
