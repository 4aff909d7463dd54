// SPDX-License-Identifier: GPL-2.0

//! The reader of a ring of bytes: where it stands, what it finds, and what it has lost.
//!
//! Between [`Reader::look`] and [`Ring::is_intact`] the owner copies a message. None of this takes the lock
//! of the writers, but for [`Reader::catch_up_held`].

use crate::ring::bytes::{
    layout::{Header, Kind, Memory, FAR, HEADER, LOST},
    writers::{Account, Writers},
    Ring,
};
use core::ops::DerefMut;

/// A message in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its number.
    pub(crate) number: u64,
    /// Where in the memory its bytes are.
    pub(crate) at: u64,
    /// How many they are.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: u64,
    /// Whether the port itself has sent it, since it has the port.
    pub(crate) is_own: bool,
    /// Where the first is of what makes it.
    first: u64,
    /// Where the next record is.
    next: u64,
}

/// What a reader finds at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// No message yet.
    Empty,
    /// Messages that are lost: it has to catch up.
    Overrun,
    /// Something that is no message. The reader stands behind it now.
    Skipped,
    /// A message.
    Message(Found),
    /// A message whose bytes are gone, and only those.
    Gone(Found),
}

/// A port's own messages, which it does not get.
#[derive(Clone, Copy, Debug)]
struct Own {
    port: u32,
    since: u64,
    /// Those that it went past.
    passed: u64,
}

/// A reader. What it has to know besides its position makes losses exact.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    position: u64,
    number: u64,
    /// Messages that were given up, of those before its position.
    voids: u64,
    own: Option<Own>,
}

impl<M: Memory> Ring<M> {
    /// Whether all that was read of a message since it was found belongs to it.
    #[inline]
    pub(crate) fn is_intact(&self, found: &Found) -> bool {
        self.is_readable(found.first)
    }
}

impl Reader {
    /// A reader at the oldest message. Writers are held off.
    ///
    /// `own` is its port, which it has since the number beside it ([`Writers::take`]), if it sends.
    pub(crate) fn at_oldest<C>(writers: &Writers<C>, own: Option<(u32, u64)>) -> Self
    where
        C: DerefMut<Target = [Account]>,
    {
        Self {
            position: writers.tail(),
            number: writers.tail_number(),
            voids: writers.voids(),
            own: own.map(|(port, since)| Own {
                port,
                since,
                passed: writers.evicted(port),
            }),
        }
    }

    /// Where it stands.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The number of the message that it gets next.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Of the port's own messages, those before its position.
    pub(crate) fn own_passed(&self) -> u64 {
        self.own.map_or(0, |own| own.passed)
    }

    /// What there is at its position.
    #[inline]
    pub(crate) fn look<M: Memory>(&mut self, ring: &Ring<M>) -> Look {
        let position = self.position;
        let state = ring.state(position);
        let kind = state.kind();
        if state.number() != self.number || kind == Kind::Claimed {
            return match ring.is_readable(position) {
                true => Look::Empty,
                false => Look::Overrun,
            };
        }
        let header = match kind {
            Kind::Pad => Header::default(),
            _ => ring.header(position),
        };
        let is_far = kind == Kind::Message && header.flags & FAR != 0;
        let hole = match is_far {
            true => ring.referred(position),
            false => position,
        };
        // From here on it is known to be what stands there.
        if !ring.is_readable(position) {
            return Look::Overrun;
        }
        let next = ring.next(position, kind, &header);
        match kind {
            Kind::Message => {
                let found = self.found(ring, hole, next, header);
                let is_gone = is_far && (header.flags & LOST != 0 || !ring.is_readable(hole));
                match is_gone {
                    true => Look::Gone(found),
                    false => Look::Message(found),
                }
            }
            _ => {
                self.position = next;
                if kind == Kind::Void {
                    self.number = self.number.wrapping_add(1);
                    self.voids = self.voids.wrapping_add(1);
                }
                Look::Skipped
            }
        }
    }

    fn found<M: Memory>(&self, ring: &Ring<M>, first: u64, next: u64, header: Header) -> Found {
        Found {
            number: self.number,
            at: ring.at(first.wrapping_add(HEADER)),
            len: header.len,
            from: header.from,
            stamp: header.stamp,
            is_own: self
                .own
                .is_some_and(|own| own.port == header.from && self.number >= own.since),
            first,
            next,
        }
    }

    /// Goes past what was found.
    #[inline]
    pub(crate) fn pass(&mut self, found: &Found) {
        self.position = found.next;
        self.number = found.number.wrapping_add(1);
        if let Some(own) = self.own.as_mut().filter(|_| found.is_own) {
            own.passed = own.passed.wrapping_add(1);
        }
    }

    /// Goes on from the oldest message; how many were lost. None where that takes a look at what the
    /// writers know, or they are too fast: [`Reader::catch_up_held`].
    pub(crate) fn catch_up<M: Memory>(&mut self, ring: &Ring<M>) -> Option<u64> {
        let positions = ring.memory.positions();
        let tail = positions.tail.load_acquire();
        let number = ring.state(tail).number();
        let voids = positions.voids.load();
        let is_exact = self.own.is_none() && voids == self.voids && ring.is_readable(tail);
        if tail <= self.position {
            return Some(0);
        }
        is_exact.then(|| {
            let lost = number.wrapping_sub(self.number);
            self.position = tail;
            self.number = number;
            lost
        })
    }

    /// The same where writers are held off.
    pub(crate) fn catch_up_held<C>(&mut self, writers: &Writers<C>) -> u64
    where
        C: DerefMut<Target = [Account]>,
    {
        if writers.tail() <= self.position {
            return 0;
        }
        let gap = writers.tail_number().wrapping_sub(self.number);
        let voids = writers.voids().wrapping_sub(self.voids);
        let own = self.own.as_mut().map_or(0, |own| {
            let evicted = writers.evicted(own.port);
            evicted.wrapping_sub(core::mem::replace(&mut own.passed, evicted))
        });
        self.position = writers.tail();
        self.number = writers.tail_number();
        self.voids = writers.voids();
        gap.wrapping_sub(voids).wrapping_sub(own)
    }
}
