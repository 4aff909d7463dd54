// SPDX-License-Identifier: GPL-2.0

//! Delivery policies: which ports get a message.

pub(crate) mod hub;

/// Which rings a network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One for all ports, with a read position for each: every message to every port but its sender.
    Shared,
}

/// A delivery policy.
pub(crate) trait Policy: Sync {
    /// Its number, the third argument of `socket(2)`: 1 to `IPN_PROTO_MAX`.
    fn protocol(&self) -> u32;

    /// Its name, where networks are listed.
    fn name(&self) -> &'static str;

    /// Which rings its networks have.
    fn layout(&self) -> Layout;
}

/// The policy of a number; `IPN_ANY` stands for the hub.
pub(crate) fn find(protocol: u32) -> Option<&'static dyn Policy> {
    [&hub::Hub as &'static dyn Policy]
        .into_iter()
        .find(|policy| protocol == crate::uapi::IPN_ANY || policy.protocol() == protocol)
}
