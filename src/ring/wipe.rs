// SPDX-License-Identifier: GPL-2.0

//! Bytes of messages that can not be read any more: who maps a ring must not find them.
//!
//! As long as nobody has mapped it they stay, and cost nothing. Once somebody is to, all that is no message's is
//! cleared, a little at a time ([`Ring::show`]), and from then on what is given up and not written over at once.

use crate::ring::{
    layout::{size_of, Memory, PIECE},
    shown::{CLEARING, SEEN},
    Claim, Ring,
};

/// How far a ring is cleared.
pub(crate) struct Clearing {
    /// The message whose end is next; those before it are done.
    number: u64,
    /// Those from here on were sent since.
    end: u64,
    /// Which bytes are next, once all messages are done.
    at: u32,
}

impl<M: Memory> Ring<M> {
    /// Begins to clear the memory, before it is seen; none if that is done. Writers are held off.
    pub(crate) fn show(&self) -> Option<Clearing> {
        if self.shown.state() == SEEN {
            return None;
        }
        self.shown.set(CLEARING);
        // Whoever sends has to look at this.
        let head = self.memory.positions().head.load();
        self.writer.end.store(head);
        Some(Clearing {
            number: 0,
            end: self.published(),
            at: 0,
        })
    }

    /// Goes on with it for a while; tells whether it is done. Writers are held off, and may have been at work
    /// since.
    pub(crate) fn clear_some(&self, clearing: &mut Clearing) -> bool {
        clearing.number = clearing.number.max(self.oldest());
        let last = clearing.number.saturating_add((PIECE / 256).into());
        while clearing.number < clearing.end.min(last) {
            self.clear_end(clearing.number);
            clearing.number = clearing.number.wrapping_add(1);
        }
        if clearing.number < clearing.end {
            return false;
        }
        let end = clearing.at.saturating_add(PIECE).min(self.bytes);
        self.clear_free(clearing.at, end);
        clearing.at = end;
        if end != self.bytes {
            return false;
        }
        self.shown.set(SEEN);
        true
    }

    /// Clears what is between a message and the next.
    fn clear_end(&self, number: u64) {
        let message = self.descriptor(number);
        let (at, len) = (message.at.load(), message.load().bytes());
        let next = number.wrapping_add(1);
        let end = match next == self.published() {
            true => self.memory.positions().head.load(),
            false => self.descriptor(next).at.load(),
        };
        if end > at {
            self.clear(at.saturating_add(len), end);
        } else {
            self.clear(at.saturating_add(len), self.bytes);
            self.clear(0, end);
        }
    }

    /// Clears what no message has of the bytes from `begin` to `end`.
    fn clear_free(&self, begin: u32, end: u32) {
        let (oldest, published) = (self.oldest(), self.published());
        if oldest == published {
            return self.clear(begin, end);
        }
        let head = self.memory.positions().head.load();
        let tail = self.descriptor(oldest).at.load();
        if tail < head {
            self.clear(begin, end.min(tail));
            self.clear(begin.max(head), end);
        } else {
            self.clear(begin.max(head), end.min(tail));
        }
    }

    fn clear(&self, begin: u32, end: u32) {
        if begin < end {
            self.memory.clear(begin, end.wrapping_sub(begin));
        }
    }

    /// Clears what was given up, the bytes from `begin` to `end`, which may go round, but for those of one that is
    /// written now.
    pub(super) fn wipe(&self, (begin, end): (u32, u32), (at, len): (u32, u32)) {
        let but = at.saturating_add(len);
        let clear = |begin: u32, end: u32| {
            self.clear(begin, end.min(at));
            self.clear(begin.max(but), end);
        };
        if begin < end {
            clear(begin, end);
        } else {
            clear(begin, self.bytes);
            clear(0, end);
        }
    }

    /// Clears the place of a message, and what it leaves at the end of the memory.
    #[cold]
    pub(super) fn wipe_place(&self, at: u32, len: u32) {
        self.clear(at, at.saturating_add(size_of(len)));
        if at == 0 && self.oldest() != self.published() {
            let newest = self.descriptor(self.published().wrapping_sub(1));
            self.clear(Self::end_of_bytes(newest), self.bytes);
        }
    }

    /// Gives up the message of `claim`, of `len` bytes, of which some may have been written.
    pub(crate) fn give_up(&self, claim: Claim, len: u32) {
        if self.shown.is_shown() {
            self.memory.clear(claim.at, len);
        }
    }
}
