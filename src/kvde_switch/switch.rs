// SPDX-License-Identifier: GPL-2.0

//! The Ethernet switch of AF_IPN: delivery policy `IPN_VDESWITCH`.
//!
//! A network of this protocol learns which port a station is at, sends frames for it only there, and
//! others to all. What decides is pure code, tested on the host: [`forward`] has the rules and how
//! they differ from the Linux bridge's, [`fdb`] the addresses, [`vlan`] the VLANs, [`options`]
//! what a manager can set. This file gives it memory and plugs it into the network.

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::expect_used
)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![deny(clippy::missing_docs_in_private_items)]

// The wrappers of kernel interfaces.
/// The safe face of `include/linux/ipn_policy.h`.
#[allow(unsafe_code)]
#[path = "../../rust/policy_sdk/ipn_policy.rs"]
mod ipn_policy;
#[allow(unsafe_code)]
#[path = "../../rust/kvde_switch/mod.rs"]
mod rust;

// What decides.
pub mod fdb;
pub mod forward;
pub mod frame;
pub mod options;
pub mod port;
mod ports;
pub mod verdict;
pub mod vlan;

use fdb::{
    siphash::HashKey,
    table::{Limits, MacTable, PortAddresses, Slot},
};
use forward::Switch;
use ipn_policy::{allocated, now_ms, Message, Policy, Registration, Targets};
use kernel::prelude::*;
use options::OptionError;
use port::Port;
use rust::{parameters, random};
use verdict::Target;
use vlan::Edit;

module! {
    type: SwitchModule,
    name: "kvde_switch",
    authors: ["AF_IPN contributors"],
    description: "Ethernet switch for AF_IPN networks",
    license: "GPL",
}

/// The module: a registration, undone when it goes.
struct SwitchModule {
    /// The policy's.
    _policy: Registration<Network>,
}

impl kernel::Module for SwitchModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _policy: Registration::new(module)?,
        })
    }
}

/// The switch of a network.
struct Network {
    /// What decides, with its memory.
    switch: Switch<KVVec<Slot>, KVVec<PortAddresses>, KVVec<Port>>,
    /// Bytes that the address table takes.
    table_bytes: u64,
    /// Bytes that the ports take.
    ports_bytes: u64,
}

impl Policy for Network {
    const PROTOCOL: u32 = 2;
    const NAME: &'static CStr = c"switch";

    fn new(ports: u32) -> Result<Self> {
        let ports = ports as usize;
        let limits = Limits {
            network: parameters::max_addresses(),
            port: parameters::max_port_addresses(),
        };
        let slots = KVVec::from_elem(Slot::EMPTY, limits.network as usize, GFP_KERNEL_ACCOUNT)?;
        let addresses = KVVec::from_elem(PortAddresses::EMPTY, ports, GFP_KERNEL_ACCOUNT)?;
        let ports = KVVec::from_elem(Port::EMPTY, ports, GFP_KERNEL_ACCOUNT)?;
        let key = HashKey::new(random::words());
        Ok(Self {
            table_bytes: allocated(&slots),
            ports_bytes: allocated(&addresses).saturating_add(allocated(&ports)),
            switch: Switch::new(MacTable::new(slots, addresses, key, limits), ports),
        })
    }

    fn bytes(&self) -> u64 {
        self.table_bytes.saturating_add(self.ports_bytes)
    }

    fn adopt(&mut self, fresh: &mut Self) {
        let (addresses, ports) = fresh.switch.resize(KVVec::new(), KVVec::new());
        let (addresses, ports) = self.switch.resize(addresses, ports);
        // The old memory goes with `fresh`, where no lock is held.
        fresh.switch.resize(addresses, ports);
        core::mem::swap(&mut self.ports_bytes, &mut fresh.ports_bytes);
    }

    fn join(&mut self, port: u32) {
        if let Ok(port) = u16::try_from(port) {
            self.switch.join(port);
        }
    }

    fn leave(&mut self, port: u32) {
        if let Ok(port) = u16::try_from(port) {
            self.switch.leave(port);
        }
    }

    fn route(&mut self, message: &Message<'_>, to: &mut Targets<'_>) {
        let Ok(from) = u16::try_from(message.from()) else {
            return;
        };
        let (bytes, now) = (message.bytes(), message.now_ms());
        let displaced = self.switch.table().displaced();
        let target = (self.switch).forward(from, bytes, bytes.len(), now, message.again());
        if self.switch.table().displaced() != displaced {
            to.forget();
        }
        match target {
            Target::Drop(reason) => to.drop_for(reason.number()),
            Target::Port(..) => to.remember(frame::deciding_len(bytes)),
            Target::Flood => {}
        }
        (self.switch).egress(|port, edit| deliver(bytes, port, edit, to));
    }

    fn remembered(&mut self, _from: u32, messages: u64) {
        self.switch.count_unicast(messages);
    }

    fn refused(&mut self) {
        self.switch.take_back();
    }

    fn set_option(&mut self, option: u32, value: &[u8]) -> Result {
        self.switch
            .set_option(option, value, now_ms())
            .map_err(to_error)
    }

    fn get_option(&mut self, option: u32, value: &mut [u8]) -> Result<usize> {
        self.switch
            .get_option(option, value, now_ms())
            .map_err(to_error)
    }
}

/// A port gets a frame.
fn deliver(frame: &[u8], port: u16, edit: Edit, to: &mut Targets<'_>) {
    match edit {
        Edit::Keep => to.deliver(port.into()),
        _ => deliver_edited(frame, port.into(), edit, to),
    }
}

/// A port gets a frame with its tag edited.
fn deliver_edited(frame: &[u8], port: u32, edit: Edit, to: &mut Targets<'_>) {
    let Some(edited) = edit.apply(frame) else {
        return;
    };
    let skip = frame.len().saturating_sub(edited.rest.len()) as u32;
    match (edited.addresses, edited.tag) {
        (&[a, b, c, d, e, f, g, h, i, j, k, l], Some([m, n, o, p])) => {
            let head = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
            to.deliver_edited(port, &head, skip);
        }
        (addresses, _) => to.deliver_edited(port, addresses, skip),
    }
}

/// The kernel's error for what the options refuse.
fn to_error(error: OptionError) -> Error {
    Error::from_errno(error.errno().saturating_neg())
}
