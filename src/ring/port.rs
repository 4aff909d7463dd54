// SPDX-License-Identifier: GPL-2.0

//! A port: one member of a network, and what it counts.

use crate::{
    abi::{cache_line::CacheLine, statistics::NOT_WAITING},
    ring::{cursor::Cursor, drops::Drops, pace::Pace},
    rust::sync::atomic::{AtomicU32, AtomicU64, Counter},
};

/// A direction of messages that a port has lost, or given up: bits of `sk_shutdown`.
pub(crate) const RECEIVE_SHUT: u32 = 1;
/// See [`RECEIVE_SHUT`].
pub(crate) const SEND_SHUT: u32 = 2;
/// Neither direction is left.
pub(crate) const BOTH_SHUT: u32 = RECEIVE_SHUT | SEND_SHUT;
/// Beside those: the port observes.
const OBSERVES: u32 = 4;
/// A process writes the ring that it reads.
const WRITTEN: u32 = 8;

/// More times than room is ever made.
pub(crate) const NOT_REFUSED: u64 = u64::MAX;

/// What a network and a port's owner share.
///
/// Only the counters, [`Port::shut`] and the cursor are read without a lock; all is written under
/// the network's lock, unless said otherwise. In four cache lines: where its reader stands, what
/// everybody looks at and seldom changes, what its owner counts, and the same of what is seldom.
#[repr(C)]
pub(crate) struct Port {
    /// The next message to read. The reader moves it, and the port itself when it sends.
    pub(crate) cursor: Cursor,
    /// What is shut, whether it observes, and whether a process writes what it reads: one word, as who sends or receives
    /// asks for several at once.
    marks: AtomicU32,
    /// Somebody may be sleeping until a message comes.
    pub(crate) awaits_message: Flag,
    /// Somebody may be sleeping until there is room for a message.
    pub(crate) awaits_room: Flag,
    /// 1 once the port was given back.
    pub(crate) left: AtomicU32,
    counted: CacheLine,
    /// Where each port has a ring of its own: how many times room had been made when the port's last
    /// message found none; [`NOT_REFUSED`] when it went.
    pub(crate) refused: AtomicU64,
    /// The same: messages whose place in its ring is promised, as they come in turns. Under the network's
    /// lock.
    pub(crate) promised: AtomicU32,
    /// Messages that this port sent.
    pub(crate) sent: AtomicU64,
    /// Of the messages that it sent, those that we have gone past; a mapped reader counts its own.
    pub(crate) own_skipped: AtomicU64,
    /// Messages that it received.
    pub(crate) received: AtomicU64,
    /// Of the messages before it came, those that did not come about, as many as are known by now. Under the
    /// network's lock.
    pub(crate) voids_before: Counter,
    /// Bytes of the messages that it sent.
    pub(crate) sent_bytes: Counter,
    /// Bytes of the messages that it received.
    pub(crate) received_bytes: Counter,
    /// Messages that it lost, its own not counted.
    pub(crate) lost: Counter,
    seldom: CacheLine,
    /// Messages that its filter refused.
    pub(crate) filtered: Counter,
    /// When a call began to wait, in monotonic milliseconds; [`NOT_WAITING`] while none does.
    waits: Counter,
    /// When a poll found nothing last, as `waits`.
    polled: Counter,
    /// Messages of it, or for it, that were dropped for other reasons than those two.
    pub(crate) drops: Drops,
    /// On a reliable bus: how fast it sends.
    pub(crate) pace: Pace,
}

impl Port {
    /// A port that has lost nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            cursor: Cursor::new(),
            marks: AtomicU32::new(0),
            awaits_message: Flag::new(),
            awaits_room: Flag::new(),
            left: AtomicU32::new(0),
            counted: CacheLine,
            refused: AtomicU64::new(NOT_REFUSED),
            promised: AtomicU32::new(0),
            sent: AtomicU64::new(0),
            own_skipped: AtomicU64::new(0),
            received: AtomicU64::new(0),
            voids_before: Counter::new(0),
            sent_bytes: Counter::new(0),
            received_bytes: Counter::new(0),
            lost: Counter::new(0),
            seldom: CacheLine,
            filtered: Counter::new(0),
            waits: Counter::new(NOT_WAITING),
            polled: Counter::new(NOT_WAITING),
            drops: Drops::new(),
            pace: Pace::new(),
        }
    }

    /// A message of so many bytes was sent. Who sends from the port is held off.
    #[inline]
    pub(crate) fn count_sent(&self, bytes: u64) {
        self.sent.store(self.sent.load().wrapping_add(1));
        let sent_bytes = self.sent_bytes.load().wrapping_add(bytes);
        self.sent_bytes.store(sent_bytes);
    }

    /// The directions that are shut: [`RECEIVE_SHUT`], [`SEND_SHUT`].
    #[inline]
    pub(crate) fn shut(&self) -> u32 {
        self.marks.load_acquire() & BOTH_SHUT
    }

    /// Shuts more directions.
    pub(crate) fn set_shut(&self, directions: u32) {
        self.marks.store_release(self.marks.load() | directions);
    }

    /// A call waits from now on, until what it gets is dropped.
    pub(crate) fn wait(&self, now_ms: u64) -> Waiting<'_> {
        self.waits.store(now_ms);
        Waiting(self)
    }

    /// A poll has found nothing.
    pub(crate) fn note_poll(&self, now_ms: u64) {
        self.polled.store(now_ms);
    }

    /// When a call began to wait that waits still, or else, with `polled`, a poll; [`NOT_WAITING`] if none did.
    pub(crate) fn waits_since(&self, polled: bool) -> u64 {
        match self.waits.load() {
            NOT_WAITING if polled => self.polled.load(),
            since => since,
        }
    }

    /// Whether messages reach it.
    #[inline]
    pub(crate) fn receives(&self) -> bool {
        self.shut() & RECEIVE_SHUT == 0
    }

    /// Whether they do, and no process writes them.
    #[inline]
    pub(crate) fn receives_from_us(&self) -> bool {
        self.marks.load_acquire() & (RECEIVE_SHUT | WRITTEN) == 0
    }

    /// A process writes the ring that it reads. Nobody else uses it yet.
    pub(crate) fn set_written(&self) {
        self.marks.store_release(self.marks.load() | WRITTEN);
    }

    /// Whether it may send.
    #[inline]
    pub(crate) fn sends(&self) -> bool {
        self.shut() & SEND_SHUT == 0
    }

    /// Whether it may, and no process writes the ring.
    #[inline]
    pub(crate) fn sends_by_us(&self) -> bool {
        self.marks.load_acquire() & (SEND_SHUT | WRITTEN) == 0
    }

    /// Whether it observes: it gets what all others send, and no sender or count minds it.
    #[inline]
    pub(crate) fn observes(&self) -> bool {
        self.marks.load_acquire() & OBSERVES != 0
    }

    /// Has it observe, or not, before it is taken.
    pub(crate) fn set_observes(&self, observes: bool) {
        let others = self.marks.load() & !OBSERVES;
        self.marks
            .store_release(others | if observes { OBSERVES } else { 0 });
    }

    /// Whether messages reach it and a lossless network waits for it.
    #[inline]
    pub(crate) fn holds_senders(&self) -> bool {
        self.marks.load_acquire() & (RECEIVE_SHUT | OBSERVES) == 0
    }

    /// The directions in which it counts as a reader or writer, if it is in none of `shut`.
    pub(crate) fn counted(&self, shut: u32) -> u32 {
        if self.observes() {
            0
        } else {
            !shut & BOTH_SHUT
        }
    }
}

/// A call that waits. Of several at once the first that ends is the end of all.
pub(crate) struct Waiting<'a>(&'a Port);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.store(NOT_WAITING);
    }
}

/// A yes or no that is written under a lock and read without.
pub(crate) struct Flag(AtomicU32);

impl Flag {
    /// A flag that is down.
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether it is up.
    #[inline]
    pub(crate) fn is_up(&self) -> bool {
        self.0.load() != 0
    }

    /// Puts it up; tells whether it was down.
    pub(crate) fn raise(&self) -> bool {
        let was_down = !self.is_up();
        self.0.store(1);
        was_down
    }

    /// Puts it up; tells whether it was this call that did, among several at once.
    pub(crate) fn raise_first(&self) -> bool {
        self.0.replace(0, 1)
    }

    /// Takes it down; tells whether it was this call that did, among several at once.
    pub(crate) fn lower_first(&self) -> bool {
        self.0.replace(1, 0)
    }

    /// Takes it down; tells whether it was up.
    pub(crate) fn lower(&self) -> bool {
        let was_up = self.is_up();
        self.0.store(0);
        was_up
    }
}
