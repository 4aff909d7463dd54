// SPDX-License-Identifier: GPL-2.0

//! A ring of bytes and a list that forgets nothing, taken through the same steps.

use crate::{
    byte_memory::Words,
    bytes_oracle::{NaiveLook, NaiveRing, What},
    ring::bytes::{
        layout::Memory,
        reader::{Look, Reader},
        staged::Hole,
        writers::{Account, Refusal, Slowest, Wanted, Writers},
        Claim, Ring,
    },
};

/// Ports, each of which may be taken again and again.
pub(crate) const PORTS: u32 = 3;

/// A step. Readers and claims are taken modulo those that are there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A port claims a record.
    Claim { port: u32, len: u32 },
    /// A record is published.
    Publish { claim: usize },
    /// A record is given up.
    GiveUp { claim: usize },
    /// A port claims a hole.
    Hole { port: u32, len: u32 },
    /// A piece of a hole is begun, or ended.
    Piece { hole: usize },
    /// What a hole holds is published.
    Refer { hole: usize },
    /// A message is published whose bytes are nowhere.
    Lost { port: u32 },
    /// Another takes a port.
    Take { port: u32 },
    /// A reader comes, at the oldest message: of a port that sends too, or of none.
    Join { port: Option<u32> },
    /// A reader takes so many steps.
    Read { reader: usize, steps: u32 },
}

struct Seat {
    reader: Reader,
    at: usize,
    own: Option<(u32, usize)>,
    got: usize,
    lost: usize,
    joined: usize,
}

struct Staged {
    hole: Hole,
    at: usize,
    wanted: Wanted,
    filling: bool,
}

/// A ring and its oracle, in step.
pub(crate) struct Pair {
    ring: Ring<Words>,
    writers: Writers<Vec<Account>>,
    naive: NaiveRing,
    holders: [(usize, u64); PORTS as usize],
    claims: Vec<(Claim, usize, u32)>,
    holes: Vec<Staged>,
    seats: Vec<Seat>,
    lossless: bool,
    wipes: bool,
}

fn value(number: u64) -> u64 {
    // Forged: what looks like the state of a message that is ready.
    ((number + 1) << 3) | 1
}

impl Pair {
    /// Nothing sent, nobody there.
    pub(crate) fn new((bytes, ahead): (u64, u64), lossless: bool, wipes: bool) -> Self {
        let mut writers = Writers::new(vec![Account::default()], wipes);
        writers.resize(vec![Account::default(); PORTS as usize]);
        Self {
            ring: Ring::new(Words::new(bytes), ahead),
            writers,
            naive: NaiveRing::new(bytes, ahead),
            holders: [(0, 0); PORTS as usize],
            claims: Vec::new(),
            holes: Vec::new(),
            seats: Vec::new(),
            lossless,
            wipes,
        }
    }

    fn wanted(&self, port: u32, len: u32) -> (Wanted, (u32, usize)) {
        let port = port % PORTS;
        // An end of a reader's is nobody's.
        let slowest = self.seats.iter().map(|seat| Slowest {
            position: seat.reader.position(),
            number: seat.reader.number(),
        });
        let slowest = slowest.min_by_key(|slowest| slowest.position);
        let wanted = Wanted {
            len: len % (self.ring.longest() + 1),
            from: port,
            stamp: 5,
            slowest: slowest.filter(|_| self.lossless),
        };
        (wanted, (port, self.holders[port as usize].0))
    }

    /// What a step of a writer's comes to, however often it has to begin again.
    fn repeat<T>(mut step: impl FnMut() -> Result<T, Refusal>) -> Result<T, Refusal> {
        loop {
            match step() {
                Err(Refusal::Again) => {}
                end => return end,
            }
        }
    }

    /// Takes a step.
    pub(crate) fn run(&mut self, step: &Step) {
        match *step {
            Step::Claim { port, len } => {
                let (wanted, from) = self.wanted(port, len);
                let claim = Self::repeat(|| self.writers.claim(&self.ring, &wanted));
                let entry = (wanted.len as usize, from, What::Claimed);
                let at = self.naive.push(wanted.len as usize, entry, wanted.slowest);
                assert_eq!(claim.as_ref().err(), at.as_ref().err());
                if let (Ok(claim), Ok(at)) = (claim, at) {
                    assert_eq!(claim.number, self.naive.entries[at].number as u64);
                    let payload = self.ring.payload(&claim);
                    self.ring
                        .memory()
                        .fill(payload, wanted.len, value(claim.number));
                    self.claims.push((claim, at, wanted.len));
                }
            }
            Step::Publish { claim } => {
                if let Some((claim, at, _)) = pick(&mut self.claims, claim) {
                    self.ring.publish(claim);
                    self.naive.entries[at].what = What::Message;
                }
            }
            Step::GiveUp { claim } => {
                if let Some((claim, at, len)) = pick(&mut self.claims, claim) {
                    let payload = self.ring.payload(&claim);
                    self.ring.memory().fill(payload, len, 0);
                    let is_last = at + 1 == self.naive.entries.len();
                    let is_new = |holder: &(usize, u64)| holder.1 > claim.number;
                    let is_last = is_last && !self.holders.iter().any(is_new);
                    match self.writers.unclaim(&self.ring, claim) {
                        Ok(()) => {
                            assert!(is_last);
                            self.naive.entries.pop();
                            self.naive.number -= 1;
                        }
                        Err(claim) => {
                            assert!(!is_last);
                            self.ring.void(claim);
                            self.naive.entries[at].what = What::Void;
                        }
                    }
                }
            }
            Step::Hole { port, len } => {
                let (wanted, from) = self.wanted(port, len);
                let hole = Self::repeat(|| self.writers.claim_hole(&self.ring, &wanted));
                let entry = (wanted.len as usize, from, What::Hole(None));
                let at = self.naive.push(wanted.len as usize, entry, wanted.slowest);
                assert_eq!(hole.as_ref().err(), at.as_ref().err());
                if let (Ok(hole), Ok(at)) = (hole, at) {
                    let filling = false;
                    self.holes.push(Staged {
                        hole,
                        at,
                        wanted,
                        filling,
                    });
                }
            }
            Step::Piece { hole } => self.piece(hole),
            Step::Refer { hole } => self.refer(hole),
            Step::Lost { port } => {
                let (wanted, from) = self.wanted(port, 9);
                let sent = Self::repeat(|| self.writers.refer_to_nothing(&self.ring, &wanted));
                let entry = (wanted.len as usize, from, What::Far(None));
                let at = self.naive.push(8, entry, wanted.slowest);
                assert_eq!(sent.err(), at.err());
            }
            Step::Take { port } => {
                let port = port % PORTS;
                let since = self.writers.take(port);
                assert_eq!(since, self.naive.number as u64);
                let holder = &mut self.holders[port as usize];
                *holder = (holder.0 + 1, since);
                // Who had it is gone.
                self.seats
                    .retain(|seat| seat.own.is_none_or(|own| own.0 != port));
            }
            Step::Join { port } => {
                let port = port.map(|port| port % PORTS);
                let holder = port.map(|port| (port, self.holders[port as usize]));
                let own = holder.map(|(port, (_, since))| (port, since));
                self.seats.push(Seat {
                    reader: Reader::at_oldest(&self.writers, own),
                    at: self.naive.tail,
                    own: holder.map(|(port, (holder, _))| (port, holder)),
                    got: 0,
                    lost: 0,
                    joined: self.naive.tail,
                });
            }
            Step::Read { reader, steps } => {
                if let Some(index) = reader.checked_rem(self.seats.len()) {
                    (0..steps).for_each(|_| self.read(index));
                }
            }
        }
        let is_left = |at: &u64| self.ring.memory().word(self.ring.at(*at)).load() != 0;
        let left = self.naive.unreadable().step_by(8).find(is_left);
        assert_eq!(left.filter(|_| self.wipes), None, "an old word");
    }

    fn piece(&mut self, hole: usize) {
        let Some(index) = hole.checked_rem(self.holes.len()) else {
            return;
        };
        let staged = &mut self.holes[index];
        let what = if staged.filling {
            self.ring.end_piece(&staged.hole);
            What::Hole(None)
        } else {
            let is_there = self.writers.begin_piece(&self.ring, &staged.hole);
            assert_eq!(is_there, staged.at >= self.naive.tail);
            if !is_there {
                self.holes.swap_remove(index);
                return;
            }
            What::Filling
        };
        staged.filling = !staged.filling;
        self.naive.entries[staged.at].what = what;
    }

    fn refer(&mut self, hole: usize) {
        let Some(index) = hole.checked_rem(self.holes.len()) else {
            return;
        };
        if self.holes[index].filling {
            return;
        }
        let Staged {
            hole, at, wanted, ..
        } = self.holes.swap_remove(index);
        let (now, from) = self.wanted(wanted.from, wanted.len);
        let number = self.naive.number as u64;
        if at >= self.naive.tail {
            let place = self.ring.place(&hole);
            self.ring.memory().fill(place, wanted.len, value(number));
        }
        let sent = Self::repeat(|| self.writers.refer(&self.ring, &hole, &now));
        let entry = (wanted.len as usize, from, What::Far(Some(at)));
        let expected = self.naive.push(8, entry, now.slowest);
        // Whichever is found out first: it begins again.
        if at >= self.naive.tail {
            assert_eq!(sent.err(), expected.err());
        } else {
            assert!(sent.is_err() && expected.is_err());
        }
    }

    /// One step of a reader.
    fn read(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        let expected = self.naive.look(seat.at);
        let found = seat.reader.look(&self.ring);
        match found {
            Look::Empty => assert_eq!(expected, NaiveLook::Empty),
            Look::Overrun => {
                assert_eq!(expected, NaiveLook::Overrun);
                assert!(!self.lossless, "a lossless ring overruns nobody");
                let mut other = seat.reader.clone();
                let lost = seat.reader.catch_up_held(&self.writers);
                if let Some(free) = other.catch_up(&self.ring) {
                    assert_eq!(free, lost);
                    seat.reader = other;
                }
                let tail = self.naive.tail;
                assert_eq!(lost as usize, self.naive.messages(seat.at, tail, seat.own));
                seat.lost += lost as usize;
                seat.at = tail;
            }
            Look::Skipped => {
                assert_eq!(expected, NaiveLook::Skipped);
                seat.at += 1;
            }
            Look::Message(found) => {
                let sender = self.naive.entries[seat.at].from;
                let of = (found.number as usize, found.len as usize, sender);
                assert_eq!(expected, NaiveLook::Message(of.0, of.1, of.2));
                assert_eq!((found.from, found.stamp), (sender.0, 5));
                assert_eq!(found.is_own, seat.own == Some(sender));
                let mut words = self.ring.memory().drain(found.at, found.len);
                assert!(words.all(|word| word == value(found.number)));
                assert!(self.ring.is_intact(&found));
                seat.reader.pass(&found);
                seat.got += usize::from(!found.is_own);
                seat.at += 1;
            }
            Look::Gone(found) => {
                assert_eq!(expected, NaiveLook::Gone(found.number as usize));
                // A reader that came after the hole had gone has lost nothing that it waited for.
                let hole = match self.naive.entries[seat.at].what {
                    What::Far(hole) => hole,
                    _ => None,
                };
                assert!(!self.lossless || hole.is_none_or(|hole| hole < seat.joined));
                seat.reader.pass(&found);
                seat.lost += usize::from(!found.is_own);
                seat.at += 1;
            }
        }
    }

    /// Whatever happened before, every reader can account for every message.
    pub(crate) fn settle(&mut self) {
        while !self.claims.is_empty() {
            self.run(&Step::Publish { claim: 0 });
        }
        for index in 0..self.seats.len() {
            while self.seats[index].at < self.naive.entries.len() {
                self.read(index);
            }
            self.read(index);
            let seat = &self.seats[index];
            assert_eq!(seat.reader.number(), self.naive.number as u64);
            let all = self.naive.messages(seat.joined, seat.at, seat.own);
            assert_eq!(seat.got + seat.lost, all);
        }
    }
}

fn pick<T>(all: &mut Vec<T>, index: usize) -> Option<T> {
    let index = index.checked_rem(all.len())?;
    Some(all.swap_remove(index))
}
