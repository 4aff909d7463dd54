// SPDX-License-Identifier: GPL-2.0

//! With which message a port begins: with the next, or with one that was sent before it came.

use crate::{
    ring::{PeekAt, Ring},
    rust::{glue::ring_memory::RingMemory, task::pause::pause},
};

/// What a port begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum History {
    /// What is sent from now on.
    #[default]
    None,
    /// So many messages before that; 2147483647: all that are left.
    Last(u32),
    /// Those of the last so many milliseconds.
    Since(u32),
}

/// Where a port begins, as was found without the lock.
pub(crate) struct Begin {
    /// The first message.
    pub(crate) number: u64,
    /// How many from there on did not come about.
    pub(crate) voids: u64,
}

impl History {
    /// Whether it is of what was sent before.
    pub(crate) fn is_wanted(self) -> bool {
        self != Self::None
    }

    /// The first message of a port that comes now, of those before number `until`, in a ring whose messages before `first`
    /// are not asked for. Others send meanwhile; what they overwrite is not there.
    ///
    /// Where no message is in parts all are looked at without going through them.
    pub(crate) fn begin(
        self,
        ring: &Ring<RingMemory>,
        first: u64,
        until: u64,
        in_parts: bool,
    ) -> Begin {
        let most = match self {
            Self::None => 0,
            Self::Last(count) => count.into(),
            Self::Since(_) => u64::MAX,
        };
        if !in_parts {
            return Begin {
                number: until.saturating_sub(most).max(first),
                voids: 0,
            };
        }
        let (mut number, mut messages, mut voids) = (until, 0_u64, 0_u64);
        while messages < most && number > first {
            let before = number.wrapping_sub(1);
            match ring.peek_at(before) {
                PeekAt::Message { .. } | PeekAt::Gone(_) => messages = messages.wrapping_add(1),
                PeekAt::Void => voids = voids.wrapping_add(1),
                // What is being written is a part.
                PeekAt::Empty if ring.oldest() <= before => voids = voids.wrapping_add(1),
                PeekAt::Empty | PeekAt::Overrun { .. } => break,
            }
            number = before;
            // What is begun is soon done, as the index is finite.
            let _ = pause();
        }
        Begin { number, voids }
    }
}
