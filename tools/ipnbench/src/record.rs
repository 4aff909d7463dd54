// SPDX-License-Identifier: GPL-2.0

//! What was measured, as it goes from the guest to the report: a line of JSON each.

use crate::clock::Clock;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// How it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The guest's clock.
    pub clock: Clock,
    /// The release of its kernel.
    pub kernel: String,
    /// Its processors.
    pub processors: usize,
    /// What runs its instructions: `kvm` or `tcg`.
    pub accelerator: String,
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// What a message costs from its send to the last receive, where nobody sleeps.
    Message,
    /// What its send costs.
    Send,
    /// What one of its receives costs.
    Receive,
    /// From a send to the return of a receive that slept: half of them take less.
    Latency,
    /// The same: 99 % take less.
    Latency99,
    /// Messages that each receiver gets in a second, from a sender that never waits by itself.
    Rate,
    /// Of those that were sent, the share that a receiver did not get.
    Lost,
    /// Bytes of memory that a medium takes when it is made, without its receivers.
    Memory,
    /// Bytes that each receiver takes.
    ReceiverMemory,
    /// Bytes that a message takes while it waits for a receiver, for each of them.
    MessageMemory,
    /// As `Message`, while there are so many networks.
    Networks,
    /// As `Message`, while so many addresses are learned.
    Addresses,
    /// As `Message`, while another user does what the medium's name says; of the time of this process.
    Quiet,
    /// What a call takes of the entry that the medium's name says, with so much of what bounds it.
    Entry,
    /// As `Message`, with what the medium's name says set.
    Cell,
    /// What a socket filter that takes everything adds to the receive of a message.
    Filter,
    /// Messages a second that so many senders send together, each on a medium of its own.
    Senders,
    /// The same on one medium.
    Together,
    /// So many senders on one medium, as a multiple of one alone.
    TogetherToAlone,
    /// So many senders on one medium, as a multiple of as many on a medium each.
    TogetherToApart,
    /// Nanoseconds that a cache line takes from one processor to another, when the medium's name says.
    CacheLine,
    /// Messages a second that each receiver gets where senders wait for all of them.
    Waiting,
    /// There: what the slowest sender sends, of an equal share.
    SenderShare,
    /// And what the slowest reader has received meanwhile, of what all have on the average.
    ReaderShare,
    /// Context switches of the senders, for each message that they send.
    SenderSwitches,
    /// Context switches of the readers, for each message that they receive.
    ReaderSwitches,
    /// What a message costs all processes together for each subscriber that gets it, so many being sent at once.
    Delivered,
    /// The same where the subscribers are on another machine.
    DeliveredFar,
    /// The longest way of a message where no subscriber is slow.
    DelayWithout,
    /// The same to the others where one is.
    DelayWith,
    /// Messages that one of the others has lost there, at most.
    FastLost,
    /// Messages that the slow one has got.
    SlowGot,
    /// Messages of which it was told that it has missed them.
    SlowTold,
    /// Whether it was cut off: 1.
    SlowEnded,
    /// Bytes that the processes between publisher and subscribers, and the publisher, have grown without a slow one.
    GrowthWithout,
    /// The same with one.
    GrowthWith,
    /// Bytes that the whole machine had less then.
    GuestGrowth,
    /// Messages sent before that a late subscriber gets.
    LateGot,
}

/// A number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it says.
    pub measure: Measure,
    /// Of which medium: mostly one of [`MEDIA`](crate::media::kinds::MEDIA).
    pub medium: String,
    /// Bytes of a message.
    pub bytes: usize,
    /// Who receives it.
    pub receivers: usize,
    /// Networks, addresses or senders that there are, or what bounds an entry, where the measure asks.
    #[serde(default)]
    pub count: usize,
    /// A cost or a latency in [`Clock::unit`], or what the measure says.
    pub value: f64,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A number.
    Record(Record),
    /// How all numbers were measured.
    Conditions(Conditions),
}

impl Line {
    /// Prints it for the report.
    pub fn print(&self) -> io::Result<()> {
        writeln!(io::stdout(), "{}", serde_json::to_string(self)?)
    }
}
