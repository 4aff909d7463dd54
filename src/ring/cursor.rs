// SPDX-License-Identifier: GPL-2.0

//! The read position of a port: the number of the message to read next.
//!
//! A reader that takes messages out of mapped memory keeps its position in a page that it may write
//! as it likes ([`Place`]). So that page is asked, and never believed beyond what is possible: what
//! is known of a position only grows, up to what was published. A reader that writes something else
//! there stands where it was last known to stand.
//!
//! Any number of calls read a port at the same time, and others skip messages for it: each moves the
//! position from where it found it, or not at all. Where there is a page, its word decides who it was.

use crate::{
    ring::layout::Place,
    rust::{
        glue::cursor_page::CursorPage,
        sync::{atomic::AtomicU64, set_once::SetOnce},
    },
};

/// The read position of a port, in a cache line of its own.
#[repr(C, align(64))]
pub(crate) struct Cursor {
    /// The position, or the last that is known of a mapped reader.
    known: AtomicU64,
    /// The page of a mapped reader.
    page: SetOnce<CursorPage>,
}

/// Who has moved a mapped reader on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Advanced {
    /// We did, in its page.
    ByUs,
    /// We did, whatever its page says, which can not be.
    Regardless,
    /// It did, or another call on its port.
    ByReader,
}

impl Cursor {
    /// At the first message.
    pub(crate) fn new() -> Self {
        Self {
            known: AtomicU64::new(0),
            page: SetOnce::new(),
        }
    }

    /// The number of the message to read next, of `published` that there are. What the reader did
    /// before is done.
    #[inline]
    pub(crate) fn position(&self, published: impl Fn() -> u64) -> u64 {
        let known = self.known.load_acquire();
        match self.page.as_ref() {
            None => known,
            Some(page) => self.ask(page, known, published),
        }
    }

    /// The position that a page tells, if it can be; at least `known`, which was loaded before.
    #[cold]
    fn ask(&self, page: &Place, known: u64, published: impl Fn() -> u64) -> u64 {
        if let Some(told) = page.beyond(known, published) {
            self.known.replace(known, told);
        }
        self.known.load_acquire()
    }

    /// Sets out from message `number`. Nobody else uses the cursor yet.
    pub(crate) fn start(&self, number: u64) {
        self.known.store_release(number);
    }

    /// Consumes message `number` if the port stands there: it is done with, and may be
    /// written over. Tells whether it did; else the message is another's who reads the port.
    ///
    /// What was read of it before is read before its writer goes on.
    #[inline]
    pub(crate) fn consume(&self, number: u64, published: impl Fn() -> u64) -> bool {
        self.consume_many(number, number.wrapping_add(1), published)
    }

    /// The same of the messages from `number` to before `next`, all or none.
    #[inline]
    pub(crate) fn consume_many(&self, number: u64, next: u64, published: impl Fn() -> u64) -> bool {
        match self.page.as_ref() {
            None => self.known.replace(number, next),
            Some(page) => match self.advance(page, number, next, published) {
                Advanced::ByUs | Advanced::Regardless => true,
                Advanced::ByReader => false,
            },
        }
    }

    /// Skips message `number` if the port stands there; tells whether it did.
    #[inline]
    pub(crate) fn skip(&self, number: u64, published: impl Fn() -> u64) -> bool {
        let next = number.wrapping_add(1);
        match self.page.as_ref() {
            // Looked at first: a port that sends more than it reads stands elsewhere.
            None => self.known.load() == number && self.known.replace(number, next),
            Some(page) => {
                self.position(&published) == number
                    && self.advance(page, number, next, published) == Advanced::ByUs
            }
        }
    }

    /// Goes from message `from` to `to` if the port stands there; tells whether it did, which a mapped
    /// reader always is said to have.
    #[inline]
    pub(crate) fn move_on(&self, from: u64, to: u64, published: impl Fn() -> u64) -> bool {
        match self.page.as_ref() {
            None => self.known.replace(from, to),
            Some(page) => {
                self.advance(page, from, to, published);
                true
            }
        }
    }

    /// Moves a mapped reader on from where it was found.
    ///
    /// First the page: an honest one is never behind what is known. Then what is known, whatever the
    /// page says, so that whoever repeats this comes to an end.
    #[cold]
    fn advance(&self, page: &Place, from: u64, to: u64, published: impl Fn() -> u64) -> Advanced {
        let moved = page.position.replace(from, to);
        let told = match moved {
            true => Some(to),
            false => page.beyond(from, published),
        };
        let known = self.known.replace(from, told.unwrap_or(to));
        match (moved, told) {
            (true, _) => Advanced::ByUs,
            (false, None) if known => Advanced::Regardless,
            (false, _) => Advanced::ByReader,
        }
    }

    /// Whether the reader has a page for its position.
    #[inline]
    pub(crate) fn is_mapped(&self) -> bool {
        self.page.as_ref().is_some()
    }

    /// The page of a mapped reader.
    pub(crate) fn page(&self) -> Option<&CursorPage> {
        self.page.as_ref()
    }

    /// From now on the reader keeps its position in `page`. `lost` were lost so far.
    ///
    /// Nobody else does this, passes or skips at the same time, and it is done once.
    pub(crate) fn map(&self, page: CursorPage, lost: u64, since: u64) {
        page.position.store(self.known.load());
        page.lost.store(lost);
        page.since.store(since);
        self.page.populate(page);
    }

    /// A mapped reader looks at its port: what it wrote that can not be is put right.
    #[inline]
    pub(crate) fn correct(&self, published: impl Fn() -> u64) {
        if let Some(page) = self.page.as_ref() {
            self.put_right(page, published);
        }
    }

    #[cold]
    fn put_right(&self, page: &Place, published: impl Fn() -> u64) {
        let told = page.position.load_acquire();
        let known = self.position(published);
        if told != known {
            // Unless it has moved on just now.
            page.position.replace(told, known);
        }
    }

    /// Of the port's own messages, those that a mapped reader says that it went past.
    pub(crate) fn own_skipped(&self) -> u64 {
        self.page.as_ref().map_or(0, |page| page.own.load())
    }

    /// Tells a mapped reader of messages that it lost.
    pub(crate) fn note_lost(&self, count: u64) {
        if let Some(page) = self.page.as_ref() {
            page.lost.add(count);
        }
    }
}
