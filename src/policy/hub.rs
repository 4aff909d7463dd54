// SPDX-License-Identifier: GPL-2.0

//! The hub: every message to every port but its sender.

use super::{Layout, Policy};
use crate::abi::uapi::IPN_BROADCAST;

/// The built-in policy.
pub(crate) struct Hub;

impl Policy for Hub {
    fn protocol(&self) -> u32 {
        IPN_BROADCAST
    }

    fn name(&self) -> &str {
        "hub"
    }

    fn layout(&self) -> Layout {
        Layout::Shared
    }
}
