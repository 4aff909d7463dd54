// SPDX-License-Identifier: GPL-2.0

//! The policy of networks with a ring for each port: a message says itself where it goes.

use crate::{
    policy::targets::Target,
    rust::glue::policy_module::{Entry, State, Targets},
};

/// Number, name and maker.
pub(crate) const POLICIES: &[Entry] = &[(TO, "to", |_| Box::new(To))];

/// Its number.
pub(crate) const TO: u32 = 4;

/// A message's first byte has a bit for each port that gets it.
struct To;

impl State for To {
    fn adopt(&mut self, _ports: u32) {}

    fn join(&mut self, _port: u32) {}

    fn leave(&mut self, _port: u32) {}

    fn route(&mut self, message: &[u8], _from: u32, _again: bool, to: &mut Targets) {
        let ports = message.first().copied().unwrap_or(0);
        to.remember(1);
        for port in (0..8).filter(|port| ports & (1 << port) != 0) {
            to.add(Target::whole(port));
        }
    }

    fn refused(&mut self) {}
}
