// SPDX-License-Identifier: GPL-2.0

//! Flows of a port: where its last messages went, so that the next ones need not ask the policy.
//!
//! A policy says of a message which of its first bytes decide where it goes ([`Targets::remembered`]). As long as
//! the clock stays the port's messages that begin with the same ones go there, without the network's lock. Whatever may
//! change the answer makes the network forget all flows first.
//!
//! [`Targets::remembered`]: crate::policy::targets::Targets::remembered

use crate::policy::targets::{Target, HEAD_MAX};

/// How many a port has.
const FLOWS: usize = 4;

/// Longest message that is taken in whole to be looked at; of a longer one only its beginning is. The models have
/// short ones.
pub(crate) const FRAME: usize = if cfg!(MODULE) { 256 } else { HEAD_MAX };

/// Words that so many bytes are.
const WORDS: usize = HEAD_MAX / size_of::<u64>();

/// Where messages go that begin with some bytes.
pub(crate) struct Flow<R> {
    /// How many those are.
    len: usize,
    head: [u64; WORDS],
    /// Which bits of `head` are of them.
    mask: [u64; WORDS],
    /// What the port they go to gets of them.
    pub(crate) target: Target,
    /// Who holds that port.
    pub(crate) holder: R,
    /// The message of the network that the policy was asked for.
    pub(crate) message: u64,
}

impl<R> Flow<R> {
    /// Messages that begin with `head` go to `target`, which `holder` holds, as message `message` of the network did.
    /// None where there are more such bytes than are looked at.
    pub(crate) fn new(bytes: &[u8], target: Target, holder: R, message: u64) -> Option<Self> {
        let (mut head, mut mask) = ([0; HEAD_MAX], [0; HEAD_MAX]);
        head.get_mut(..bytes.len())?.copy_from_slice(bytes);
        mask.get_mut(..bytes.len())?.fill(u8::MAX);
        Some(Self {
            len: bytes.len(),
            head: words(&head),
            mask: words(&mask),
            target,
            holder,
            message,
        })
    }

    /// Whether it is that of a message of `len` bytes which begins with `head`.
    #[inline]
    fn is_of(&self, len: usize, head: &[u64; WORDS]) -> bool {
        let parts = self.head.iter().zip(&self.mask).zip(head);
        self.len <= len
            && parts.fold(0, |other, ((own, mask), head)| {
                other | ((own ^ head) & mask)
            }) == 0
    }
}

/// The words that bytes are.
#[inline]
fn words(bytes: &[u8; HEAD_MAX]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(size_of::<u64>())) {
        *word = bytes.try_into().map_or(0, u64::from_ne_bytes);
    }
    words
}

/// The flows of a port, and what went along them.
pub(crate) struct Flows<R> {
    flows: [Option<Flow<R>>; FLOWS],
    /// The place of the next.
    next: usize,
    /// When the policy was asked, in monotonic milliseconds.
    now_ms: u64,
    /// Messages that were sent along them, and not told the network yet.
    messages: u64,
    /// Bytes of those.
    bytes: u64,
    /// The message that is being sent, or its beginning.
    pub(crate) frame: [u8; FRAME],
}

impl<R> Flows<R> {
    /// None.
    pub(crate) fn new() -> Self {
        Self {
            flows: [const { None }; FLOWS],
            next: 0,
            now_ms: 0,
            messages: 0,
            bytes: 0,
            frame: [0; FRAME],
        }
    }

    /// Whether there are any that hold at this time.
    #[inline]
    pub(crate) fn hold(&self, now_ms: u64) -> bool {
        self.now_ms == now_ms && self.next != 0
    }

    /// Keeps one that was found at this time.
    pub(crate) fn keep(&mut self, flow: Flow<R>, now_ms: u64) {
        if self.now_ms != now_ms {
            self.forget();
            self.now_ms = now_ms;
        }
        if let Some(place) = self.flows.get_mut(self.next % FLOWS) {
            *place = Some(flow);
        }
        // From the first place on once more when all are taken; 0 is for none.
        self.next = (self.next % FLOWS).wrapping_add(1);
    }

    /// Forgets all.
    pub(crate) fn forget(&mut self) {
        self.flows = [const { None }; FLOWS];
        self.next = 0;
    }

    /// That of the message whose first `len` bytes are in `frame`.
    #[inline]
    pub(crate) fn find(&self, len: usize) -> Option<&Flow<R>> {
        let head = words(self.frame.first_chunk()?);
        let mut flows = self.flows.iter().flatten();
        flows.find(|flow| flow.is_of(len, &head))
    }

    /// A message was sent along one.
    #[inline]
    pub(crate) fn count(&mut self, bytes: u64) {
        self.messages = self.messages.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(bytes);
    }

    /// What went along them since this was asked last: messages, and bytes.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        (
            core::mem::take(&mut self.messages),
            core::mem::take(&mut self.bytes),
        )
    }
}
