// SPDX-License-Identifier: GPL-2.0

//! What the values of a URL's options are.

use ipn::number;
use std::time::Duration;

/// Bytes, with k, M or G for so many thousands.
pub fn bytes(text: &str) -> Option<u64> {
    let (digits, times) = match text.strip_suffix(['k', 'M', 'G']) {
        None => (text, 1),
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) if text.ends_with('M') => (digits, 1_000_000),
        Some(digits) => (digits, 1_000_000_000),
    };
    number::whole::<u64>(digits)?.checked_mul(times)
}

/// A time in ms or s.
pub fn time(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(digits) => number::whole(digits).map(Duration::from_millis),
        None => number::whole(text.strip_suffix('s')?).map(Duration::from_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        for (text, expected) in [
            ("500", Some(500)),
            ("10k", Some(10_000)),
            ("2M", Some(2_000_000)),
            ("3G", Some(3_000_000_000)),
            ("3T", None),
            ("-1M", None),
            ("", None),
            ("18446744073709551615k", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
        for (text, expected) in [
            ("500ms", Some(500)),
            ("5s", Some(5000)),
            ("5", None),
            ("s", None),
        ] {
            assert_eq!(time(text), expected.map(Duration::from_millis), "{text}");
        }
    }
}
