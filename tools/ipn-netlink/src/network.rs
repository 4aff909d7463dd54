// SPDX-License-Identifier: GPL-2.0

//! A network, as the kernel tells of it.

use crate::attributes::Attributes;
use crate::Error;
use ipn::{DropReason, FileNumbers, Flags};
use ipn_abi::*;
use std::path::PathBuf;
use std::time::Duration;

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// Its file.
    pub file: FileNumbers,
    /// Where it was made, as far as the reader can see it.
    pub path: PathBuf,
    /// The number of its delivery policy.
    pub policy: u32,
    /// Its flags.
    pub flags: Flags,
    /// The longest message, in bytes.
    pub mtu: u32,
    /// The ports that it can have.
    pub capacity: u32,
    /// The messages that it holds.
    pub pool: u32,
    /// Whom it counts for: a user's number in the reader's user namespace.
    pub owner: Option<u32>,
    /// The ports that are taken.
    pub ports: u32,
    /// The ports that can receive.
    pub readers: u32,
    /// The ports that can send.
    pub writers: u32,
    /// Messages that all its ports have sent so far.
    pub sent: u64,
    /// Bytes that they have sent.
    pub sent_bytes: u64,
    /// Messages that its readers have lost so far.
    pub lost: u64,
    /// Messages that were lost, by reason, without what filters refused. None stands for a reason that
    /// there was not.
    pub drops: Vec<(DropReason, u64)>,
    /// Of a reliable bus, which others have not: how long a message stays at least for who has not read it.
    pub window: Option<Duration>,
    /// The same: bytes a second that each port sends at most; 0: as fast as it can.
    pub rate: Option<u32>,
    /// The same: how long ago the oldest message was sent that is left; 0: none is.
    pub age: Option<Duration>,
    /// The same: ports that were evicted.
    pub evicted: Option<u64>,
}

impl Network {
    /// A network of which no more is known than its file.
    #[must_use]
    pub fn new(file: FileNumbers) -> Self {
        Self {
            file,
            path: PathBuf::new(),
            policy: 0,
            flags: Flags::empty(),
            mtu: 0,
            capacity: 0,
            pool: 0,
            owner: None,
            ports: 0,
            readers: 0,
            writers: 0,
            sent: 0,
            sent_bytes: 0,
            lost: 0,
            drops: Vec::new(),
            window: None,
            rate: None,
            age: None,
            evicted: None,
        }
    }

    /// The network that the attributes of a message tell of.
    ///
    /// # Errors
    ///
    /// They are no attributes, one has another length than its kind, or it is not said which network.
    pub fn parse(attributes: &[u8]) -> Result<Self, Error> {
        Self::of(&Attributes::parse(attributes)?)
    }

    pub(crate) fn of(attributes: &Attributes<'_>) -> Result<Self, Error> {
        let small = |number| attributes.u32(number).map(Option::unwrap_or_default);
        let large = |number| attributes.u64(number).map(Option::unwrap_or_default);
        Ok(Self {
            file: attributes.file()?,
            path: attributes.path(),
            policy: small(IPN_A_POLICY)?,
            flags: Flags::from_bits_retain(small(IPN_A_FLAGS)?),
            mtu: small(IPN_A_MTU)?,
            capacity: small(IPN_A_NUMNODES)?,
            pool: small(IPN_A_POOL)?,
            owner: attributes.u32(IPN_A_OWNER)?,
            ports: small(IPN_A_PORTS)?,
            readers: small(IPN_A_READERS)?,
            writers: small(IPN_A_WRITERS)?,
            sent: large(IPN_A_SENT)?,
            sent_bytes: large(IPN_A_SENT_BYTES)?,
            lost: large(IPN_A_LOST)?,
            drops: attributes.drops(IPN_A_DROPS)?,
            window: (attributes.u32(IPN_A_WINDOW)?)
                .map(|window| Duration::from_millis(window.into())),
            rate: attributes.u32(IPN_A_RATE)?,
            age: attributes.u64(IPN_A_AGE)?.map(Duration::from_millis),
            evicted: attributes.u64(IPN_A_EVICTED)?,
        })
    }
}
