// SPDX-License-Identifier: GPL-2.0

//! Policies of other modules: the switch as it is shipped, and one of a third party.

use crate::{
    abi::uapi::IPN_DROP_LOCKED,
    policy::targets::Target,
    rust::glue::policy_module::{Entry, State, Targets},
};
use af_ipn_core::kvde_switch::{
    fdb::siphash::HashKey,
    fdb::table::{Limits, MacTable, PortAddresses, Slot},
    forward::Switch,
    frame::deciding_len,
    port::Port,
    verdict::Target as To,
    vlan::Edit,
};
use kernel::error::Result;
use std::collections::BTreeSet;

/// Number, name and maker of each.
pub(crate) const POLICIES: &[Entry] = &[
    (SWITCH, "switch", |ports| Box::new(Ethernet::new(ports))),
    (PAIRS, "pairs", |ports| Box::new(Pairs::new(ports))),
    (TAGS, "tags", |_| Box::new(Tags)),
];

/// Number of the switch.
pub(crate) const SWITCH: u32 = 2;

/// Number of [`Pairs`].
pub(crate) const PAIRS: u32 = 3;

/// Number of [`Tags`].
pub(crate) const TAGS: u32 = 5;

/// `src/kvde_switch/switch.rs`.
struct Ethernet(Switch<Vec<Slot>, Vec<PortAddresses>, Vec<Port>>, Vec<u8>);

impl Ethernet {
    fn new(ports: u32) -> Self {
        let ports = ports as usize;
        // With few ports some have no place.
        let slots = (2 * ports).next_power_of_two().max(16);
        let limits = Limits {
            network: slots as u32,
            port: 8,
        };
        let addresses = vec![PortAddresses::EMPTY; ports];
        let key = HashKey::new([1, 2]);
        let table = MacTable::new(vec![Slot::EMPTY; slots], addresses, key, limits);
        Self(Switch::new(table, vec![Port::EMPTY; ports]), Vec::new())
    }
}

impl State for Ethernet {
    fn adopt(&mut self, ports: u32) {
        let ports = ports as usize;
        let addresses = vec![PortAddresses::EMPTY; ports];
        self.0.resize(addresses, vec![Port::EMPTY; ports]);
    }

    fn join(&mut self, port: u32) {
        self.0.join(port as u16);
    }

    fn leave(&mut self, port: u32) {
        self.0.leave(port as u16);
    }

    fn route(&mut self, message: &[u8], from: u32, again: bool, to: &mut Targets) {
        let displaced = self.0.table().displaced();
        let target = self
            .0
            .forward(from as u16, message, message.len(), 1, again);
        if self.0.table().displaced() != displaced {
            to.forget();
        }
        if let To::Port(..) = target {
            to.remember(deciding_len(message) as u32);
        }
        self.0.egress(|port, edit| {
            if let Edit::Keep = edit {
                to.add(Target::whole(port.into()));
            }
        });
    }

    fn remembered(&mut self, _from: u32, messages: u64) {
        self.0.count_unicast(messages);
    }

    fn refused(&mut self) {
        self.0.take_back();
    }

    /// None of the switch's, whose own have tests of their own: it keeps what was set.
    fn set_option(&mut self, _option: u32, value: &[u8]) -> Result {
        self.1 = value.to_vec();
        Ok(())
    }

    fn get_option(&mut self, _option: u32, value: &mut [u8]) -> Result<usize> {
        let len = value.len();
        for (to, from) in value.iter_mut().zip(&self.1) {
            *to = *from;
        }
        Ok(len)
    }
}

/// Ports 0 and 1 hear each other, 2 and 3, and so on; asked for each message that begins with an odd byte.
struct Pairs {
    ports: u32,
    held: BTreeSet<u32>,
}

impl Pairs {
    fn new(ports: u32) -> Self {
        let held = BTreeSet::new();
        Self { ports, held }
    }
}

impl State for Pairs {
    fn adopt(&mut self, ports: u32) {
        self.ports = ports;
    }

    fn join(&mut self, port: u32) {
        assert!(port < self.ports && self.held.insert(port));
    }

    fn leave(&mut self, port: u32) {
        assert!(port < self.ports && self.held.remove(&port));
    }

    fn route(&mut self, message: &[u8], from: u32, _again: bool, to: &mut Targets) {
        if message.first().is_some_and(|first| first % 2 == 0) {
            to.remember(1);
        }
        to.add(Target::whole(from ^ 1));
    }

    fn refused(&mut self) {}
}

/// No message that begins with an X goes anywhere. Port 1 gets each other message with a tag of 4 bytes for its first two, port 2 as it is.
struct Tags;

impl State for Tags {
    fn adopt(&mut self, _ports: u32) {}

    fn join(&mut self, _port: u32) {}

    fn leave(&mut self, _port: u32) {}

    fn route(&mut self, message: &[u8], _from: u32, _again: bool, to: &mut Targets) {
        if message.starts_with(b"X") {
            return to.drop_for(IPN_DROP_LOCKED);
        }
        to.add(Target::edited(1, b"tag:", 2).unwrap());
        to.add(Target::whole(2));
    }

    fn refused(&mut self) {}
}
