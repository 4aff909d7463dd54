// SPDX-License-Identifier: GPL-2.0

//! Numbers on the command line: digits and nothing else, where the standard library takes a sign.

use ipn::number;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Reads a number.
pub fn any_number<T: FromStr>(text: &str) -> Result<T, String> {
    number::whole(text).ok_or_else(|| "it is a number of decimal digits".to_owned())
}

/// What reads a number within these bounds.
pub fn within<T: FromStr + PartialOrd + Display + Clone>(
    bounds: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| match any_number(text) {
        Ok(number) if bounds.contains(&number) => Ok(number),
        _ => {
            let (first, last) = (bounds.start(), bounds.end());
            Err(format!(
                "it is a number of decimal digits in {first}..={last}"
            ))
        }
    }
}

/// Reads a number of seconds, with a fraction or without.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = number::fraction(text).filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it is a number of seconds over 0, as 5 or 0.25".to_owned())
}

/// Reads the mode bits of a file.
pub fn mode(text: &str) -> Result<u32, ipn::BadMode> {
    text.parse().map(ipn::Mode::bits)
}
