// SPDX-License-Identifier: GPL-2.0

//! The ring of bytes: a bounded log of records of any length, with many writers and many readers.
//!
//! A writer claims room for its record under a short lock ([`writers`]), copies its bytes without one and
//! marks the record ready, each in a word of its own. Readers take no lock ([`reader`]): they go from record
//! to record up to one that is not ready, and ask after each copy whether the tail has passed it. What
//! lies before the tail is lost to those who have not read it, and is written over.
//!
//! What keeps this right, each with a model that fails without it (`tests/host/tests/loom/bytes.rs`):
//!
//! 1. Bytes are written only after the tail went past what they replace: the tail is stored, and a write
//!    barrier comes before the bytes. A reader takes what it copied only if the tail, loaded after a read
//!    barrier, still is not beyond it.
//! 2. Each claim has that barrier, also one that finds room and moves nothing: another has moved the tail
//!    before, under the lock, which orders it for that writer but not for readers.
//! 3. The tail passes no record that is being written.
//! 4. Whatever the tail comes to has a number in its state, also the end: so an overrun reader goes on from
//!    there without a lock. And a record takes less than half of the ring, so that one stays while the next
//!    is begun.
//! 5. Bytes of a message may look like a state. So the state behind the last record is made not ready, the
//!    terminator, before that record is: no reader who is not overrun meets anything else there.
//! 6. Losses are numbers taken from each other. Those that are no loss are counted as the tail goes past
//!    them: voids, and each port's own messages since it has the port.
//! 7. A writer looks for sleepers after it marked its record ready, a reader looks for records after it
//!    said that it sleeps, and both have a full barrier between.
//!
//! Who maps the ring finds no byte of a message that can not be read any more: what the tail went past is
//! wiped before the claim that moved it ends ([`writers::Writers::new`]). A writer that gives its message up
//! clears it first, and who fills a record that is not wiped clears what is left of its last 16 bytes.
//!
//! A claim is as long as the walk past 64 records, or the wiping of [`PIECE`] bytes. A record is copied with preemption off, so at most
//! [`PIECE`] bytes; a longer message is written to a hole by pieces ([`staged`]), and nobody waits for its
//! writer longer than for a piece.

pub(crate) mod layout;
pub(crate) mod reader;
pub(crate) mod staged;
pub(crate) mod writers;

use crate::{
    ring::bytes::layout::{Header, Kind, Memory, State, ALIGN, HEADER},
    rust::sync::atomic::{full_barrier, read_barrier, AtomicU64},
};

/// Bytes that are copied at most while others may wait for it, and preemption is off.
pub(crate) const PIECE: u32 = 16384;

/// A record that was claimed: a place for a message, until it is published, voided or unclaimed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The message's number.
    pub(crate) number: u64,
    /// Where the record begins.
    position: u64,
    /// Where the next one does.
    next: u64,
}

/// A ring of bytes over some memory.
pub(crate) struct Ring<M> {
    memory: M,
    mask: u64,
    ahead: u64,
}

impl<M: Memory> Ring<M> {
    /// An empty ring, that frees so many bytes beyond what is needed ([`layout::ahead`]).
    pub(crate) fn new(memory: M, ahead: u64) -> Self {
        let mask = memory.bytes().wrapping_sub(1);
        Self {
            memory,
            mask,
            ahead,
        }
    }

    /// Where the records are.
    pub(crate) fn memory(&self) -> &M {
        &self.memory
    }

    /// Bytes of the longest message in one record.
    pub(crate) fn longest(&self) -> u32 {
        layout::longest(self.bytes())
    }

    fn bytes(&self) -> u64 {
        self.mask.wrapping_add(1)
    }

    /// Where in the memory `position` lies.
    #[inline]
    pub(crate) fn at(&self, position: u64) -> u64 {
        position & self.mask
    }

    /// Where in the memory the bytes of `claim` go.
    #[inline]
    pub(crate) fn payload(&self, claim: &Claim) -> u64 {
        self.at(claim.position.wrapping_add(HEADER))
    }

    /// Where the memory begins again after `position`.
    fn end_of_lap(&self, position: u64) -> u64 {
        (position | self.mask).wrapping_add(1)
    }

    fn word(&self, position: u64, offset: u64) -> &AtomicU64 {
        self.memory.word(self.at(position.wrapping_add(offset)))
    }

    /// The state at `position`; what was written before it became ready may be read.
    #[inline]
    fn state(&self, position: u64) -> State {
        State::from_word(self.word(position, 0).load_acquire())
    }

    /// Marks what stands at `position` ready, or not to be waited for.
    #[inline]
    fn mark(&self, position: u64, number: u64, kind: Kind) {
        let state = State::new(number, kind);
        self.word(position, 0).store_release(state.word());
    }

    /// Begins a record, which is not ready, or takes it back. Writers are held off.
    fn begin(&self, position: u64, state: State, header: Header) {
        self.word(position, 0).store(state.word());
        let [first, stamp, last] = header.words();
        self.word(position, 8).store(first);
        self.word(position, 16).store(stamp);
        self.word(position, 24).store(last);
    }

    /// Says that there is no record at `position` yet: the next one will be `number`. Writers are held off.
    fn terminate(&self, position: u64, number: u64) {
        let state = State::new(number, Kind::Claimed);
        self.word(position, 0).store(state.word());
    }

    /// Puts zeroes where the bytes from `from` to `to` lie. Writers are held off.
    fn wipe(&self, from: u64, to: u64) {
        let end = self.end_of_lap(from).min(to);
        self.memory.clear(self.at(from), end.wrapping_sub(from));
        if end < to {
            self.memory.clear(self.at(end), to.wrapping_sub(end));
        }
    }

    /// What stands behind the state at `position`.
    #[inline]
    fn header(&self, position: u64) -> Header {
        let word = |offset| self.word(position, offset).load();
        Header::of([word(8), word(16), word(24)])
    }

    /// Where the record after that at `position` begins.
    #[inline]
    fn next(&self, position: u64, kind: Kind, header: &Header) -> u64 {
        match kind {
            Kind::Pad => self.end_of_lap(position),
            _ => position.wrapping_add(header.size.into()),
        }
    }

    /// Ends the message of `claim`: from here on it can be read. All of its bytes were written.
    ///
    /// The caller then asks [whether one sleeps](Ring::has_sleepers).
    #[inline]
    pub(crate) fn publish(&self, claim: Claim) {
        self.mark(claim.position, claim.number, Kind::Message);
    }

    /// Gives the message of `claim` up where it can [not be unclaimed](writers::Writers::unclaim): readers
    /// skip it, and it is no loss. They may sleep behind it.
    pub(crate) fn void(&self, claim: Claim) {
        self.mark(claim.position, claim.number, Kind::Void);
    }

    /// Whether a reader may sleep, after something was published or voided.
    #[inline]
    pub(crate) fn has_sleepers(&self) -> bool {
        // Pairs with `sleep`: the one who comes last sees the other.
        full_barrier();
        self.memory.notices().sleepers.load() != 0
    }

    /// Says that a reader may sleep; it looks once more before it does.
    pub(crate) fn sleep(&self) {
        self.memory.notices().sleepers.store(1);
        // Pairs with `has_sleepers`.
        full_barrier();
    }

    /// Says that no reader sleeps.
    pub(crate) fn wake(&self) {
        self.memory.notices().sleepers.store(0);
    }

    /// Whether all that was read at `position` and behind it is what stood there: nothing was written
    /// over it.
    #[inline]
    fn is_readable(&self, position: u64) -> bool {
        // What was read comes before the tail; pairs with the barrier of a claim.
        read_barrier();
        self.memory.positions().tail.load() <= position
    }
}

/// Bytes that a record and the terminator behind it take.
fn with_terminator(size: u64) -> u64 {
    size.wrapping_add(ALIGN)
}
