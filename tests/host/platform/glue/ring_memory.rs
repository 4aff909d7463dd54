// SPDX-License-Identifier: GPL-2.0

//! `rust/ring_memory.rs`: the memory of a ring, in words that tear as bytes do.

use crate::{
    abi::{
        errno::{Errno, Result},
        record::{Record, HEADER},
    },
    ring::layout::{Descriptor, Extent, Memory, Notices, Positions, SequenceOf},
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

use std::sync::atomic::{AtomicUsize, Ordering};

/// Who writes the memory of a ring.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Kernel,
    Sequences,
    Process,
}

/// Where what a process may write begins.
pub(crate) const INDEX_AT: usize = 4096;

/// What a process writes besides bytes.
struct Told {
    positions: Positions,
    index: Vec<Descriptor>,
}

/// An index, and bytes in words.
pub(crate) struct RingMemory {
    positions: Positions,
    told: Option<Told>,
    notices: Notices,
    index: Vec<Descriptor>,
    words: Vec<AtomicU64>,
    /// How many of them were ever written to: the others need not be cleared.
    used: AtomicUsize,
    mtu: usize,
    shared: SharedMemory,
    sent_as: Vec<Counter>,
    sequences: Vec<SequenceOf>,
}

impl RingMemory {
    pub(crate) fn bytes(extent: &Extent, _writes: Writes) -> u64 {
        u64::from(extent.messages) * 32 + extent.bytes
    }

    pub(crate) fn new(
        messages: u32,
        bytes: u32,
        mtu: u32,
        _flags: u32,
        writes: Writes,
    ) -> Result<Self> {
        kernel::alloc::attempt().map_err(|_| Errno::NOBUFS)?;
        let index = || (0..messages).map(|_| Descriptor::new()).collect();
        let words = bytes.div_ceil(8);
        Ok(Self {
            positions: Positions::new(),
            told: (writes == Writes::Process).then(|| Told {
                positions: Positions::new(),
                index: index(),
            }),
            notices: Notices::new(),
            index: index(),
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
            used: AtomicUsize::new(0),
            mtu: mtu as usize,
            shared: SharedMemory,
            sent_as: Vec::new(),
            sequences: match writes {
                Writes::Sequences => (0..messages).map(|_| SequenceOf::new()).collect(),
                Writes::Kernel | Writes::Process => Vec::new(),
            },
        })
    }

    pub(crate) fn with_numbers(mut self) -> Result<Self> {
        self.sent_as = self.index.iter().map(|_| Counter::new(0)).collect();
        Ok(self)
    }

    pub(crate) fn bytes_of_numbers(messages: u32) -> u64 {
        u64::from(messages) * 8
    }

    pub(crate) fn shared(&self) -> &SharedMemory {
        &self.shared
    }

    /// The words from `at` on, a multiple of 8.
    fn words(&self, at: u32) -> &[AtomicU64] {
        &self.words[at as usize / 8..]
    }

    fn write(&self, at: u32, bytes: &[u8]) {
        let words = self.words(at);
        assert!(bytes.len() <= words.len() * 8, "more than the ring has");
        let end = at as usize / 8 + bytes.len().div_ceil(8);
        self.used.fetch_max(end, Ordering::Relaxed);
        for (word, chunk) in words.iter().zip(bytes.chunks(8)) {
            // What is behind a message stays.
            let mut eight = match chunk.len() {
                8 => [0; 8],
                _ => word.load().to_ne_bytes(),
            };
            eight[..chunk.len()].copy_from_slice(chunk);
            word.store(u64::from_ne_bytes(eight));
        }
    }

    /// What is at `at`.
    pub(crate) fn read(&self, at: u32, len: usize) -> Vec<u8> {
        let words = self.words(at).iter().take(len.div_ceil(8));
        let mut bytes: Vec<u8> = words.flat_map(|word| word.load().to_ne_bytes()).collect();
        bytes.resize(len, 0);
        bytes
    }

    pub(crate) fn fill(&self, at: u32, message: &mut impl Payload) -> bool {
        let mut bytes = vec![0; message.len()];
        if bytes.len() > self.mtu {
            return false;
        }
        if !message.read_atomic(&mut bytes) {
            // A part of it may have been there.
            bytes.iter_mut().for_each(|byte| *byte = 0xee);
            self.write(at, &bytes[..bytes.len() / 2]);
            return false;
        }
        self.write(at, &bytes);
        true
    }

    pub(crate) fn fill_part(
        &self,
        at: u32,
        message: &mut impl Payload,
        from: usize,
        len: usize,
    ) -> bool {
        let mut bytes = vec![0; len];
        if !message.read_part(from, &mut bytes) {
            // As above.
            bytes.iter_mut().for_each(|byte| *byte = 0xee);
            self.write(at, &bytes[..bytes.len() / 2]);
            return false;
        }
        self.write(at, &bytes);
        true
    }

    /// Adds what is at `at` to what a filter is shown.
    pub(crate) fn add_to(&self, at: u32, len: usize, sample: &mut Sample) -> bool {
        sample.0.extend(self.read(at, len));
        true
    }

    pub(crate) fn fill_from(&self, at: u32, front: &[u8], rest: &[u8]) {
        self.write(at, &[front, rest].concat());
    }

    pub(crate) fn drain(&self, at: u32, len: usize, to: &mut Incoming<'_>) -> bool {
        to.copy_from(&self.read(at, len.min(self.mtu)))
    }

    pub(crate) fn append(&self, at: u32, record: Record, limit: usize, to: &mut Piece) -> bool {
        let len = (record.len as usize).min(self.mtu);
        let bytes = record
            .to_bytes(0)
            .into_iter()
            .take(HEADER)
            .chain(self.read(at, len));
        to.append(bytes, limit)
    }

    pub(crate) fn filtered<T>(&self, at: u32, len: usize, sock: &Sock<T>) -> Option<usize> {
        let kept = sock.filter()?(&self.read(at, len.min(self.mtu)));
        (kept != 0).then_some(kept.min(len))
    }

    /// All bytes that one sees who has mapped the ring.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.read(0, self.words.len() * 8)
    }
}

/// The beginning of a message in parts.
pub(crate) struct Sample(Vec<u8>);

impl Sample {
    pub(crate) fn new(_len: usize) -> kernel::error::Result<Self> {
        kernel::alloc::attempt()?;
        Ok(Self(Vec::new()))
    }

    pub(crate) fn filtered<T>(&mut self, sock: &Sock<T>) -> Option<usize> {
        let kept = sock.filter()?(&self.0);
        (kept != 0).then_some(kept.min(self.0.len()))
    }
}

impl Memory for RingMemory {
    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn notices(&self) -> &Notices {
        &self.notices
    }

    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor) {
        let next = (index + 1) % self.index.len() as u32;
        (next, self.descriptor(next))
    }

    fn descriptor(&self, index: u32) -> &Descriptor {
        task::looks();
        &self.index[index as usize]
    }

    fn told(&self) -> Option<&Positions> {
        self.told.as_ref().map(|told| &told.positions)
    }

    fn told_descriptor(&self, index: u32) -> &Descriptor {
        task::looks();
        &self.told.as_ref().unwrap().index[index as usize]
    }

    fn clear(&self, at: u32, len: u32) {
        let used = self.used.load(Ordering::Relaxed) * 8;
        let (from, to) = (at as usize, used.min((at + len) as usize));
        for (number, word) in self
            .words
            .iter()
            .enumerate()
            .take(to.div_ceil(8))
            .skip(from / 8)
        {
            let mut bytes = word.load().to_ne_bytes();
            let gone = |byte: &usize| (from..to).contains(&(number * 8 + byte));
            (0..8).filter(gone).for_each(|byte| bytes[byte] = 0);
            word.store(u64::from_ne_bytes(bytes));
        }
    }

    fn sent_as(&self, index: u32) -> Option<&Counter> {
        self.sent_as.get(index as usize)
    }

    fn sequence_of(&self, index: u32) -> Option<&SequenceOf> {
        self.sequences.get(index as usize)
    }
}
