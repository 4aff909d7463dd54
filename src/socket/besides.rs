// SPDX-License-Identifier: GPL-2.0

//! What comes with a message besides its bytes, where somebody asks for it or the bus is a reliable one: who sent it, its
//! sequence, and what was missed before it.

use crate::{
    abi::{sequence::Sequence, uapi::IPN_SO_SEQUENCE},
    rust::net::message::Incoming,
    socket::{
        endpoint::Seat,
        gaps,
        reading::{Found, Reading},
    },
};
use kernel::error::Result;

/// What there is to tell of a message; to be believed once that was not overwritten.
pub(super) struct Besides {
    number: u64,
    from: u32,
    /// Which message of the network it is.
    message: u64,
    /// Its sequence.
    pub(super) sequence: Sequence,
}

impl Besides {
    /// That of a message that was found.
    #[cold]
    pub(super) fn of(seat: &Seat, found: &Found) -> Self {
        Self {
            number: found.at.number,
            from: found.meta.from,
            message: seat.ring.sent_as(found.at),
            sequence: seat.ring.sequence_of(found.at),
        }
    }

    /// Whether messages right before it never came here.
    pub(super) fn is_behind_a_gap(&self) -> bool {
        self.sequence.skipped != 0
    }

    /// The message is the port's next: it is counted as seen. Some before it never came here, of which the caller is to
    /// be told first: `ECONNRESET`.
    pub(super) fn hear(&self, reading: Reading<'_>) -> Result {
        reading.miss_skipped(self.number, self.from, &self.sequence)?;
        reading.seat.hear(self.from, &self.sequence);
        Ok(())
    }

    /// Adds what is asked for to the message.
    pub(super) fn add(&self, reading: Reading<'_>, place: &mut Incoming<'_>) {
        let Reading { sock, seat } = reading;
        if sock.wants_sender.is_up() {
            let sender = seat.network.sender(self.from, self.message);
            if let Some(sender) = &sender {
                place.add_sender(sender.port, &sender.who);
            }
        }
        if sock.wants_sequence.is_up() {
            place.add_note(IPN_SO_SEQUENCE, &self.sequence.to_bytes());
        }
        gaps::add(sock, seat, place);
    }
}
