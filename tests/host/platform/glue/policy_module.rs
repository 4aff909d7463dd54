// SPDX-License-Identifier: GPL-2.0

//! The face of `rust/glue/policy_module.rs` that `src/policy/mod.rs` sees: policies of other modules.

use crate::policy::{Layout, Policy};

/// A policy of another module.
pub(crate) struct PolicyModule;

impl PolicyModule {
    /// The one number that is registered here.
    pub(crate) const PROTOCOL: u32 = 2;

    /// The policy of a number.
    pub(crate) fn find(protocol: u32) -> Option<Self> {
        (protocol == Self::PROTOCOL).then_some(Self)
    }
}

impl Policy for PolicyModule {
    fn protocol(&self) -> u32 {
        Self::PROTOCOL
    }

    fn name(&self) -> &str {
        "module"
    }

    fn layout(&self) -> Layout {
        Layout::PerPort
    }
}
