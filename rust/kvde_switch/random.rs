// SPDX-License-Identifier: GPL-2.0

//! Randomness.
//!
//! C header: [`include/linux/random.h`](srctree/include/linux/random.h)

use kernel::bindings;

/// Two random words that nobody can guess.
pub(crate) fn words() -> [u64; 2] {
    let mut words = [0; 2];
    // SAFETY: `words` is ours, and has so many bytes.
    unsafe {
        bindings::get_random_bytes(words.as_mut_ptr().cast(), core::mem::size_of_val(&words))
    };
    words
}
