// SPDX-License-Identifier: GPL-2.0
//! A sequence of calls, as it is made, kept in a file and run again.

mod call;
mod data;
mod name;

pub use call::{Argument, Call, Filter, Part, Receiver, Sender};
pub use data::{
    put_record, station, Control, Data, Memory, ORIGIN, RECORD_HEADER, SEQUENCED_HEADER,
};
pub use name::{Address, Name};
use serde::{Deserialize, Serialize};

/// The number of a place for a descriptor.
pub type Slot = u8;

/// How many places there are. Calls on an empty one are passed over.
pub const SLOTS: Slot = 12;

/// Threads that share all descriptors, each with its calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Who runs it, and where.
    pub setting: Setting,
    /// The calls of each thread.
    pub threads: Vec<Vec<Call>>,
}

impl Program {
    /// Number of calls.
    pub fn len(&self) -> usize {
        self.threads.iter().map(Vec::len).sum()
    }
}

/// Who runs a program, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The user at first: 0 is root, 1 to 3 are u1 to u3.
    pub user: u8,
    /// Its namespaces.
    pub space: Space,
    /// The model says what each call must answer. One thread, and calls that the model knows.
    pub modelled: bool,
}

/// The namespaces of a program.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// Those of the host.
    Host,
    /// A network namespace of its own.
    Network,
    /// A user namespace of its own, in which it is root, and a network namespace in that.
    User,
}
