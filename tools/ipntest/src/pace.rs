// SPDX-License-Identifier: GPL-2.0
//! How slow the guest's kernel is. The debug kernel takes a multiple of the stock one's time,
//! and says which with `IPN_SLOW=n` in the environment: limits are stretched by that, and tests whose
//! point is volume do an n-th of it, and say so.

use crate::ktap::remark;
use std::time::Duration;

/// How many times slower than the stock kernel this one is taken to be; 1 unless `IPN_SLOW` says
/// otherwise.
pub fn factor() -> u32 {
    let said = std::env::var("IPN_SLOW").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// A limit for what takes at most so long on the stock kernel.
pub fn patience(limit: Duration) -> Duration {
    limit * factor()
}

/// How long something that must happen may take on the stock kernel before it counts as not happening.
pub const SOON: Duration = Duration::from_secs(8);

/// The same on this kernel.
pub fn soon() -> Duration {
    patience(SOON)
}

/// How many of so many are done here; says so in the report if that is not all.
pub fn volume(all: u32, what: &str) -> u32 {
    let some = all / factor();
    if some < all {
        remark(format_args!(
            "{some} {what} instead of {all}: IPN_SLOW={}",
            factor()
        ));
    }
    some
}
