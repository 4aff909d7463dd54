// SPDX-License-Identifier: GPL-2.0

//! With what a port of a reliable bus begins.

use ipn_abi as abi;
use std::ffi::c_int;
use std::time::Duration;

/// What a port gets of the messages that were sent before it came: see
/// [`Builder::history`](crate::Builder::history).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum History {
    /// The last so many, fewer where fewer are left: up to 2147483646.
    Last(u32),
    /// Those of so much time before, in whole milliseconds, rounded up.
    Since(Duration),
    /// All that are left.
    All,
}

impl History {
    /// The option that says so, and its value.
    pub(crate) fn option(self) -> (c_int, u32) {
        match self {
            Self::Last(count) => (abi::IPN_SO_HISTORY, count),
            Self::Since(time) => (abi::IPN_SO_SINCE, milliseconds(time)),
            Self::All => (abi::IPN_SO_HISTORY, abi::IPN_HISTORY_ALL),
        }
    }
}

/// Whole milliseconds, rounded up; of a time that is too long for it, what no option takes.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    let whole = time.as_nanos().div_ceil(1_000_000);
    u32::try_from(whole).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_up() {
        for (nanos, whole) in [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2)] {
            assert_eq!(milliseconds(Duration::from_nanos(nanos)), whole);
        }
        assert_eq!(milliseconds(Duration::MAX), u32::MAX);
    }
}
