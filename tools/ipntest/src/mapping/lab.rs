// SPDX-License-Identifier: GPL-2.0
//! A network's memory, mapped, for the tests of those who receive out of it.

use crate::abi::*;
use crate::lab::check::ok;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::socket::Sock;
use std::io;
use std::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst};

/// Offsets in the ring, in a descriptor and in the cursor, as the header has them.
pub mod at {
    pub const OLDEST: usize = 64;
    pub const PUBLISHED: usize = 72;
    pub const HEAD: usize = 80;
    pub const AWAITING_ROOM: usize = 128;
    pub const STATE: usize = 0;
    pub const STAMP: usize = 8;
    pub const LEN: usize = 16;
    pub const FROM: usize = 20;
    pub const AT: usize = 24;
    pub const POSITION: usize = 0;
    pub const LOST: usize = 16;
}

/// A port's mappings.
pub struct Map {
    pub ring: Area,
    pub cursor: Area,
}

/// `mmap(2)` of the first page of a network's ring.
pub fn map_head(sock: &Sock) -> io::Result<Area> {
    Area::map(sock, PAGE, libc::PROT_READ, libc::MAP_SHARED, IPN_MAP_RING)
}

/// `mmap(2)` of the ring whose first page is known.
pub fn map_ring(sock: &Sock, head: &Area) -> io::Result<Area> {
    let field = |index: usize| head.half(4 * index).load(Relaxed) as usize;
    let len = field(5) + field(4);
    Area::map(sock, len, libc::PROT_READ, libc::MAP_SHARED, IPN_MAP_RING)
}

/// `mmap(2)` of a port's cursor.
pub fn map_cursor(sock: &Sock) -> io::Result<Area> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    Area::map(sock, PAGE, access, libc::MAP_SHARED, IPN_MAP_CURSOR)
}

/// Where in a ring the descriptor of message `number` is.
pub fn descriptor(ring: &Area, number: u64) -> usize {
    let field = |index: usize| ring.half(4 * index).load(Relaxed) as usize;
    field(3) + number as usize % field(2) * 32
}

/// Where in a ring the bytes of message `number` are.
pub fn data(ring: &Area, number: u64) -> usize {
    let at = ring.half(descriptor(ring, number) + at::AT).load(Relaxed);
    ring.half(4 * 5).load(Relaxed) as usize + at as usize
}

impl Map {
    #[track_caller]
    pub fn of(sock: &Sock) -> Map {
        ok("mapping", Map::try_of(sock))
    }

    pub fn try_of(sock: &Sock) -> io::Result<Map> {
        Ok(Map {
            ring: map_ring(sock, &map_head(sock)?)?,
            cursor: map_cursor(sock)?,
        })
    }

    /// Field `index` of what the ring begins with.
    pub fn field(&self, index: usize) -> u32 {
        self.ring.half(4 * index).load(Relaxed)
    }

    /// Where the descriptor of message `number` is.
    pub fn descriptor(&self, number: u64) -> usize {
        descriptor(&self.ring, number)
    }

    /// Where the bytes of message `number` are.
    pub fn data(&self, number: u64) -> usize {
        data(&self.ring, number)
    }

    /// The first words of a message: a number.
    pub fn number(&self, message: u64) -> u32 {
        self.ring.half(self.data(message)).load(Relaxed)
    }

    pub fn published(&self) -> u64 {
        self.ring.word(at::PUBLISHED).load(Relaxed)
    }

    pub fn position(&self) -> u64 {
        self.cursor.word(at::POSITION).load(Relaxed)
    }

    pub fn go_to(&self, number: u64) {
        self.cursor.word(at::POSITION).store(number, SeqCst);
    }

    pub fn lost(&self) -> u64 {
        self.cursor.word(at::LOST).load(Relaxed)
    }
}

/// Tells the kernel of the position.
#[track_caller]
pub fn ask(sock: &Sock) -> i32 {
    ok("FIONREAD", sock.ioctl_int(libc::FIONREAD))
}
