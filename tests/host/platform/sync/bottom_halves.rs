// SPDX-License-Identifier: GPL-2.0

//! `rust/sync/bottom_halves.rs`: there are none.

pub(crate) struct BottomHalvesOff;

impl BottomHalvesOff {
    pub(crate) fn begin() -> Self {
        Self
    }
}
