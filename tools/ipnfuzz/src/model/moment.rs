// SPDX-License-Identifier: GPL-2.0
//! When something happened, and what can be said of a time that has passed.

use std::time::Duration;

/// A tick of the kernel's clock, or more.
const TICK: Duration = Duration::from_millis(10);

/// When a call was made: it was begun not before, and had ended by then.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Not before.
    pub from: Duration,
    /// Not behind.
    pub to: Duration,
}

/// Whether something is so that depends on time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sure {
    /// It is not.
    No,
    /// It may be.
    Maybe,
    /// It is.
    Yes,
}

impl Moment {
    /// Whether at least this time has passed since `before`, as a kernel has it whose clock ticks.
    pub fn is_later(self, before: Moment, time: Duration) -> Sure {
        let (least, most) = (
            self.from.saturating_sub(before.to),
            self.to.saturating_sub(before.from),
        );
        match () {
            () if most < time => Sure::No,
            () if least >= time + 2 * TICK => Sure::Yes,
            () => Sure::Maybe,
        }
    }

    /// The least and the most milliseconds that have passed since `before`.
    pub fn since(self, before: Moment) -> (u64, u64) {
        let least = self.from.saturating_sub(before.to + TICK);
        let most = self.to.saturating_sub(before.from) + TICK;
        (least.as_millis() as u64, most.as_millis() as u64)
    }
}

/// By how much a port may be ahead of its rate.
const AHEAD: Duration = Duration::from_millis(20);

/// How fast a port has sent: until when that takes at its rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    until: Moment,
}

impl Pace {
    /// Whether it may send now.
    pub fn lets_send(&self, now: Moment) -> Sure {
        let due = |until: Duration| until.saturating_sub(AHEAD);
        match () {
            () if due(self.until.from) > now.to => Sure::No,
            () if due(self.until.to) <= now.from.saturating_sub(TICK) => Sure::Yes,
            () => Sure::Maybe,
        }
    }

    /// It sends so many bytes, at most `rate` a second; 0: as many as it can.
    pub fn send(&mut self, now: Moment, len: usize, rate: i32) {
        if rate == 0 {
            return;
        }
        let takes = Duration::from_nanos(len.max(1) as u64 * 1_000_000_000 / rate as u64);
        self.until = Moment {
            from: self.until.from.max(now.from.saturating_sub(TICK)) + takes,
            to: self.until.to.max(now.to) + takes,
        };
    }
}
