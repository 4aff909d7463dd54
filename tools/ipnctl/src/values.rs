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

/// What reads a number of bytes within these bounds; K, M and G behind it are 1024 of what is before each.
pub fn bytes_within(bounds: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| match bytes(text) {
        Some(number) if bounds.contains(&number) => Ok(number),
        _ => {
            let (first, last) = (bounds.start(), bounds.end());
            Err(format!(
                "it is a number of decimal digits in {first}..={last}, as 1048576 or 1M"
            ))
        }
    }
}

/// A number of bytes.
pub fn bytes(text: &str) -> Option<u32> {
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];
    let (digits, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1_u32));
    number::whole::<u32>(digits)?.checked_mul(unit)
}

/// The longest window of a reliable bus.
pub const LONGEST: Duration = Duration::from_secs(86_400);

/// Reads a time: a number of seconds, or of what stands behind it, as 500ms, 10s, 2m, 1h.
pub fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (digits, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1.0));
    let seconds = number::fraction(digits).map(|count| count * unit);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|time| *time <= LONGEST)
        .ok_or_else(|| "it is a time of up to 24h, as 500ms, 10s or 2m".to_owned())
}

/// A time as [`time`] reads it, in whole milliseconds.
pub fn time_text(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// Reads the mode bits of a file.
pub fn mode(text: &str) -> Result<u32, ipn::BadMode> {
    text.parse().map(ipn::Mode::bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let read = [
            ("0", 0),
            ("7", 7),
            ("16K", 16384),
            ("1M", 1 << 20),
            ("3G", 3 << 30),
        ];
        for (text, number) in read {
            assert_eq!(bytes(text), Some(number), "{text}");
        }
        for wrong in ["", "K", "-1", "1.5M", "1 M", "1MB", "4G", "1k", "+1K"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in [
            ("0", 0),
            ("5", 5000),
            ("0.25", 250),
            ("500ms", 500),
            ("10s", 10_000),
            ("1.5m", 90_000),
            ("24h", 86_400_000),
        ] {
            let time = time(text).expect(text);
            assert_eq!(time, Duration::from_millis(millis), "{text}");
            assert_eq!(super::time(&time_text(time)), Ok(time), "{text}");
        }
        for wrong in ["", "s", "-1s", "1 s", "25h", "1d", "1e3", "never"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
