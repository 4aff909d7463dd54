// SPDX-License-Identifier: GPL-2.0

//! The one writer of a network: the port that has mapped the ring to write.

use crate::{
    abi::errno::{Errno, Result},
    ring::{
        told::{Nonsense, TakenIn},
        Ring,
    },
    rust::glue::ring_memory::RingMemory,
};
use kernel::sync::Arc;

/// The ring of such a network.
pub(crate) struct Writing {
    /// The ring.
    pub(crate) ring: Arc<Ring<RingMemory>>,
    writer: Option<Writer>,
}

/// Who writes it, from when it maps the ring until it gives its port back.
#[derive(Clone, Copy)]
struct Writer {
    /// Its port.
    number: u32,
    /// What it publishes counts.
    is_heard: bool,
}

impl Writing {
    /// Nobody writes it yet.
    pub(crate) fn new(ring: Arc<Ring<RingMemory>>) -> Self {
        Self { ring, writer: None }
    }

    /// Whether it is that port.
    pub(crate) fn is_writer(&self, number: u32) -> bool {
        self.writer.is_some_and(|writer| writer.number == number)
    }

    /// Port `number` writes from now on; tells whether it did not before. Another does: `EBUSY`.
    pub(crate) fn begin(&mut self, number: u32) -> Result<bool> {
        match self.writer {
            Some(_) if self.is_writer(number) => Ok(false),
            Some(_) => Err(Errno::BUSY),
            None => {
                self.ring.hand_over();
                let is_heard = true;
                self.writer = Some(Writer { number, is_heard });
                Ok(true)
            }
        }
    }

    /// What port `number` publishes counts no more.
    pub(crate) fn silence(&mut self, number: u32) {
        let writer = self.writer.as_mut();
        if let Some(writer) = writer.filter(|writer| writer.number == number) {
            writer.is_heard = false;
        }
    }

    /// Port `number` is given back, and with it the mapping.
    pub(crate) fn end(&mut self, number: u32) {
        if self.is_writer(number) {
            self.writer = None;
        }
    }

    /// Takes over some of what was published: of which port, and what.
    pub(crate) fn take_in(&mut self, mtu: u32, keep: u64) -> Result<(u32, TakenIn), Nonsense> {
        let Some(writer) = self.writer.filter(|writer| writer.is_heard) else {
            let nothing = TakenIn {
                messages: 0,
                more: false,
            };
            self.ring.give_up_as_told();
            return Ok((0, nothing));
        };
        let taken = self.ring.take_in(writer.number, mtu, keep);
        if taken.is_err() {
            self.silence(writer.number);
        }
        Ok((writer.number, taken?))
    }
}
