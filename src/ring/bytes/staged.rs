// SPDX-License-Identifier: GPL-2.0

//! Long messages: written by pieces to a hole, and then referred to by a record.
//!
//! A hole is room without a message. Readers skip it, and the tail may pass it at any time between two
//! pieces: so its writer may be preempted or stopped there, and no one waits. Then the message
//! is gone before it was sent, and the writer begins again. While a piece is written the hole is marked,
//! and the tail stops there, as at any record that is being written.
//!
//! In what order such messages are is decided by the records that refer to them, which are ready at once.

use crate::ring::bytes::{
    layout::{Header, Kind, Memory, FAR, HEADER, LOST},
    writers::{Account, Refusal, Wanted, Writers},
    Claim, Ring,
};
use core::ops::DerefMut;

/// Room for a message that is written by pieces.
#[derive(Debug)]
pub(crate) struct Hole(Claim);

/// Bytes of the message of a record that refers to a hole: the hole's position.
const REFERENCE: u32 = 8;

impl<M: Memory> Ring<M> {
    /// Where in the memory the bytes of the hole are.
    pub(crate) fn place(&self, hole: &Hole) -> u64 {
        self.payload(&hole.0)
    }

    /// Ends what [`Writers::begin_piece`] began: all bytes of the piece were written.
    pub(crate) fn end_piece(&self, hole: &Hole) {
        self.mark(hole.0.position, hole.0.number, Kind::Hole);
    }

    /// The hole that the record at `position` refers to.
    pub(super) fn referred(&self, position: u64) -> u64 {
        self.word(position, HEADER).load()
    }
}

impl<C: DerefMut<Target = [Account]>> Writers<C> {
    /// Claims a hole for a message. It may be left alone at any time.
    pub(crate) fn claim_hole<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        wanted: &Wanted,
    ) -> Result<Hole, Refusal> {
        let size = self.make_room(ring, wanted.len, wanted.slowest.as_ref())?;
        let header = Header {
            len: wanted.len,
            from: wanted.from,
            stamp: 0,
            size: size as u32,
            flags: 0,
        };
        let hole = Hole(self.begin(ring, header, 0));
        ring.end_piece(&hole);
        Ok(hole)
    }

    /// Begins to write a piece of the hole, which ends soon: the tail waits for it. Tells whether the hole
    /// is still there.
    pub(crate) fn begin_piece<M: Memory>(&self, ring: &Ring<M>, hole: &Hole) -> bool {
        let is_there = self.tail() <= hole.0.position;
        if is_there {
            ring.mark(hole.0.position, hole.0.number, Kind::Filling);
        }
        is_there
    }

    /// Publishes the message that was written to `hole`.
    pub(crate) fn refer<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        hole: &Hole,
        wanted: &Wanted,
    ) -> Result<(), Refusal> {
        let room = self.make_room(ring, REFERENCE, wanted.slowest.as_ref());
        // Room for this very record may have cost the hole.
        if self.tail() > hole.0.position && room != Err(Refusal::Again) {
            return Err(Refusal::Gone);
        }
        let claim = self.begin_message(ring, room?, wanted, FAR);
        ring.word(claim.position, HEADER).store(hole.0.position);
        ring.word(hole.0.position, 16)
            .store(claim.number.wrapping_add(1));
        ring.publish(claim);
        Ok(())
    }

    /// Publishes a message whose hole was overwritten each time: to all readers it is lost, as if they had
    /// been too slow. No one waits for a writer that others are too fast for.
    pub(crate) fn refer_to_nothing<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        wanted: &Wanted,
    ) -> Result<(), Refusal> {
        let size = self.make_room(ring, REFERENCE, wanted.slowest.as_ref())?;
        let claim = self.begin_message(ring, size, wanted, FAR | LOST);
        ring.publish(claim);
        Ok(())
    }
}
