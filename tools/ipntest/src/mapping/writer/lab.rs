// SPDX-License-Identifier: GPL-2.0
//! What the one writer of a network has mapped, written word by word.

use crate::abi::*;
use crate::lab::check::ok;
use crate::mapping::lab::{ask, at, map_head};
use crate::sys::bpf;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::socket::Sock;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

/// Offsets in what is written.
pub mod written {
    pub const OLDEST: usize = 0;
    pub const PUBLISHED: usize = 8;
    pub const HEAD: usize = 16;
}

/// Offsets of what the writer is told in the ring's first page.
pub const AWAITING_MESSAGE: usize = 132;
pub const SLOWEST: usize = 136;

/// Of a network of one writer.
pub const ONE_WRITER: [(i32, i32); 1] = [(IPN_SO_FLAGS, IPN_FLAG_ONE_WRITER)];

/// The same, with so many messages that nobody loses.
pub fn lossless_of_one_writer(pool: i32) -> [(i32, i32); 2] {
    let flags = IPN_FLAG_ONE_WRITER | IPN_FLAG_LOSSLESS;
    [(IPN_SO_FLAGS, flags), (IPN_SO_MSGPOOLSIZE, pool)]
}

/// Attaches a filter that refuses every message.
#[track_caller]
pub fn refuse_all(sock: &Sock) {
    ok("SO_ATTACH_FILTER", bpf::attach(sock, &[(0x06, 0, 0, 0)]));
}

/// Maps so many bytes of what the writer writes.
pub fn map_written(sock: &Sock, len: usize) -> io::Result<Area> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    Area::map(sock, len, access, libc::MAP_SHARED, IPN_MAP_WRITER)
}

/// A port that writes, and where it has come to. Its messages are numbers, each in a place of 16 bytes.
pub struct Pen {
    pub sock: Sock,
    pub head: Area,
    pub area: Area,
    next: AtomicU64,
}

impl Pen {
    #[track_caller]
    pub fn of(sock: Sock) -> Pen {
        ok("mapping to write", Pen::try_of(sock))
    }

    pub fn try_of(sock: Sock) -> io::Result<Pen> {
        let head = map_head(&sock)?;
        let field = |index: usize| head.half(4 * index).load(Relaxed) as usize;
        let area = map_written(&sock, field(5) + field(4) - PAGE)?;
        let next = AtomicU64::new(area.word(written::PUBLISHED).load(Relaxed));
        Ok(Pen {
            sock,
            head,
            area,
            next,
        })
    }

    /// Field `index` of what the ring begins with.
    fn field(&self, index: usize) -> usize {
        self.head.half(4 * index).load(Relaxed) as usize
    }

    /// Messages in the index.
    pub fn messages(&self) -> u64 {
        self.field(2) as u64
    }

    /// Where the descriptor of message `number` is.
    pub fn descriptor(&self, number: u64) -> usize {
        self.field(3) - PAGE + (number % self.messages()) as usize * 32
    }

    /// The next message.
    pub fn next(&self) -> u64 {
        self.next.load(Relaxed)
    }

    /// Says that the oldest is `number`.
    pub fn give_up(&self, number: u64) {
        self.area.word(written::OLDEST).store(number, SeqCst);
    }

    /// Writes the next message, and says that it can be read, but not that it is published.
    pub fn prepare(&self, number: u32) {
        let n = self.next();
        let place = (n % self.messages()) as usize * 16;
        let bytes = self.field(5) - PAGE + place;
        self.area.half(bytes).store(number, Relaxed);
        let descriptor = self.descriptor(n);
        let set = |at: usize, value: u32| self.area.half(descriptor + at).store(value, Relaxed);
        set(at::LEN, 4);
        set(at::FROM, 0);
        set(at::AT, place as u32);
        set(28, 0);
        self.area.word(descriptor + at::STAMP).store(0, Relaxed);
        let state = self.area.word(descriptor + at::STATE);
        state.store((n << 3) | 1, SeqCst);
        let head = self.area.half(written::HEAD);
        head.store(place as u32 + 16, Relaxed);
    }

    /// Publishes what was prepared.
    pub fn publish(&self) {
        let next = self.next.fetch_add(1, Relaxed) + 1;
        self.area.word(written::PUBLISHED).store(next, SeqCst);
    }

    /// Writes a number, for which the oldest message has to go where the index is full.
    pub fn write(&self, number: u32) {
        let n = self.next();
        let oldest = (n + 1).saturating_sub(self.messages());
        if oldest > self.area.word(written::OLDEST).load(Relaxed) {
            self.give_up(oldest);
        }
        self.prepare(number);
        self.publish();
    }

    /// Asks the kernel.
    #[track_caller]
    pub fn ask(&self) {
        ask(&self.sock);
    }

    /// Whether somebody may sleep.
    pub fn is_awaited(&self) -> bool {
        self.head.half(AWAITING_MESSAGE).load(SeqCst) != 0
    }

    /// All have read what is before.
    pub fn slowest(&self) -> u64 {
        self.head.word(SLOWEST).load(SeqCst)
    }
}
