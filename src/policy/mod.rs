// SPDX-License-Identifier: GPL-2.0

//! Delivery policies: which ports get a message.

pub(crate) mod hub;
pub(crate) mod targets;

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::IPN_ANY,
    },
    rust::glue::policy_module::PolicyModule,
};
use hub::Hub;

/// Which rings a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One for all ports, with a read position for each: every message to every port but its sender.
    Shared,
    /// One for each port: the policy says which get a message.
    PerPort,
}

/// A delivery policy.
pub(crate) trait Policy {
    /// Its number, the third argument of `socket(2)`: 1 to `IPN_PROTO_MAX`.
    fn protocol(&self) -> u32;

    /// Its name, where networks are listed.
    fn name(&self) -> &str;

    /// Which rings its networks have.
    fn layout(&self) -> Layout;
}

/// A policy that is there: as long as this lives its code stays.
pub(crate) enum AnyPolicy {
    /// The built-in one.
    Hub(Hub),
    /// One of another module.
    Module(PolicyModule),
}

impl core::ops::Deref for AnyPolicy {
    type Target = dyn Policy;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Hub(hub) => hub,
            Self::Module(module) => module,
        }
    }
}

/// The policy of a number; `IPN_ANY` stands for the hub. Not registered: `EPROTONOSUPPORT`.
pub(crate) fn find(protocol: u32) -> Result<AnyPolicy> {
    if protocol == IPN_ANY || protocol == Hub.protocol() {
        Ok(AnyPolicy::Hub(Hub))
    } else {
        PolicyModule::find(protocol)
            .map(AnyPolicy::Module)
            .ok_or(Errno::PROTONOSUPPORT)
    }
}
