// SPDX-License-Identifier: GPL-2.0

//! Memory that processes share, without the kernel: a ring whose writer overwrites, and whose readers
//! ask afterwards whether what they copied was whole (a sequence lock). Nobody can be woken, and
//! everybody can write everything: this is not a peer but the limit.
//!
//! It is written here because the crate for this, iceoryx2, brings 87 others and a run of bindgen for
//! one column of a table.

use super::{whole, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use crate::sys::shared::Shared;
use std::io;
use std::sync::atomic::{fence, Ordering};

/// The ring.
pub const KIND: Kind = Kind {
    name: "shared memory",
    group: Group::Bus,
    role: Role::Aside,
    depth: DEPTH,
    wakes: false,
    open,
};

const SLOTS: u64 = 16;
/// Where the first slot is; before it, how many messages were begun and finished.
const SLOTS_AT: usize = 64;
const BEGUN: usize = 0;
const FINISHED: usize = 8;

struct Ring {
    memory: Shared,
    stride: usize,
    positions: Vec<u64>,
    sleep: bool,
}

fn open(setting: Setting) -> Opened {
    let stride = (8 + setting.bytes).next_multiple_of(64);
    Ok(Some(Box::new(Ring {
        memory: Shared::new(SLOTS_AT + SLOTS as usize * stride)?,
        stride,
        positions: vec![0; setting.receivers],
        sleep: setting.sleep,
    })))
}

impl Ring {
    fn slot(&self, number: u64) -> usize {
        SLOTS_AT + (number % SLOTS) as usize * self.stride
    }
}

impl Medium for Ring {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let number = self.memory.word(FINISHED).load(Ordering::Relaxed);
        self.memory.word(BEGUN).store(number + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        let slot = self.slot(number);
        let len = self.memory.word(slot);
        len.store(message.len() as u64, Ordering::Relaxed);
        self.memory.write(slot + 8, message);
        let finished = self.memory.word(FINISHED);
        finished.store(number + 1, Ordering::Release);
        Ok(())
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        let number = self.positions[receiver];
        while self.memory.word(FINISHED).load(Ordering::Acquire) == number {
            if !self.sleep {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            std::thread::yield_now();
        }
        let slot = self.slot(number);
        let len = self.memory.word(slot).load(Ordering::Relaxed);
        self.memory.read(slot + 8, room);
        fence(Ordering::Acquire);
        if self.memory.word(BEGUN).load(Ordering::Relaxed) - number > SLOTS {
            return Err(io::Error::other("a message was overwritten"));
        }
        self.positions[receiver] = number + 1;
        whole(len as usize, room)
    }
}
