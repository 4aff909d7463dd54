// SPDX-License-Identifier: GPL-2.0

//! The face of `rust/glue/policy_module.rs` that `src/policy/mod.rs` sees: policies of other modules.

/// A policy of another module.
pub(crate) struct PolicyModule;

impl PolicyModule {
    /// The one number that is registered here.
    pub(crate) const PROTOCOL: u32 = 2;

    /// The policy of a number.
    pub(crate) fn find(protocol: u32) -> Option<Self> {
        (protocol == Self::PROTOCOL).then_some(Self)
    }

    /// Its number.
    pub(crate) fn protocol(&self) -> u32 {
        Self::PROTOCOL
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        "module"
    }
}
