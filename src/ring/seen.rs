// SPDX-License-Identifier: GPL-2.0

//! What a reader of a reliable bus has seen of each sender: so it learns whose messages it missed.
//!
//! How many it missed is known by its position alone. Of whom, by the sequences: those of a sender that are gone, and
//! that it has not seen. What it has not seen anything of, as it began before it came, is missed of others.

use crate::{
    abi::{
        sequence::Gap,
        uapi::{IPN_GAPS_MAX, IPN_GAP_OTHERS},
    },
    ring::sequences::Sequences,
    rust::sync::atomic::Counter,
};
use core::ops::{Deref, DerefMut};

/// What a reader knows of a sender.
pub(crate) struct Heard {
    /// The last of its messages that it has seen, or has missed and counted; [`UNKNOWN`].
    last: Counter,
    /// Those that it has missed, and was not told of.
    missed: Counter,
}

/// Nothing was seen yet of what is in the ring.
const UNKNOWN: u64 = u64::MAX;

impl Heard {
    /// Of a sender that has sent nothing.
    pub(crate) fn new() -> Self {
        Self {
            last: Counter::new(0),
            missed: Counter::new(0),
        }
    }
}

/// What a reader knows of all senders.
pub(crate) struct Seen<C> {
    senders: C,
    /// What it has missed of those that it knows nothing of.
    others: Counter,
}

impl<C: Deref<Target = [Heard]>> Seen<C> {
    /// That of a reader that is to [begin](Seen::begin).
    pub(crate) fn new(senders: C) -> Self {
        Self {
            senders,
            others: Counter::new(0),
        }
    }

    /// The reader begins with what is sent from now on, or, with `before`, with some of what is in the ring. Writers are
    /// held off.
    pub(crate) fn begin<S: DerefMut<Target = [u64]>>(
        &self,
        sequences: &Sequences<S>,
        before: bool,
    ) {
        for (port, heard) in (0..).zip(self.senders.iter()) {
            let (sent, gone) = sequences.of(port);
            let is_known = !before || sent == gone;
            heard.last.store(if is_known { sent } else { UNKNOWN });
        }
    }

    /// It has seen message `sequence` of port `from`. Of several calls at once the last one counts.
    pub(crate) fn hear(&self, from: u32, sequence: u64) {
        let Some(heard) = self.senders.get(from as usize) else {
            return;
        };
        loop {
            let last = heard.last.load();
            let is_newer = last == UNKNOWN || last < sequence;
            if !is_newer || heard.last.replace(last, sequence) {
                return;
            }
        }
    }

    /// It has missed `count` messages of port `from`, up to message `sequence`.
    pub(crate) fn miss(&self, from: u32, sequence: u64, count: u64) {
        self.hear(from, sequence);
        match self.senders.get(from as usize) {
            Some(heard) => heard.missed.add(count),
            None => self.others.add(count),
        }
    }

    /// It was overrun, and goes on with the oldest message that is left; by its position it has lost so many. Of port
    /// `own`, which is its own, the messages up to `until` were another's. How many it has lost, with those that never
    /// came. Writers are held off.
    pub(crate) fn catch_up<S: DerefMut<Target = [u64]>>(
        &self,
        sequences: &Sequences<S>,
        lost: u64,
        (own, until): (u32, u64),
    ) -> u64 {
        let mut known: u64 = 0;
        for (port, heard) in (0..).zip(self.senders.iter()) {
            let (_, gone) = sequences.of(port);
            let gone = match port == own {
                true => gone.min(until),
                false => gone,
            };
            let last = heard.last.load();
            if last == UNKNOWN || last < gone {
                heard.last.store(gone);
            }
            if last < gone {
                let missed = gone.wrapping_sub(last);
                heard.missed.add(missed);
                known = known.saturating_add(missed);
            }
        }
        self.others.add(lost.saturating_sub(known));
        lost.max(known)
    }

    /// What it has missed and was not told of, which it is told now.
    pub(crate) fn take_gaps(&self, mut tell: impl FnMut(Gap)) {
        let mut others = take(&self.others);
        let mut told = 0;
        for (port, heard) in (0..).zip(self.senders.iter()) {
            let lost = take(&heard.missed);
            if lost != 0 && told < IPN_GAPS_MAX {
                let zero = 0;
                tell(Gap { lost, port, zero });
                told = told.saturating_add(1);
            } else {
                others = others.saturating_add(lost);
            }
        }
        if others != 0 {
            tell(Gap {
                lost: others,
                port: IPN_GAP_OTHERS,
                zero: 0,
            });
        }
    }
}

/// What a counter says, which counts from 0 again.
fn take(counter: &Counter) -> u64 {
    loop {
        let count = counter.load();
        if count == 0 || counter.replace(count, 0) {
            return count;
        }
    }
}
