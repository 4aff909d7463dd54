// SPDX-License-Identifier: GPL-2.0

//! A delivery policy of one's own: MIDI channels.
//!
//! The first byte of a MIDI message is its status; for voice messages, 0x80 to 0xef, the low four
//! bits are a channel. Port N of such a network is the instrument on channel N: it gets the messages
//! of that channel, and those that have none, which are for all.

#![deny(unsafe_code)]

/// The safe face of AF_IPN's policy interface.
#[allow(unsafe_code)]
mod ipn_policy {
    include!(concat!(env!("AF_IPN_INCLUDE"), "/ipn_policy.rs"));
}

use ipn_policy::{Message, Policy, Registration, Targets};
use kernel::prelude::*;

module! {
    type: MidiChannelModule,
    name: "midi_channel",
    authors: ["AF_IPN contributors"],
    description: "AF_IPN policy that delivers by MIDI channel",
    license: "GPL",
}

struct MidiChannelModule {
    _policy: Registration<MidiChannel>,
}

impl kernel::Module for MidiChannelModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _policy: Registration::new(module)?,
        })
    }
}

/// A network, with so many ports.
struct MidiChannel {
    ports: u32,
}

impl Policy for MidiChannel {
    const PROTOCOL: u32 = 40;
    const NAME: &'static CStr = c"midi_channel";

    fn new(ports: u32) -> Result<Self> {
        Ok(Self { ports })
    }

    fn bytes(&self) -> u64 {
        0
    }

    fn route(&mut self, message: &Message<'_>, to: &mut Targets<'_>) {
        match message.bytes().first() {
            None => {}
            Some(status @ 0x80..=0xef) => {
                to.deliver(u32::from(status & 0x0f));
                // So the next ones for this channel need not be asked for.
                to.remember(1);
            }
            Some(_) => (0..self.ports)
                .filter(|port| *port != message.from())
                .for_each(|port| to.deliver(port)),
        }
    }
}
