// SPDX-License-Identifier: GPL-2.0

//! From the bus to the other cables.

use crate::bus::{Read, Reader};
use crate::engine::{Engine, Sent, PATIENCE};
use crate::failure::Failure;
use crate::outlet::Outlet;
use crate::stop::Stop;
use crate::told::Told;
use std::time::{Duration, Instant};

/// How often a cable tells of itself, and of what it has sent.
const INTERVAL: Duration = Duration::from_secs(1);

/// For how long at most what is left goes out when the cable ends.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Carries what comes, until the bus or the cable ends.
pub struct Carrier<'a, E> {
    /// What it reads.
    pub reader: Reader,
    /// Where it goes.
    pub engine: &'a E,
    /// What was sent.
    pub outlet: Outlet,
    /// What there is to say.
    pub told: Told,
    /// Whether the cable is to end.
    pub stop: &'a Stop,
}

impl<E: Engine> Carrier<'_, E> {
    /// Does it.
    ///
    /// # Errors
    ///
    /// The engine's and the bus's.
    pub fn run(&mut self) -> Result<(), Failure> {
        let mut frame = Vec::new();
        let mut next = Instant::now();
        let mut has_more = true;
        while !self.stop.is_asked() {
            let now = Instant::now();
            if now >= next {
                self.tell(now, false)?;
                next = now + INTERVAL;
            }
            self.told.say();
            match self.reader.read()? {
                Read::Message { heard, bytes, gaps } => {
                    for gap in gaps {
                        let what = "messages are missing on this bus, or the cable was too slow";
                        self.told.count(what, gap.lost);
                        self.outlet
                            .miss(gap.port.unwrap_or(u32::MAX), gap.lost, now);
                    }
                    if self.outlet.carry(&heard, bytes, now, &mut frame) {
                        self.send(&frame)?;
                        has_more = true;
                    }
                }
                Read::Unknown => {
                    self.told
                        .count("messages were lost: their sender is forgotten", 1);
                }
                // What waits to go with more goes alone.
                Read::Nothing if has_more => {
                    has_more = self.engine.flush()? == Sent::Busy;
                }
                Read::Nothing => self.reader.wait(PATIENCE),
                Read::End => break,
            }
        }
        self.tell(Instant::now(), true)?;
        let end = Instant::now() + LAST_WORDS;
        while self.engine.flush()? == Sent::Busy && Instant::now() < end {}
        self.told.say_now();
        Ok(())
    }

    fn tell(&mut self, now: Instant, all: bool) -> Result<(), Failure> {
        for frame in self.outlet.marks(now, all) {
            self.send(&frame)?;
        }
        self.engine.flush().map(drop)
    }

    /// Waits until the engine takes it; the bus waits too, or overruns the cable.
    fn send(&self, frame: &[u8]) -> Result<(), Failure> {
        let mut end = None;
        while self.engine.send(frame)? == Sent::Busy {
            if self.stop.is_asked()
                && Instant::now() > *end.get_or_insert(Instant::now() + LAST_WORDS)
            {
                return Ok(());
            }
        }
        Ok(())
    }
}
