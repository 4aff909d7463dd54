// SPDX-License-Identifier: GPL-2.0

//! Numbers in texts: digits and nothing else.
//!
//! [`str::parse`] takes a sign as well, and of a number with a fraction an exponent, `inf` and `NaN`;
//! [`u32::from_str_radix`] takes a sign.
//!
//! ```
//! assert_eq!(ipn::number::whole("5"), Some(5_u16));
//! assert_eq!(ipn::number::whole::<u16>("+5"), None);
//! assert_eq!(ipn::number::fraction("0.25"), Some(0.25));
//! assert_eq!(ipn::number::fraction("1e3"), None);
//! ```

use std::str::FromStr;

/// A decimal number, if it is one and a `T` can hold it.
pub fn whole<T: FromStr>(text: &str) -> Option<T> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// A decimal number with a fraction or without: digits on both sides of a point.
pub fn fraction(text: &str) -> Option<f64> {
    let (before, after) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_plain(before) && is_plain(after))
}

/// A number of digits of this radix, 2 to 36.
///
/// # Panics
///
/// The radix is another.
pub fn in_radix(text: &str, radix: u32) -> Option<u32> {
    let is_plain = text.chars().all(|digit| digit.is_digit(radix));
    u32::from_str_radix(text, radix).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_all_it_takes() {
        assert_eq!(whole("0"), Some(0_u32));
        assert_eq!(whole("65535"), Some(u16::MAX));
        for wrong in [
            "", "+5", "-5", " 5", "5 ", "5\n", "0x5", "5.0", "1_000", "٥", "65536",
        ] {
            assert_eq!(whole::<u16>(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn digits_are_those_of_the_radix() {
        assert_eq!(in_radix("640", 8), Some(0o640));
        assert_eq!(in_radix("fF", 16), Some(0xff));
        for wrong in ["", "+40", "-1", "8", "0o7", " 7", "777777777777"] {
            assert_eq!(in_radix(wrong, 8), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_fraction_has_digits_on_both_sides() {
        assert_eq!(fraction("30"), Some(30.0));
        assert_eq!(fraction("1.5"), Some(1.5));
        for wrong in [
            "", ".", "5.", ".5", "+1", "-1", "1e3", "inf", "NaN", " 1", "1.5.2", "1.+5",
        ] {
            assert_eq!(fraction(wrong), None, "{wrong:?}");
        }
    }
}
