// SPDX-License-Identifier: GPL-2.0

//! The reader of a ring: where a port stands, what it finds there, and how it goes on.
//!
//! Whatever looks at a port's position or moves it does so here: `recv`, `poll`, a device, the senders
//! that look for room, and for a mapped reader all of them.

use crate::ring::{
    layout::{Memory, Meta},
    port::Port,
    tally::Tally,
    Claim, PeekAt, Ring,
};
use core::ops::DerefMut;

/// A port's view of the ring that its messages are in.
pub(crate) struct Reader<'a, M> {
    ring: &'a Ring<M>,
    port: &'a Port,
    own: Own,
}

/// Which messages of a ring are the port's own: those of a number from when it came, or none, as a number that no port
/// has. So one comparison tells of most.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    number: u64,
    since: u64,
}

impl Own {
    /// Those of port `number`, where its own messages are in the ring too, from message `since` on.
    pub(crate) fn new(number: Option<u32>, since: u64) -> Self {
        let number = number.map_or(u64::MAX, u64::from);
        Self { number, since }
    }

    /// The number.
    fn number(self) -> Option<u32> {
        u32::try_from(self.number).ok()
    }

    /// Whether message `number` is one of them.
    #[inline]
    fn has(&self, number: u64, meta: Meta) -> bool {
        self.number == u64::from(meta.from) && self.is_since(number)
    }

    #[cold]
    fn is_since(&self, number: u64) -> bool {
        number >= self.since
    }
}

/// What a port finds at its position.
pub(crate) enum Peek {
    /// No message yet.
    Empty,
    /// Messages that are lost.
    Overrun,
    /// A message that the port itself has sent, which it does not get; or one that did not come about.
    Own(u64),
    /// A message that is lost by itself: its parts were overwritten.
    Gone(u64),
    /// A message.
    Message {
        /// Its place.
        at: Claim,
        /// What is known of it, to be believed only while it [is not overwritten](Ring::is_not_overwritten).
        meta: Meta,
    },
}

impl<'a, M: Memory> Reader<'a, M> {
    /// The view of `port`, of whose messages `own` may be in `ring` too.
    #[inline]
    pub(crate) fn new(ring: &'a Ring<M>, port: &'a Port, own: Own) -> Self {
        Self { ring, port, own }
    }

    /// The ring.
    pub(crate) fn ring(&self) -> &'a Ring<M> {
        self.ring
    }

    /// The number of the message to read next.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.port.cursor.position(|| self.ring.seen())
    }

    /// What there is at the position.
    #[inline]
    pub(crate) fn peek(&self) -> Peek {
        self.peek_before(u64::MAX)
    }

    /// The same of the messages before number `until`.
    #[inline]
    pub(crate) fn peek_before(&self, until: u64) -> Peek {
        let position = self.position();
        if position >= until {
            return Peek::Empty;
        }
        match self.ring.peek_at(position) {
            PeekAt::Empty => Peek::Empty,
            PeekAt::Overrun { .. } => Peek::Overrun,
            PeekAt::Message { at, meta } if self.own.has(at.number, meta) => Peek::Own(at.number),
            PeekAt::Gone(meta) if self.own.has(position, meta) => Peek::Own(position),
            PeekAt::Gone(_) => Peek::Gone(position),
            PeekAt::Void => Peek::Own(position),
            PeekAt::Message { at, meta } => Peek::Message { at, meta },
        }
    }

    /// Whether a message waits that is not the port's own. What is lost is none, and what comes meanwhile
    /// not looked at.
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
        let until = self.ring.published();
        let mut position = self.position();
        while position < until {
            match self.ring.peek_at(position) {
                PeekAt::Empty => break,
                PeekAt::Message { at, meta }
                    if self.own.has(at.number, meta) && self.ring.is_not_overwritten(at.number) =>
                {
                    position = position.wrapping_add(1);
                }
                PeekAt::Message { .. } => return true,
                PeekAt::Void | PeekAt::Gone(_) => position = position.wrapping_add(1),
                // What is left may be its own.
                PeekAt::Overrun { oldest } => position = oldest,
            }
        }
        false
    }

    /// Whether the ring has gone on since the port last read.
    pub(crate) fn has_unread(&self) -> bool {
        self.ring.published() != self.position()
    }

    /// Messages between the port and the newest.
    pub(crate) fn lag(&self) -> u64 {
        let position = self.position();
        self.ring.published().saturating_sub(position)
    }

    /// Consumes message `number` if the port stands there: it may be written over. Tells whether it did;
    /// else another call has taken the message.
    #[inline]
    pub(crate) fn consume(&self, number: u64) -> bool {
        self.port.cursor.consume(number, || self.ring.seen())
    }

    /// The same of the messages from `number` to before `next`, all or none.
    pub(crate) fn consume_many(&self, number: u64, next: u64) -> bool {
        let published = || self.ring.seen();
        self.port.cursor.consume_many(number, next, published)
    }

    /// The message behind the one at `at`, which was published, if it is not the port's own. It may have been
    /// overwritten: see [`Peek::Message`].
    #[inline]
    pub(crate) fn look_after(&self, at: Claim) -> Option<(Claim, Meta)> {
        let found = self.ring.look_after(at);
        found.filter(|(at, meta)| !self.own.has(at.number, *meta))
    }

    /// Skips message `number`, which the port itself has sent, if it stands there; tells whether it did.
    ///
    /// The caller holds writers off: once overrun, that number may be another's message.
    #[inline]
    pub(crate) fn skip_sent(&self, number: u64) -> bool {
        let skipped = self.port.cursor.skip(number, || self.ring.seen());
        if skipped {
            self.port.own_skipped.add(1);
        }
        skipped
    }

    /// The same where a writer may be at work: if the message is the port's own still. Where the port can
    /// be overrun, writers are held off: who counts what was lost counts by what was skipped.
    #[inline]
    pub(crate) fn skip_own(&self, number: u64) -> bool {
        self.ring.is_not_overwritten(number) && self.skip_sent(number)
    }

    /// Skips the port's own messages at its position.
    #[inline]
    pub(crate) fn skip_all_own(&self) {
        while let Peek::Own(number) = self.peek() {
            if !self.ring.is_not_overwritten(number) {
                break;
            }
            self.skip_sent(number);
        }
    }

    /// Where the port stands for a sender that looks for room; writers are held off.
    ///
    /// A mapped reader looks when it likes: its own messages are skipped for it. Others have skipped theirs as they sent
    /// them, but those that came behind what did not come about, as parts do not: that is skipped for all, and what is a
    /// port's own behind it, so that they do not hold senders up.
    pub(crate) fn standing(&self) -> u64 {
        loop {
            let position = self.position();
            let skips = match self.ring.peek_at(position) {
                PeekAt::Void => true,
                PeekAt::Message { meta, .. } | PeekAt::Gone(meta) => self.own.has(position, meta),
                _ => false,
            };
            if !skips || !self.skip_sent(position) {
                return self.position();
            }
        }
    }

    /// The message behind the port's own, and what did not come about, that it has next: where it will
    /// [stand](Reader::standing) for a sender.
    pub(crate) fn behind_own(&self) -> u64 {
        let mut position = self.position();
        loop {
            match self.ring.peek_at(position) {
                PeekAt::Void => {}
                PeekAt::Message { meta, .. } | PeekAt::Gone(meta)
                    if self.own.has(position, meta) => {}
                _ => return position,
            }
            position = position.wrapping_add(1);
        }
    }

    /// Whether what the port has next, behind its own, is lost.
    pub(crate) fn is_late(&self) -> bool {
        let next = self.ring.peek_at(self.behind_own());
        matches!(next, PeekAt::Overrun { .. } | PeekAt::Gone(_))
    }

    /// Goes past message `number`, whose parts are gone, if the port stands there: whether it has lost one more.
    pub(crate) fn lose(&self, number: u64) -> bool {
        let lost = self.consume(number);
        if lost {
            self.port.cursor.note_lost(1);
        }
        lost
    }

    /// A mapped reader looks at its port: what it wrote that can not be is put right.
    #[inline]
    pub(crate) fn correct(&self) {
        self.port.cursor.correct(|| self.ring.seen());
    }

    /// The port was overrun: it goes on with the oldest message that is left. How many it has lost, its
    /// own not counted; none if it was not overrun.
    ///
    /// `tally` tells of the messages in the ring, where the port's own are there. Writers are held
    /// off, and others who count or skip own messages.
    pub(crate) fn catch_up<C: DerefMut<Target = [u32]>>(&self, tally: &Tally<C>) -> u64 {
        let port = self.port;
        let oldest = self.ring.oldest();
        loop {
            let position = self.position();
            if oldest <= position {
                return 0;
            }
            // Its own among them: those it has not skipped, but for those that still can be read.
            let gap = oldest.wrapping_sub(position);
            let passed = port
                .own_skipped
                .load()
                .wrapping_add(port.cursor.own_skipped());
            // What did not come about is as its own.
            let voids = tally.voids().wrapping_sub(port.voids_before.load());
            let own = port.sent.load().wrapping_add(voids).wrapping_sub(passed);
            // A mapped reader may have counted anything.
            let own_lost = self.own.number().map_or(0, |number| {
                gap.min(own.saturating_sub(tally.not_for(number, port.sent.load())))
            });
            let published = || self.ring.seen();
            if port.cursor.move_on(position, oldest, published) {
                port.own_skipped.add(own_lost);
                let lost = gap.saturating_sub(own_lost);
                port.cursor.note_lost(lost);
                return lost;
            }
            // Another call has just taken a message, of those few that nothing was written over yet.
        }
    }
}
