// SPDX-License-Identifier: GPL-2.0

//! From the other cables to the bus: which messages are new there, and which were lost.

use crate::engine::Source;
use crate::frame::{Author, Mark};
use crate::table::Table;

/// The most authors that it remembers.
const AUTHORS_MAX: usize = 65536;

/// The most cables that it remembers.
const SOURCES_MAX: usize = 4096;

/// What is on one bus of other buses, and who brings it.
#[derive(Debug)]
pub struct Inlet {
    bus: u64,
    /// The newest message of each that is on the bus, or was given up.
    authors: Table<Author, u64>,
    sources: Table<Source, Met>,
}

/// A cable from which something has come.
#[derive(Debug)]
struct Met {
    /// The number of its first frame that came.
    first: u64,
    /// That of the frame to come next.
    next: u64,
}

/// What a frame's number says of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing has come from it before.
    New,
    /// It is known; so many frames between were lost.
    Known(u64),
}

impl Inlet {
    /// That of a bus.
    pub fn new(bus: u64) -> Self {
        Self {
            bus,
            authors: Table::new(AUTHORS_MAX),
            sources: Table::new(SOURCES_MAX),
        }
    }

    /// A frame has come. It goes before the look at what is in it.
    pub fn meet(&mut self, source: Source, number: u64) -> Meeting {
        let new = || Met {
            first: number,
            next: 0,
        };
        let met = self.sources.entry(source, new);
        let expected = std::mem::replace(&mut met.next, number.saturating_add(1));
        match expected {
            0 => Meeting::New,
            expected => Meeting::Known(number.saturating_sub(expected)),
        }
    }

    /// How many messages of the author, up to the newest that the cable tells of, are not on the bus.
    pub fn missing(&self, source: Source, mark: &Mark) -> u64 {
        if mark.author.bus == self.bus {
            return 0;
        }
        match self.authors.get(&mark.author) {
            Some(newest) => mark.last.saturating_sub(*newest),
            None if self.was_there(source, mark) => mark.last - mark.since + 1,
            // One who comes later does not miss what was before.
            None => 0,
        }
    }

    /// The same, where the newest of them has come.
    pub fn missing_with(&self, source: Source, mark: &Mark) -> u64 {
        let is_foreign = mark.author.bus != self.bus;
        let is_unknown = is_foreign && self.authors.get(&mark.author).is_none();
        self.missing(source, mark).max(is_unknown.into())
    }

    /// All of the author's messages up to that one are on the bus, or were given up: this cable or
    /// another one has put them there.
    pub fn settle(&mut self, author: Author, last: u64) {
        if author.bus != self.bus {
            let newest = self.authors.entry(author, || last);
            *newest = last.max(*newest);
        }
    }

    /// Whether the cable's frames came here from before the author's first one on. Where authors were
    /// forgotten, this one may have been among them.
    fn was_there(&self, source: Source, mark: &Mark) -> bool {
        let met = self.sources.get(&source);
        !self.authors.has_forgotten() && met.is_some_and(|met| met.first <= mark.began)
    }
}
