// SPDX-License-Identifier: GPL-2.0
//! What the one writer of a network does to send a message, as `<linux/af_ipn.h>` says it.

use ipntest::abi::{IPN_FLAG_LOSSLESS, IPN_MAP_RING, IPN_MAP_WRITER};
use ipntest::sys::mapping::Area;
use ipntest::sys::memory::PAGE;
use ipntest::sys::socket::Sock;
use libc::{EAGAIN, EMSGSIZE, MAP_SHARED, PROT_READ, PROT_WRITE};
use std::io;
use std::sync::atomic::fence;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

/// Offsets of what the writer says, in what it maps.
const OLDEST: usize = 0;
const PUBLISHED: usize = 8;
const HEAD: usize = 16;
/// Offsets of what it is told, in the ring's first page.
const AWAITING_MESSAGE: usize = 132;
const SLOWEST: usize = 136;

/// What it takes besides what is written: the ring's first page, and the socket.
pub struct Pen {
    head: Area,
    sock: Sock,
}

/// Bytes that a message takes.
fn taken(len: u64) -> u64 {
    len.next_multiple_of(16).max(16)
}

fn fails<T>(errno: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(errno))
}

impl Pen {
    /// Maps the ring's first page, and all that there is to write.
    pub fn map(sock: &Sock) -> io::Result<(Pen, Area)> {
        let head = Area::map(sock, PAGE, PROT_READ, MAP_SHARED, IPN_MAP_RING)?;
        let sock = sock.dup()?;
        let pen = Pen { head, sock };
        let access = PROT_READ | PROT_WRITE;
        let area = Area::map(&pen.sock, pen.size(), access, MAP_SHARED, IPN_MAP_WRITER)?;
        Ok((pen, area))
    }

    /// Field `index` of what the ring begins with.
    fn field(&self, index: usize) -> u64 {
        self.head.half(4 * index).load(Relaxed).into()
    }

    /// Bytes that there are to write, whole pages.
    fn size(&self) -> usize {
        ((self.field(4) + self.field(5)) as usize).next_multiple_of(PAGE) - PAGE
    }

    /// Whether all of them are there.
    pub fn is_whole(&self, area: &Area) -> bool {
        area.size() >= self.size()
    }

    /// Where the descriptor of a message is.
    fn descriptor(&self, number: u64) -> usize {
        (self.field(3) + number % self.field(2) * 32) as usize - PAGE
    }

    /// Where `size` bytes go if the messages from `oldest` on stay.
    fn place(&self, area: &Area, oldest: u64, size: u64) -> Option<u64> {
        let (messages, room) = (self.field(2), self.field(4));
        let held = area.word(PUBLISHED).load(Relaxed).wrapping_sub(oldest);
        if held == 0 {
            return (size <= room).then_some(0);
        }
        if held >= messages {
            return None;
        }
        let head = u64::from(area.half(HEAD).load(Relaxed));
        let tail = u64::from(area.half(self.descriptor(oldest) + 24).load(Relaxed));
        let (behind, before) = match tail < head {
            true => (room.saturating_sub(head), tail),
            false => (tail - head, 0),
        };
        match size {
            _ if size <= behind => Some(head),
            _ if size <= before => Some(0),
            _ => None,
        }
    }

    /// A place, and the oldest message that stays, if as many go as may.
    fn find(&self, area: &Area, size: u64) -> Option<(u64, u64)> {
        let published = area.word(PUBLISHED).load(Relaxed);
        let lossless = self.field(7) & IPN_FLAG_LOSSLESS as u64 != 0;
        let until = match lossless {
            true => self.head.word(SLOWEST).load(Acquire),
            false => published,
        };
        let oldest = area.word(OLDEST).load(Relaxed);
        // There are no more, unless something else was written there.
        let all = oldest..=oldest.saturating_add(self.field(2)).min(until.max(oldest));
        let places = all.filter_map(|oldest| Some((self.place(area, oldest, size)?, oldest)));
        let (at, oldest) = places.into_iter().next()?;
        let is_one = at % 16 == 0 && at + size <= self.field(4);
        is_one.then_some((at, oldest))
    }

    /// Writes the next message: its number. No room: `EAGAIN`.
    pub fn publish(&self, area: &Area, bytes: &[u8]) -> io::Result<u64> {
        let len = bytes.len() as u64;
        if len > self.field(6) {
            return fails(EMSGSIZE);
        }
        let size = taken(len);
        let mut found = self.find(area, size);
        if found.is_none() {
            self.ask()?;
            found = self.find(area, size);
        }
        let Some((at, oldest)) = found else {
            return fails(EAGAIN);
        };
        let number = area.word(PUBLISHED).load(Relaxed);
        area.word(OLDEST).store(oldest, Release);
        fence(SeqCst);
        let first = (self.field(5) + at) as usize - PAGE;
        for (chunk, to) in bytes.chunks(8).zip((first..).step_by(8)) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            area.word(to).store(u64::from_ne_bytes(word), Relaxed);
        }
        let descriptor = self.descriptor(number);
        // No time stamp, and of port 0: the kernel knows by itself whose it is.
        area.word(descriptor + 8).store(0, Relaxed);
        let fields = [(16, len as u32), (20, 0), (24, at as u32), (28, 0)];
        for (field, value) in fields {
            area.half(descriptor + field).store(value, Relaxed);
        }
        area.word(descriptor).store((number << 3) | 1, Release);
        area.half(HEAD).store((at + size) as u32, Relaxed);
        area.word(PUBLISHED).store(number.wrapping_add(1), Release);
        fence(SeqCst);
        if self.head.half(AWAITING_MESSAGE).load(SeqCst) != 0 {
            self.ask()?;
        }
        Ok(number)
    }

    /// Asks the kernel.
    fn ask(&self) -> io::Result<()> {
        self.sock.ioctl_int(libc::FIONREAD).map(drop)
    }
}
