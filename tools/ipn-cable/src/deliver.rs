// SPDX-License-Identifier: GPL-2.0

//! From the other cables to the bus.

use crate::bus::{Put, Writer};
use crate::engine::{Arrival, Engine, Source, PATIENCE};
use crate::failure::Failure;
use crate::frame::{BadFrame, Frame, Mark};
use crate::inlet::{Inlet, Meeting};
use crate::outlet::Origin;
use crate::stop::Stop;
use crate::told::Told;
use crate::turn::Turns;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// No bus holds more messages at a time.
const HELD_MAX: i32 = 2 * ipn::abi::IPN_MSGPOOLSIZE_MAX;

/// What two threads know of the bus: one that delivers, and one that hears what others bring, all the
/// time, so that nobody has to wait for it.
#[derive(Debug)]
pub struct Side {
    /// The port.
    pub writer: Writer,
    /// What is on the bus.
    pub inlet: Mutex<Inlet>,
}

/// Delivers what comes, until the cable ends.
pub struct Deliverer<'a, E> {
    /// Where it goes.
    pub side: &'a Side,
    /// The longest message of the bus, in bytes.
    pub mtu: usize,
    /// Where it comes from.
    pub engine: &'a E,
    /// Who else may be about to put the same there.
    pub turns: Turns,
    /// What there is to say.
    pub told: Told,
    /// Whether the cable is to end.
    pub stop: &'a Stop,
}

impl Side {
    /// Hears all that is there, however fast more comes.
    fn listen(&self) -> Result<MutexGuard<'_, Inlet>, Failure> {
        let mut inlet = self.inlet.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..HELD_MAX {
            match self.writer.hear()? {
                None => break,
                Some(None) => {}
                Some(Some(origin)) => inlet.settle(origin.author, origin.sequence),
            }
        }
        Ok(inlet)
    }

    /// Hears until the cable ends.
    ///
    /// # Errors
    ///
    /// What recv says.
    pub fn listen_on(&self, stop: &Stop) -> Result<(), Failure> {
        while !stop.is_asked() {
            self.writer.wait_to_hear(PATIENCE);
            drop(self.listen()?);
        }
        Ok(())
    }
}

impl<E: Engine> Deliverer<'_, E> {
    /// Does it.
    ///
    /// # Errors
    ///
    /// The engine's and the bus's.
    pub fn run(&mut self) -> Result<(), Failure> {
        let mut frame = Vec::new();
        while !self.stop.is_asked() {
            match self.engine.recv(&mut frame)? {
                Arrival::Nothing => {}
                Arrival::Told(text) => self.told.text(text),
                Arrival::Frame(source) => match Frame::read(&frame) {
                    Ok((number, frame)) => self.take(source, number, frame)?,
                    Err(BadFrame::Malformed) => {
                        self.told.count("frames came that are none of a cable", 1);
                    }
                    Err(BadFrame::Version(_)) => {
                        let what = "frames came of a cable of another version";
                        self.told.count(what, 1);
                    }
                },
            }
            self.told.say();
        }
        self.told.say_now();
        Ok(())
    }

    fn take(&mut self, source: Source, number: u64, frame: Frame<'_>) -> Result<(), Failure> {
        match self.side.listen()?.meet(source, number) {
            Meeting::New => {
                let text = format!("hears another cable ({:x})", source.0);
                self.told.text(text);
            }
            Meeting::Known(lost) => self.told.count("frames of other cables were lost", lost),
        }
        match frame {
            Frame::Message { mark, hops, bytes } => self.put(source, mark, hops, bytes),
            Frame::Marks(marks) => {
                let _turn = self.turns.take();
                let mut inlet = self.side.listen()?;
                for mark in marks {
                    let missing = inlet.missing(source, &mark);
                    self.side.writer.skip(missing)?;
                    inlet.settle(mark.author, mark.last);
                    self.told.count("messages were lost on the way", missing);
                }
                Ok(())
            }
        }
    }

    /// Puts a message on the bus if it is new there.
    fn put(&mut self, source: Source, mark: Mark, hops: u32, bytes: &[u8]) -> Result<(), Failure> {
        let origin = Origin {
            author: mark.author,
            sequence: mark.last,
            hops,
        };
        let mut turn = None;
        while !self.stop.is_asked() {
            turn.get_or_insert_with(|| self.turns.take());
            let mut inlet = self.side.listen()?;
            let missing = inlet.missing_with(source, &mark);
            if missing == 0 {
                return Ok(());
            }
            if bytes.len() > self.mtu {
                self.told
                    .count("messages were lost: longer than the bus's MTU", 1);
                self.told
                    .count("messages were lost on the way", missing - 1);
                self.side.writer.skip(missing)?;
                inlet.settle(mark.author, mark.last);
                return Ok(());
            }
            let is_behind_gap = missing > 1;
            if is_behind_gap {
                self.told
                    .count("messages were lost on the way", missing - 1);
                self.side.writer.skip(missing - 1)?;
                inlet.settle(mark.author, mark.last - 1);
            }
            match self.side.writer.put(bytes, origin)? {
                Put::Done => {
                    inlet.settle(mark.author, mark.last);
                    return Ok(());
                }
                Put::End => return Ok(()),
                Put::Full => {
                    drop(inlet);
                    // Nobody else must bring what was just given up.
                    if !is_behind_gap {
                        turn = None;
                    }
                    self.side.writer.wait_for_room(PATIENCE);
                }
            }
        }
        Ok(())
    }
}
