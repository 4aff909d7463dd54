// SPDX-License-Identifier: GPL-2.0

//! Delivery policies: which ports get a message.

pub(crate) mod targets;

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::{IPN_ANY, IPN_BROADCAST},
    },
    rust::glue::policy_module::PolicyModule,
};

/// Which rings a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One for all ports, with a read position for each: every message to every port but its sender.
    Shared,
    /// One for each port: the policy says which get a message.
    PerPort,
    /// One for all ports, which one of them has mapped and writes.
    Written,
    /// One for all ports, whose messages have a time and a sequence: a reliable bus.
    Reliable,
}

/// A delivery policy. As long as this lives its code stays.
pub(crate) enum Policy {
    /// The built-in one.
    Hub,
    /// One of another module.
    Module(PolicyModule),
}

impl Policy {
    /// The policy of a number, the third argument of `socket(2)`; `IPN_ANY` stands for the hub. Not
    /// registered: `EPROTONOSUPPORT`.
    pub(crate) fn find(protocol: u32) -> Result<Self> {
        if protocol == IPN_ANY || protocol == IPN_BROADCAST {
            Ok(Self::Hub)
        } else {
            PolicyModule::find(protocol)
                .map(Self::Module)
                .ok_or(Errno::PROTONOSUPPORT)
        }
    }

    /// Its number, 1 to `IPN_PROTO_MAX`.
    pub(crate) fn protocol(&self) -> u32 {
        match self {
            Self::Hub => IPN_BROADCAST,
            Self::Module(module) => module.protocol(),
        }
    }

    /// Its name, where networks are listed.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Hub => "hub",
            Self::Module(module) => module.name(),
        }
    }

    /// Which rings its networks have.
    pub(crate) fn layout(&self) -> Layout {
        match self {
            Self::Hub => Layout::Shared,
            Self::Module(_) => Layout::PerPort,
        }
    }
}
