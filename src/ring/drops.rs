// SPDX-License-Identifier: GPL-2.0

//! What was dropped, counted by reason.

use crate::{abi::uapi::IPN_DROP_LOCKED, rust::sync::atomic::Counter};

/// Reasons that have a counter of their own, and one for all others.
pub(crate) const REASONS: usize = IPN_DROP_LOCKED as usize + 1;

/// Counters of messages by reason (`IPN_DROP_*`). No reason has number 0: that one counts those of policies
/// of other modules.
pub(crate) struct Drops([Counter; REASONS]);

impl Drops {
    /// Nothing was dropped yet.
    pub(crate) fn new() -> Self {
        Self(core::array::from_fn(|_| Counter::new(0)))
    }

    /// So many messages were dropped. It may be called anywhere, by any number of callers at once.
    pub(crate) fn add(&self, count: u64, reason: u32) {
        let [others, ..] = &self.0;
        self.0.get(reason as usize).unwrap_or(others).add(count);
    }

    /// What was counted so far, at the number of each reason; of other modules' at 0.
    pub(crate) fn counts(&self) -> [u64; REASONS] {
        self.0.each_ref().map(Counter::load)
    }
}
