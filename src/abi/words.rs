// SPDX-License-Identifier: GPL-2.0

//! Structures as programs get them: words of one length, one behind the other.

/// The bytes of `words`, of which there are `SIZE`.
#[inline]
pub(crate) fn to_bytes<const SIZE: usize, const WORD: usize, const WORDS: usize>(
    words: [[u8; WORD]; WORDS],
) -> [u8; SIZE] {
    const { assert!(SIZE == WORD * WORDS) };
    words.as_flattened().try_into().unwrap_or([0; SIZE])
}

/// Two short numbers as one word.
#[inline]
pub(crate) fn pair(first: u32, second: u32) -> [u8; 8] {
    to_bytes([first, second].map(u32::to_ne_bytes))
}
