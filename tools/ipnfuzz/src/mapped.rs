// SPDX-License-Identifier: GPL-2.0
//! Mappings of sockets, and what is done with them.

use crate::outcome::Answer;
use crate::pen::Pen;
use crate::program::{Call, Data, Part};
use ipntest::sys::mapping::Area;
use ipntest::sys::memory::PAGE;
use ipntest::sys::socket::Sock;
use libc::{EACCES, MAP_PRIVATE, MAP_SHARED, PROT_NONE, PROT_READ, PROT_WRITE};
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Offset of the number of the oldest message that can be read, in the ring.
const OLDEST: usize = 64;
/// The same of that of messages ever sent.
const PUBLISHED: usize = 72;
/// Which field says where the one writer's positions are; 0: there is none.
const WRITTEN: usize = 8;
/// Bytes of a descriptor, and where in it a message's length and place are, and the number of the next part and
/// how far before it the first is.
const DESCRIPTOR: u64 = 32;
const STAMP: usize = 8;
const LEN: usize = 16;
const AT: usize = 24;
const BACK: usize = 28;
/// `IPN_RING_READY`, but for the number.
const READY: u64 = 1;

/// `IPN_RING_MAGIC`.
const MAGIC: u64 = 0x4950_4e72;

/// A mapping, which is only touched where that can be done.
pub struct Mapped(RwLock<State>);

/// A mapping, and what may be done with its pages, as `PROT_*`.
struct State {
    area: Area,
    access: i32,
    /// What it takes to write messages.
    pen: Option<Pen>,
}

fn refused() -> io::Error {
    io::Error::from_raw_os_error(EACCES)
}

impl Mapped {
    /// `mmap(2)`.
    pub fn new(sock: &Sock, part: Part, pages: u32, access: i32, shared: bool) -> io::Result<Self> {
        let flags = if shared { MAP_SHARED } else { MAP_PRIVATE };
        let area = Area::map(sock, pages as usize * PAGE, access, flags, part.offset())?;
        Ok(Mapped::of(area, access, None))
    }

    /// The same of all that the one writer of a network writes.
    pub fn to_write(sock: &Sock) -> io::Result<Self> {
        let (pen, area) = Pen::map(sock)?;
        Ok(Mapped::of(area, PROT_READ | PROT_WRITE, Some(pen)))
    }

    fn of(area: Area, access: i32, pen: Option<Pen>) -> Self {
        Mapped(RwLock::new(State { area, access, pen }))
    }

    fn to_use(&self) -> io::Result<RwLockReadGuard<'_, State>> {
        self.0.read().map_err(|_| io::Error::other("poisoned"))
    }

    fn to_change(&self) -> io::Result<RwLockWriteGuard<'_, State>> {
        self.0.write().map_err(|_| io::Error::other("poisoned"))
    }

    /// Makes a call on it. None: there is nothing to answer.
    pub fn run(&self, call: &Call) -> io::Result<Option<Answer>> {
        match call {
            Call::Publish { len, mark, .. } => self.publish(*len, *mark),
            Call::Scribble { word, value, .. } => self.scribble((*word).into(), *value).map(Some),
            Call::Peek { word, .. } => self.peek((*word).into()).map(Some),
            Call::LookBack { back, .. } => self.look_back((*back).into()),
            Call::Protect { access, .. } => self.protect(*access).map(Some),
            Call::Advise { advice, .. } => self.advise(*advice).map(Some),
            Call::Resize { pages, .. } => self.resize(*pages).map(Some),
            _ => Ok(None),
        }
    }

    /// Writes one of its words of 8 bytes, if that can be done.
    fn scribble(&self, word: usize, value: u64) -> io::Result<Answer> {
        let state = self.to_use()?;
        if state.access & PROT_WRITE == 0 {
            return Err(refused());
        }
        let words = state.area.size() / 8;
        state.area.word(word % words * 8).store(value, Relaxed);
        Ok(Answer::default())
    }

    /// Writes a message as the one writer of a network does. None: it is not mapped for that, or not any more.
    fn publish(&self, len: u32, mark: u8) -> io::Result<Option<Answer>> {
        let state = self.to_use()?;
        let access = PROT_READ | PROT_WRITE;
        let pen = state.pen.as_ref().filter(|pen| pen.is_whole(&state.area));
        match pen.filter(|_| state.access & access == access) {
            Some(pen) => pen
                .publish(&state.area, &Data::Text { len, mark }.bytes())
                .map(|number| Some(Answer::number(number))),
            None => Ok(None),
        }
    }

    /// Reads one of its words.
    fn peek(&self, word: usize) -> io::Result<Answer> {
        let state = self.to_use()?;
        if state.access & PROT_READ == 0 {
            return Err(refused());
        }
        let words = state.area.size() / 8;
        let value = state.area.word(word % words * 8).load(Relaxed);
        Ok(Answer::stored(8, value.to_ne_bytes().into()))
    }

    /// The newest message but `back`, out of a ring. None: it is not there, or another was begun in
    /// its place meanwhile.
    fn look_back(&self, back: u64) -> io::Result<Option<Answer>> {
        let state = self.to_use()?;
        if state.access & PROT_READ == 0 {
            return Err(refused());
        }
        let area = &state.area;
        let field = |index: usize| u64::from(area.half(4 * index).load(Relaxed));
        // A cursor, or whatever else, says something else there.
        if field(0) != MAGIC {
            return Ok(None);
        }
        // Nor is what a process writes to be believed.
        if field(WRITTEN) != 0 {
            return Ok(None);
        }
        let (messages, index, bytes, start) = (field(2), field(3), field(4), field(5));
        let published = area.word(PUBLISHED).load(Acquire);
        let oldest = area.word(OLDEST).load(Relaxed);
        let number = published.checked_sub(back + 1);
        let Some(number) = number.filter(|&number| number >= oldest) else {
            return Ok(None);
        };
        if (start + bytes) as usize > area.size() {
            return Ok(None);
        }
        let descriptor = |number: u64| (index + number % messages * DESCRIPTOR) as usize;
        let half = |number, field| area.half(descriptor(number) + field).load(Relaxed);
        let state = area.word(descriptor(number)).load(Acquire);
        let back = u64::from(half(number, BACK));
        if state != (number << 3) | READY || number < oldest + back {
            return Ok(None);
        }
        // One in parts is a chain of them.
        let len = half(number, LEN) as usize;
        let (mut bytes, mut part) = (Vec::new(), number - back);
        while bytes.len() < len {
            let left = len - bytes.len();
            let size = (half(part, LEN) as usize).min(left);
            let first = start as usize + half(part, AT) as usize;
            if size == 0 || first % 8 != 0 || first + size > area.size() {
                return Ok(None);
            }
            let words = (first..(first + size)).step_by(8);
            let words = words.filter(|at| at + 8 <= area.size());
            let read = words.flat_map(|at| area.word(at).load(Relaxed).to_ne_bytes());
            bytes.extend(read.take(size));
            part = area.word(descriptor(part) + STAMP).load(Relaxed);
        }
        let intact = area.word(PUBLISHED).load(Acquire) == published;
        Ok(intact.then(|| Answer::stored(len, bytes)))
    }

    /// `mprotect(2)`.
    fn protect(&self, access: i32) -> io::Result<Answer> {
        let mut state = self.to_change()?;
        let changed = state.area.protect(access);
        // One mapping is changed as a whole or not at all.
        if changed.is_ok() {
            state.access = access;
        }
        changed.map(|()| Answer::default())
    }

    /// `madvise(2)`.
    fn advise(&self, advice: i32) -> io::Result<Answer> {
        let mut state = self.to_change()?;
        state.area.advise(advice)?;
        // Its pages may be gone for good now.
        if advice != libc::MADV_DONTDUMP && advice != libc::MADV_DONTFORK {
            state.access = PROT_NONE;
        }
        Ok(Answer::default())
    }

    /// `mremap(2)`.
    fn resize(&self, pages: u32) -> io::Result<Answer> {
        let mut state = self.to_change()?;
        // What is beyond the old size would have no pages.
        let grows = pages as usize * PAGE > state.area.size();
        state.area.resize(pages as usize * PAGE)?;
        if grows {
            state.access = PROT_NONE;
        }
        Ok(Answer::default())
    }

    /// `send(2)` of so many bytes of it.
    pub fn send(&self, sock: &Sock, len: usize, flags: i32) -> io::Result<Answer> {
        let state = self.to_use()?;
        let len = len.min(state.area.size());
        sock.send_at(state.area.address(), len, flags)
            .map(Answer::number)
    }

    /// `recv(2)` into it.
    pub fn receive(&self, sock: &Sock, flags: i32) -> io::Result<Answer> {
        let state = self.to_use()?;
        state.area.recv_into(sock, flags).map(Answer::number)
    }
}
