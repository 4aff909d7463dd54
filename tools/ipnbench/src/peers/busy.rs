// SPDX-License-Identifier: GPL-2.0

//! What all processes together have had of all processors: a broker's work counts as well as a subscriber's, and the
//! kernel's as well as theirs.

use std::fs;
use std::io;
use std::time::Duration;

/// So long until who runs now has been counted.
const PAUSE: Duration = Duration::from_millis(2);

/// Nanoseconds in which the processors ran tasks.
pub fn busy() -> io::Result<u64> {
    std::thread::sleep(PAUSE);
    let text = fs::read_to_string("/proc/schedstat")?;
    sum(&text).ok_or_else(|| io::Error::other("/proc/schedstat: not understood"))
}

/// The seventh number of each processor's line.
fn sum(schedstat: &str) -> Option<u64> {
    let lines = schedstat.lines().filter(|line| line.starts_with("cpu"));
    let times = lines.map(|line| line.split_whitespace().nth(7)?.parse().ok());
    let times: Vec<u64> = times.collect::<Option<_>>()?;
    (!times.is_empty()).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
version 17
timestamp 4294940000
cpu0 0 0 100 50 30 20 7000000 1000 90
domain0 MC 3 0 0 0
cpu1 0 0 200 60 40 20 500 1000 90
";

    #[test]
    fn the_time_of_all_processors_is_added() {
        assert_eq!(sum(TEXT), Some(7_000_500));
    }

    #[test]
    fn what_has_no_processors_is_not_understood() {
        assert_eq!(sum("version 17\n"), None);
        assert_eq!(sum("cpu0 0 0\n"), None);
    }
}
