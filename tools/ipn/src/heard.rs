// SPDX-License-Identifier: GPL-2.0

//! What a receiver that takes messages out of memory has heard of each sender of a reliable bus.
//!
//! The kernel says that it has missed messages, and how many. Of whom, the sequences of the next ones tell.

use crate::sequence::Sequence;
use std::collections::HashMap;

/// The last message of each sender that was heard, and what was missed.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    last: HashMap<u32, u64>,
    /// Messages that the kernel has counted as lost.
    lost: u64,
    /// Those of them of which it is not known yet whose they were.
    due: u64,
}

/// What was missed of a sender before one of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missed {
    /// How many.
    pub(crate) count: u64,
    /// Whether the kernel has said so before.
    pub(crate) was_told: bool,
}

impl Heard {
    /// Nothing was heard yet by a port that has lost so many messages.
    pub(crate) fn new(lost: u64) -> Self {
        Self {
            lost,
            ..Self::default()
        }
    }

    /// A message of port `from` comes; the port has lost so many in all.
    pub(crate) fn hear(&mut self, from: u32, sequence: &Sequence, lost: u64) -> Missed {
        self.due += lost.saturating_sub(self.lost);
        self.lost = lost;
        let count = match self.last.insert(from, sequence.number) {
            Some(last) => sequence.number.saturating_sub(last.saturating_add(1)),
            // What came before the port did is not missed.
            None => sequence.skipped,
        };
        let was_told = count <= self.due;
        self.due = self.due.saturating_sub(count);
        Missed { count, was_told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn hear(heard: &mut Heard, from: u32, (number, skipped): (u64, u64), lost: u64) -> (u64, bool) {
        let sequence = Sequence {
            number,
            sent: Duration::ZERO,
            skipped,
            origin: None,
        };
        let missed = heard.hear(from, &sequence, lost);
        (missed.count, missed.was_told)
    }

    #[test]
    fn senders_are_told_apart() {
        let mut heard = Heard::new(0);
        assert_eq!(hear(&mut heard, 1, (41, 0), 0), (0, true));
        assert_eq!(hear(&mut heard, 2, (7, 0), 0), (0, true));
        assert_eq!(hear(&mut heard, 1, (42, 0), 0), (0, true));
        // Five were lost, of both.
        assert_eq!(hear(&mut heard, 1, (46, 0), 5), (3, true));
        assert_eq!(hear(&mut heard, 2, (10, 0), 5), (2, true));
        assert_eq!(hear(&mut heard, 2, (11, 0), 5), (0, true));
    }

    #[test]
    fn what_never_came_nobody_has_told() {
        let mut heard = Heard::new(3);
        assert_eq!(hear(&mut heard, 1, (6, 5), 3), (5, false));
        assert_eq!(hear(&mut heard, 1, (9, 2), 3), (2, false));
        assert_eq!(hear(&mut heard, 1, (10, 0), 3), (0, true));
    }
}
