// SPDX-License-Identifier: GPL-2.0
//! A port of a hub network.

use super::missed::Missed;
use super::moment::Pace;
use super::network::Id;
use crate::program::Filter;
use std::collections::VecDeque;

/// Who holds a port, and what it can do.
#[derive(Clone, Debug)]
pub struct Port {
    /// The socket.
    pub holder: Id,
    /// It can receive.
    pub receives: bool,
    /// It can send.
    pub sends: bool,
    /// It is no reader, and no sender waits for it.
    pub observes: bool,
    /// It gets out-of-band messages.
    pub told: bool,
    /// The message that it reads next.
    pub(super) position: usize,
    /// How many it has lost, as far as it has read.
    pub lost: u64,
    /// What it has sent, and received by calls: messages, and bytes of those.
    pub sent: u64,
    pub sent_bytes: u64,
    pub received: u64,
    pub received_bytes: u64,
    /// How many messages were lost before its next one.
    pub skips: u64,
    /// How fast it has sent.
    pub pace: Pace,
    /// On a reliable bus: what it has missed, and of whom.
    pub missed: Missed,
    /// Out-of-band messages: readers and writers.
    pub oob: VecDeque<(i32, i32)>,
    /// Its cursor is mapped.
    pub mapped: bool,
    /// What it wants of messages.
    pub filter: Option<Filter>,
    /// What was written into its cursor as its position, and not yet looked at.
    pub(super) claimed: Option<u64>,
    /// What it has lost is no more known, for it wrote into its cursor.
    pub vague: bool,
}

impl Port {
    /// One that is not plugged in yet.
    pub fn new(holder: Id, receives: bool, sends: bool, told: bool) -> Port {
        Port {
            holder,
            receives,
            sends,
            observes: false,
            told,
            position: 0,
            lost: 0,
            sent: 0,
            sent_bytes: 0,
            received: 0,
            received_bytes: 0,
            skips: 0,
            pace: Pace::default(),
            missed: Missed::default(),
            oob: VecDeque::new(),
            mapped: false,
            filter: None,
            claimed: None,
            vague: false,
        }
    }

    /// What the port gets of a message, if it wants it.
    pub(super) fn wanted<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let odd = || bytes.first().is_some_and(|byte| byte % 2 == 1);
        match self.filter {
            None | Some(Filter::All) => Some(bytes),
            Some(Filter::Nothing | Filter::First(0)) => None,
            Some(Filter::First(len)) => Some(&bytes[..bytes.len().min(len as usize)]),
            Some(Filter::Odd) => odd().then_some(bytes),
        }
    }

    /// How many of so many bytes its filter lets pass.
    pub(super) fn cut(&self, len: usize) -> usize {
        match self.filter {
            Some(Filter::First(most)) => len.min(most as usize),
            _ => len,
        }
    }

    /// Whether others go past what its filter refuses: a mapped reader goes on by itself.
    pub(super) fn is_filtered(&self) -> bool {
        self.receives && self.filter.is_some() && !self.mapped
    }

    /// The same where a sender, or who attaches the filter, has it done: nobody waits for an observer.
    pub(super) fn is_gone_through(&self) -> bool {
        self.is_filtered() && !self.observes
    }
}
