// SPDX-License-Identifier: GPL-2.0

//! From the bus to the other cables: which messages go, and how they are numbered.

use crate::frame::{Author, Frame, Mark, HOPS_MAX, MARKS_MAX};
use crate::table::Table;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The most authors that it remembers.
const AUTHORS_MAX: usize = 65536;

/// An author is told of in marks when nothing has come of it for so long: by then its last message has
/// come by every other way too, unless it was lost there.
const QUIET: Duration = Duration::from_secs(2);

/// And no more after so long.
const SILENT: Duration = Duration::from_secs(12);

/// What the bus says of a message besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The port that has sent it to this bus.
    pub from: u32,
    /// Which message of that port it is.
    pub sequence: u64,
    /// Where it was sent first, if a cable has brought it.
    pub origin: Option<Origin>,
}

/// Where a message was sent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// By whom.
    pub author: Author,
    /// Which message of the author's it is.
    pub sequence: u64,
    /// How many cables it has gone through.
    pub hops: u32,
}

/// What one cable has read on its bus and sent.
#[derive(Debug)]
pub struct Outlet {
    bus: u64,
    /// By which this cable brings messages.
    port: u32,
    /// Of the next frame.
    number: u64,
    authors: Table<Author, Kept>,
    /// What was lost of a port, until its next message comes.
    missed: HashMap<u32, u64>,
}

#[derive(Debug)]
struct Kept {
    since: u64,
    began: u64,
    /// 0: none has gone yet.
    last: u64,
    when: Instant,
}

impl Outlet {
    /// That of a cable which brings messages to the bus by this port.
    pub fn new(bus: u64, port: u32) -> Self {
        Self {
            bus,
            port,
            number: 1,
            authors: Table::new(AUTHORS_MAX),
            missed: HashMap::new(),
        }
    }

    /// Makes a frame of a message that was read on the bus; false: it does not go.
    pub fn carry(
        &mut self,
        heard: &Heard,
        bytes: &[u8],
        now: Instant,
        frame: &mut Vec<u8>,
    ) -> bool {
        let origin = heard.origin.unwrap_or(Origin {
            author: self.local(heard.from),
            sequence: heard.sequence,
            hops: 0,
        });
        if origin.hops >= HOPS_MAX || origin.author.bus == 0 || origin.sequence == 0 {
            return false;
        }
        let missed = self.missed.remove(&heard.from).unwrap_or(0);
        let (author, sequence, number) = (origin.author, origin.sequence, self.number);
        let kept = self.authors.entry(author, || Kept {
            // They were this author's, as far as it had so many.
            since: sequence.saturating_sub(missed).max(1),
            began: number,
            last: 0,
            when: now,
        });
        // What this cable has brought does not leave by it, but from then on it was there.
        if heard.from == self.port || sequence <= kept.last {
            return false;
        }
        (kept.last, kept.when) = (sequence, now);
        let message = Frame::Message {
            mark: kept.mark(origin.author),
            hops: origin.hops + 1,
            bytes,
        };
        message.write(number, frame);
        self.number += 1;
        true
    }

    /// The bus says that so many messages of a port are missing, because this cable was too slow or because
    /// they were lost before they came to this bus.
    pub fn miss(&mut self, port: u32, lost: u64, now: Instant) {
        let author = self.local(port);
        if let Some(kept) = self.authors.get_mut(&author) {
            (kept.last, kept.when) = (kept.last.saturating_add(lost), now);
        } else {
            let missed = self.missed.entry(port).or_default();
            *missed = missed.saturating_add(lost);
        }
    }

    /// The frames that say what was sent, at least one. `all`: the cable ends, also of those of whom
    /// something has just come.
    pub fn marks(&mut self, now: Instant, all: bool) -> Vec<Vec<u8>> {
        let quiet = if all { Duration::ZERO } else { QUIET };
        let marks: Vec<_> = self
            .authors
            .iter()
            .filter(|(_, kept)| {
                kept.last != 0 && (quiet..SILENT).contains(&now.duration_since(kept.when))
            })
            .map(|(author, kept)| kept.mark(*author))
            .collect();
        let mut parts: Vec<_> = marks.chunks(MARKS_MAX).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        parts
            .into_iter()
            .map(|marks| {
                let mut frame = Vec::new();
                Frame::Marks(marks).write(self.number, &mut frame);
                self.number += 1;
                frame
            })
            .collect()
    }

    fn local(&self, port: u32) -> Author {
        Author {
            bus: self.bus,
            port,
        }
    }
}

impl Kept {
    fn mark(&self, author: Author) -> Mark {
        Mark {
            author,
            since: self.since,
            began: self.began,
            last: self.last,
        }
    }
}
