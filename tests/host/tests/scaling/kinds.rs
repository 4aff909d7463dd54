// SPDX-License-Identifier: GPL-2.0

//! The kinds of sends that are simulated, and what is assumed of each.

use crate::machine::STEP;

/// On what senders send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Network {
    /// All on one hub.
    Hub,
    /// Each on a hub of its own.
    HubEach,
    /// All on one switch, each to a station of its own.
    Switch,
}

/// A kind of send.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) network: Network,
    /// Bytes of a message.
    ///
    /// What is copied under the lock has 8, as `src/delivery` takes more for long on the host. Four of them share
    /// a line, where two of 60 bytes do not.
    pub(crate) bytes: usize,
    /// Instructions of a send, its system call included, as `make bench` has counted them.
    instructions: u64,
    /// Cache lines that are written under the lock and have no atomic word, so that they are not seen here: of a hub what
    /// it has counted, and whose messages the ring has; of a switch, where it is the lock of the sender's own lane, the
    /// frame and its flow.
    pub(crate) guarded: u64,
}

/// All of them.
pub(crate) static KINDS: [Kind; 4] = [
    Kind {
        name: "hub, a short message",
        network: Network::Hub,
        bytes: 8,
        instructions: 1077,
        guarded: 2,
    },
    Kind {
        name: "hub, 1,500 bytes",
        network: Network::Hub,
        bytes: 1500,
        instructions: 1260,
        guarded: 2,
    },
    Kind {
        name: "switch, 60 bytes",
        network: Network::Switch,
        bytes: 60,
        instructions: 1300,
        guarded: 2,
    },
    Kind {
        name: "a hub each, a short message",
        network: Network::HubEach,
        bytes: 8,
        instructions: 1077,
        guarded: 2,
    },
];

/// What an instruction takes, in picoseconds: a cycle at 3 GHz.
const INSTRUCTION: u64 = 333;

impl Kind {
    /// What a send takes besides these accesses, in picoseconds.
    pub(crate) fn beside(&self, accesses: usize) -> u64 {
        (self.instructions * INSTRUCTION).saturating_sub(accesses as u64 * STEP)
    }
}
