// SPDX-License-Identifier: GPL-2.0

//! What a description may be, said naively.

use crate::{abi::errno::Errno, socket::description::Description};

/// Up to 128 bytes of which the text ends at the first NUL or with the bytes, at most 127 long.
fn naive(given: &[u8]) -> Option<&[u8]> {
    let text = given.split(|&byte| byte == 0).next()?;
    (given.len() <= 128 && text.len() <= 127).then_some(text)
}

/// Bytes are taken or refused as they should be.
pub(crate) fn check(given: &[u8]) {
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
