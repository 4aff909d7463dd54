// SPDX-License-Identifier: GPL-2.0

//! `rust/ring_memory.rs`: the memory of a ring, in words that tear as bytes do.

use crate::{
    abi::{
        errno::{Errno, Result},
        record::Record,
    },
    ring::layout::{Header, Memory, Meta, Notices, Positions},
    rust::{
        mm::{piece::Piece, shared_memory::SharedMemory},
        net::{
            message::{Incoming, Payload},
            socket::Sock,
        },
        sync::atomic::{AtomicU64, Counter},
        task::current as task,
    },
};

/// Slots with headers and bytes, of which the first is the word's own.
pub(crate) struct RingMemory {
    positions: Positions,
    notices: Notices,
    slots: Vec<(Header, Vec<AtomicU64>)>,
    mtu: usize,
    shared: SharedMemory,
    sent_as: Vec<Counter>,
}

impl RingMemory {
    pub(crate) fn bytes(slots: u32, mtu: u32) -> u64 {
        u64::from(slots) * u64::from(mtu)
    }

    pub(crate) fn new(slots: u32, mtu: u32, _flags: u32) -> Result<Self> {
        kernel::alloc::attempt().map_err(|_| Errno::NOBUFS)?;
        let words = || (0..WORDS).map(|_| AtomicU64::new(0)).collect();
        Ok(Self {
            positions: Positions::new(),
            notices: Notices::new(),
            slots: (0..slots).map(|_| (Header::new(), words())).collect(),
            mtu: mtu as usize,
            shared: SharedMemory,
            sent_as: Vec::new(),
        })
    }

    pub(crate) fn with_numbers(mut self) -> Result<Self> {
        self.sent_as = self.slots.iter().map(|_| Counter::new(0)).collect();
        Ok(self)
    }

    pub(crate) fn bytes_of_numbers(slots: u32) -> u64 {
        u64::from(slots) * 8
    }

    pub(crate) fn shared(&self) -> &SharedMemory {
        &self.shared
    }

    fn write(&self, index: u32, bytes: &[u8]) {
        for (word, chunk) in self.slots[index as usize].1.iter().zip(bytes.chunks(8)) {
            // What is behind a message stays.
            let mut eight = match chunk.len() {
                8 => [0; 8],
                _ => word.load().to_ne_bytes(),
            };
            eight[..chunk.len()].copy_from_slice(chunk);
            word.store(u64::from_ne_bytes(eight));
        }
    }

    /// What a slot holds.
    pub(crate) fn read(&self, index: u32, len: usize) -> Vec<u8> {
        let words = &self.slots[index as usize].1;
        let bytes = words
            .iter()
            .take(len.div_ceil(8))
            .flat_map(|word| word.load().to_ne_bytes());
        let mut bytes: Vec<u8> = bytes.collect();
        bytes.resize(len, 0);
        bytes
    }

    pub(crate) fn fill(&self, index: u32, message: &mut impl Payload) -> bool {
        let mut bytes = vec![0; message.len()];
        if bytes.len() > self.mtu {
            return false;
        }
        if !message.read_atomic(&mut bytes) {
            // A part of it may have been there.
            bytes.iter_mut().for_each(|byte| *byte = 0xee);
            self.write(index, &bytes[..bytes.len() / 2]);
            return false;
        }
        self.write(index, &bytes);
        true
    }

    pub(crate) fn fill_from(&self, index: u32, front: &[u8], rest: &[u8]) {
        self.write(index, &[front, rest].concat());
    }

    pub(crate) fn clear(&self, index: u32, bytes: std::ops::Range<u32>) {
        let slot = self.read(index, WORDS * 8);
        let keep = |at: &usize| !bytes.contains(&(*at as u32));
        let left = slot.iter().enumerate();
        let left = left.map(|(at, &byte)| if keep(&at) { byte } else { 0 });
        self.write(index, &left.collect::<Vec<u8>>());
    }

    pub(crate) fn drain(&self, index: u32, len: usize, to: &mut Incoming<'_>) -> bool {
        to.copy_from(&self.read(index, len.min(self.mtu)))
    }

    pub(crate) fn append(&self, index: u32, record: Record, limit: usize, to: &mut Piece) -> bool {
        let len = (record.len as usize).min(self.mtu);
        let bytes = record.to_bytes().into_iter().chain(self.read(index, len));
        to.append(bytes, limit)
    }

    pub(crate) fn filtered<T>(&self, index: u32, len: usize, sock: &Sock<T>) -> Option<usize> {
        let kept = sock.filter()?(&self.read(index, len.min(self.mtu)));
        (kept != 0).then_some(kept.min(len))
    }
}

/// Words of a message that are kept.
const WORDS: usize = 2;

impl RingMemory {
    /// What one who has mapped the ring sees of a slot: its header, and all bytes.
    pub(crate) fn seen(&self, index: u32) -> (Meta, Vec<u8>) {
        (self.header(index).load(), self.read(index, WORDS * 8))
    }
}

impl Memory for RingMemory {
    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn notices(&self) -> &Notices {
        &self.notices
    }

    fn header(&self, index: u32) -> &Header {
        task::looks();
        &self.slots[index as usize].0
    }

    fn sent_as(&self, index: u32) -> Option<&Counter> {
        self.sent_as.get(index as usize)
    }
}
