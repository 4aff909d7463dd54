// SPDX-License-Identifier: GPL-2.0
//! Mappings of sockets, and what is done with them.

use crate::outcome::Answer;
use crate::program::{Call, Part};
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
/// Bytes of a descriptor, and where in it a message's length and place are.
const DESCRIPTOR: u64 = 32;
const LEN: usize = 16;
const AT: usize = 24;

/// `IPN_RING_MAGIC`.
const MAGIC: u64 = 0x4950_4e72;

/// A mapping, which is only touched where that can be done.
pub struct Mapped(RwLock<State>);

/// A mapping, and what may be done with its pages, as `PROT_*`.
struct State {
    area: Area,
    access: i32,
}

fn refused() -> io::Error {
    io::Error::from_raw_os_error(EACCES)
}

impl Mapped {
    /// `mmap(2)`.
    pub fn new(sock: &Sock, part: Part, pages: u32, access: i32, shared: bool) -> io::Result<Self> {
        let flags = if shared { MAP_SHARED } else { MAP_PRIVATE };
        let area = Area::map(sock, pages as usize * PAGE, access, flags, part.offset())?;
        Ok(Mapped(RwLock::new(State { area, access })))
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
        let descriptor = (index + number % messages * DESCRIPTOR) as usize;
        let len = area.half(descriptor + LEN).load(Relaxed) as usize;
        let first = start as usize + area.half(descriptor + AT).load(Relaxed) as usize;
        let words = (first..(first + len).min(area.size())).step_by(8);
        let mut bytes: Vec<u8> = words
            .flat_map(|at| area.word(at).load(Relaxed).to_ne_bytes())
            .collect();
        bytes.truncate(len);
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
