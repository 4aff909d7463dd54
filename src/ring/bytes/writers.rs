// SPDX-License-Identifier: GPL-2.0

//! What the writers of a ring of bytes share, under a lock of the owner's that each takes for a moment.
//!
//! With the lock goes: no softirq that writes may come in on this processor until the record that was
//! claimed is ready (bottom halves off). So who finds a record that is not ready waits for another
//! processor's copy of at most a piece, and never for one that it holds up itself.

use crate::{
    ring::bytes::{
        layout::{size_of, Header, Kind, Memory, State},
        with_terminator, Claim, Ring, PIECE,
    },
    rust::sync::atomic::write_barrier,
};
use core::ops::DerefMut;

/// Records that the tail is moved past while the lock is held.
const SLICE: u32 = 64;

/// A port as the writers know it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    /// The first number that can be a message of who has the port now.
    since: u64,
    /// Messages of its own that the tail went past.
    evicted: u64,
}

/// Where the slowest of those readers stands that a writer must not overrun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slowest {
    /// Its position.
    pub(crate) position: u64,
    /// The number of the message that it reads next.
    pub(crate) number: u64,
}

/// A message that wants room.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// Its bytes, at most [`Ring::longest`].
    pub(crate) len: u32,
    /// The port that sends it.
    pub(crate) from: u32,
    /// When, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: u64,
    /// Who must not be overrun; none on a lossy network.
    pub(crate) slowest: Option<Slowest>,
}

/// Why there is no room yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Many records are to be gone past, or many bytes to be wiped: let others at the lock, and ask again.
    Again,
    /// The oldest record is just being written by another processor: let go of the lock, and ask again.
    Busy,
    /// A reader that must not be overrun has to read first.
    NoRoom,
    /// It is longer than the ring can have.
    TooLong,
    /// What was to be referred to was overwritten.
    Gone,
}

/// The state of the writers. `accounts` has one for each port.
pub(crate) struct Writers<C> {
    head: u64,
    number: u64,
    tail: u64,
    tail_number: u64,
    voids: u64,
    /// The number since which the last port that was taken has its owner.
    taken: u64,
    /// Up to where the bytes before the tail are zeroes; none where they need not be.
    wiped: Option<u64>,
    accounts: C,
}

impl<C: DerefMut<Target = [Account]>> Writers<C> {
    /// Those of an empty ring. With `wipes` there is nothing in its memory but what can be read.
    pub(crate) fn new(accounts: C, wipes: bool) -> Self {
        Self {
            head: 0,
            number: 0,
            tail: 0,
            tail_number: 0,
            voids: 0,
            taken: 0,
            wiped: wipes.then_some(0),
            accounts,
        }
    }

    /// Goes on with other accounts, the first of which are copied; those that are not needed any more
    /// come back.
    pub(crate) fn resize(&mut self, mut accounts: C) -> C {
        let old = self.accounts.iter();
        accounts
            .iter_mut()
            .zip(old)
            .for_each(|(to, from)| *to = *from);
        core::mem::replace(&mut self.accounts, accounts)
    }

    /// The number of the next message.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Where the oldest record is that can be read.
    pub(crate) fn tail(&self) -> u64 {
        self.tail
    }

    /// The number of the oldest message, or of that after it where that is none.
    pub(crate) fn tail_number(&self) -> u64 {
        self.tail_number
    }

    /// Messages that were given up, of those before the tail.
    pub(crate) fn voids(&self) -> u64 {
        self.voids
    }

    /// Whoever has `port` has it from now on: messages with its number until now are another's.
    pub(crate) fn take(&mut self, port: u32) -> u64 {
        let since = self.number;
        self.taken = since;
        if let Some(account) = self.accounts.get_mut(port as usize) {
            *account = Account { since, evicted: 0 };
        }
        since
    }

    /// Messages of who has `port` now that the tail went past.
    pub(crate) fn evicted(&self, port: u32) -> u64 {
        let account = self.accounts.get(port as usize);
        account.map_or(0, |account| account.evicted)
    }

    /// Claims a record for a message. It is filled, and then published, voided or unclaimed.
    pub(crate) fn claim<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        wanted: &Wanted,
    ) -> Result<Claim, Refusal> {
        let size = self.make_room(ring, wanted.len, wanted.slowest.as_ref())?;
        Ok(self.begin_message(ring, size, wanted, 0))
    }

    /// Begins the record of a message, of `size` bytes, where room was made.
    pub(super) fn begin_message<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        size: u64,
        wanted: &Wanted,
        flags: u32,
    ) -> Claim {
        let header = Header {
            len: wanted.len,
            from: wanted.from,
            stamp: wanted.stamp,
            size: size as u32,
            flags,
        };
        self.begin(ring, header, 1)
    }

    /// Takes back what was claimed, if nothing was claimed and no port taken since; else the claim, to be
    /// [voided](Ring::void). None of it is seen by readers, but what it has overwritten is gone.
    pub(crate) fn unclaim<M: Memory>(&mut self, ring: &Ring<M>, claim: Claim) -> Result<(), Claim> {
        // Nor is a number given again that is before what a port's owner was told.
        if self.head != claim.next || claim.number < self.taken {
            return Err(claim);
        }
        let state = State::new(claim.number, Kind::Claimed);
        ring.begin(claim.position, state, Header::default());
        // It was the terminator.
        ring.terminate(claim.next, 0);
        self.head = claim.position;
        self.number = claim.number;
        Ok(())
    }

    /// Begins a record where room was made; `numbers` of it, one or none.
    pub(super) fn begin<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        header: Header,
        numbers: u64,
    ) -> Claim {
        let (position, number) = (self.head, self.number);
        let next = position.wrapping_add(header.size.into());
        ring.begin(position, State::new(number, Kind::Claimed), header);
        self.head = next;
        self.number = number.wrapping_add(numbers);
        ring.terminate(next, self.number);
        Claim {
            number,
            position,
            next,
        }
    }

    /// Frees room at the head for a record of `len` bytes in one piece; how many that takes.
    pub(super) fn make_room<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        len: u32,
        slowest: Option<&Slowest>,
    ) -> Result<u64, Refusal> {
        if len > ring.longest() {
            return Err(Refusal::TooLong);
        }
        let size = size_of(len);
        let end = ring.end_of_lap(self.head);
        let left = end.wrapping_sub(self.head);
        if size > left {
            self.free(ring, left, slowest)?;
            ring.terminate(end, self.number);
            ring.mark(self.head, self.number, Kind::Pad);
            self.head = end;
        }
        self.free(ring, size, slowest)?;
        Ok(size)
    }

    /// Moves the tail until `size` bytes at the head, and the terminator, may be written.
    fn free<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        size: u64,
        slowest: Option<&Slowest>,
    ) -> Result<(), Refusal> {
        let end = self.head.wrapping_add(with_terminator(size));
        let enough = end.saturating_sub(ring.bytes());
        let mut freed = Ok(());
        let moves = self.tail < enough;
        if moves {
            let ahead = enough.wrapping_add(ring.ahead);
            let mut left = SLICE;
            while self.tail < ahead {
                let evicted = match left {
                    0 => Err(Refusal::Again),
                    _ => self.evict(ring, slowest),
                };
                if let Err(refusal) = evicted {
                    if self.tail < enough {
                        freed = Err(refusal);
                    }
                    break;
                }
                left = left.wrapping_sub(1);
            }
            let positions = ring.memory.positions();
            positions.voids.store(self.voids);
            // Who sees it sees the state of the record there, and how many before it are void.
            positions.tail.store_release(self.tail);
        }
        // A reader that sees a byte of the new record sees the tail: also one that another writer moved.
        write_barrier();
        self.wipe(ring).and(freed)
    }

    /// Puts zeroes into what the tail went past, up to a piece.
    fn wipe<M: Memory>(&mut self, ring: &Ring<M>) -> Result<(), Refusal> {
        let Some(wiped) = self.wiped.filter(|wiped| *wiped < self.tail) else {
            return Ok(());
        };
        let to = self.tail.min(wiped.wrapping_add(PIECE.into()));
        ring.wipe(wiped, to);
        self.wiped = Some(to);
        match to < self.tail {
            true => Err(Refusal::Again),
            false => Ok(()),
        }
    }

    /// Moves the tail past one record.
    fn evict<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        slowest: Option<&Slowest>,
    ) -> Result<(), Refusal> {
        if slowest.is_some_and(|slowest| self.tail >= slowest.position) {
            return Err(Refusal::NoRoom);
        }
        let kind = ring.state(self.tail).kind();
        if matches!(kind, Kind::Claimed | Kind::Filling) {
            return Err(Refusal::Busy);
        }
        let header = ring.header(self.tail);
        let next = ring.next(self.tail, kind, &header);
        // Some record always stays; one that is needed never is the last.
        if next >= self.head {
            return Err(Refusal::Busy);
        }
        match kind {
            Kind::Message => {
                let account = self.accounts.get_mut(header.from as usize);
                // What another sent that had the port before is nobody's own.
                if let Some(account) = account.filter(|own| self.tail_number >= own.since) {
                    account.evicted = account.evicted.wrapping_add(1);
                }
            }
            Kind::Void => self.voids = self.voids.wrapping_add(1),
            // A hole that is referred to goes with the message that does.
            Kind::Hole if slowest.is_some_and(|slowest| header.stamp > slowest.number) => {
                return Err(Refusal::NoRoom);
            }
            _ => {}
        }
        if matches!(kind, Kind::Message | Kind::Void) {
            self.tail_number = self.tail_number.wrapping_add(1);
        }
        self.tail = next;
        Ok(())
    }
}
