// SPDX-License-Identifier: GPL-2.0

//! The steps of a mapped reader, as the crate takes them, on a memory that stands still.

use crate::mapped_reader::{Found, Header, Memory, Reader};
use std::cell::Cell;

/// The number of the reader's port.
const PORT: u32 = 3;

/// A ring of four messages of up to 32 bytes.
struct Still {
    published: u64,
    oldest: u64,
    head: u32,
    awaits: bool,
    /// The state and the header of each descriptor.
    index: [(u64, Header); 4],
    position: Cell<u64>,
    own: Cell<u64>,
    /// Another takes so many messages first.
    others: Cell<u32>,
    copies: Cell<u32>,
}

/// The states of message `number` in `include/uapi/linux/af_ipn.h`.
fn ready(number: u64) -> u64 {
    number * 8 + 1
}

fn void(number: u64) -> u64 {
    number * 8 + 2
}

/// A message of 32 bytes from a port, where it lies as long as all are so long.
fn header(number: u64, from: u32) -> Header {
    let at = (number % 4) as u32 * 32;
    let (len, stamp) = (32, number);
    Header {
        at,
        len,
        from,
        stamp,
        back: 0,
    }
}

/// A ring that has the last four of so many messages, all of another port's.
fn still(published: u64, position: u64) -> Still {
    let mut index = [(0, header(0, 0)); 4];
    let oldest = published.saturating_sub(4);
    for number in oldest..published {
        index[number as usize % 4] = (ready(number), header(number, 1));
    }
    Still {
        published,
        oldest,
        head: (published % 4) as u32 * 32,
        awaits: false,
        index,
        position: Cell::new(position),
        own: Cell::new(0),
        others: Cell::new(0),
        copies: Cell::new(0),
    }
}

impl Memory for Still {
    type Buffer = Vec<u64>;

    fn published(&self) -> u64 {
        self.published
    }

    fn oldest(&self) -> u64 {
        self.oldest
    }

    fn head(&self) -> u32 {
        self.head
    }

    fn state(&self, index: u32) -> u64 {
        self.index[index as usize].0
    }

    fn header(&self, index: u32) -> Header {
        self.index[index as usize].1
    }

    fn copy(&self, header: Header, to: &mut Vec<u64>) -> bool {
        self.copies.set(self.copies.get() + 1);
        to.push(header.stamp);
        header.len <= 32
    }

    fn copy_part(&self, header: &Header, len: usize, from: usize, to: &mut Vec<u64>) {
        self.copies.set(self.copies.get() + 1);
        assert_eq!(from, to.len());
        to.extend((0..len).map(|_| u64::from(header.at)));
    }

    fn position(&self) -> u64 {
        self.position.get()
    }

    fn pass(&self, number: u64) -> bool {
        assert_eq!(self.position.replace(number + 1), number);
        let others = self.others.get();
        self.others.set(others.saturating_sub(1));
        others == 0
    }

    fn count_own(&self) {
        self.own.set(self.own.get() + 1);
    }

    fn awaits_room(&self) -> bool {
        self.awaits
    }
}

const READER: Reader = Reader {
    messages: 4,
    bytes: 128,
    mtu: 32,
    port: PORT,
    since: 0,
    lossless: false,
    in_parts: false,
    is_written: false,
};

const LOSSLESS: Reader = Reader {
    lossless: true,
    ..READER
};

fn take(reader: &Reader, memory: &Still) -> (Found, bool) {
    let mut bytes = Vec::new();
    let (found, made_room) = reader.take(memory, &mut bytes);
    if let Found::Message(header) = found {
        assert_eq!(bytes.last(), Some(&header.stamp));
    }
    (found, made_room)
}

#[test]
fn messages_come_in_order_until_nothing_is_there() {
    let memory = still(7, 4);
    for number in 4..7 {
        let found = Found::Message(header(number, 1));
        assert_eq!(take(&READER, &memory), (found, false));
    }
    assert_eq!(take(&READER, &memory), (Found::Nothing, false));
    assert_eq!((memory.position(), memory.own.get()), (7, 0));
}

#[test]
fn who_is_overrun_or_beyond_what_there_is_asks_the_kernel() {
    for (position, found) in [
        (3, Found::Lost),
        (0, Found::Lost),
        (8, Found::Nothing),
        (9, Found::Lost),
        (u64::MAX, Found::Lost),
    ] {
        assert_eq!(take(&READER, &still(8, position)), (found, false));
    }
    // It is given up, though nothing was written over it yet.
    let mut memory = still(8, 4);
    memory.oldest = 5;
    assert_eq!(take(&READER, &memory).0, Found::Lost);
    assert_eq!(memory.position(), 4);
}

#[test]
fn a_message_that_is_being_written_is_not_there_yet() {
    // The oldest too.
    for number in [4, 5] {
        let before = number - 4;
        for state in [number * 8, number * 8 + 3, ready(before), void(before)] {
            let mut memory = still(8, number);
            memory.index[number as usize % 4].0 = state;
            assert_eq!(take(&READER, &memory), (Found::Nothing, false));
            assert_eq!((memory.position(), memory.copies.get()), (number, 0));
        }
    }
}

#[test]
fn its_own_messages_and_voids_are_passed_and_counted() {
    let mut memory = still(8, 4);
    memory.index[0].1.from = PORT;
    memory.index[1].0 = void(5);
    let found = Found::Message(header(6, 1));
    assert_eq!(take(&READER, &memory), (found, false));
    assert_eq!(memory.own.get(), 2);
    assert_eq!(memory.copies.get(), 1, "nothing else was looked at");
}

#[test]
fn what_its_number_sent_before_it_came_is_another_s() {
    for since in 0..10 {
        let mut memory = still(8, 4);
        memory.index.iter_mut().for_each(|(_, of)| of.from = PORT);
        let reader = Reader { since, ..READER };
        for number in 4..since.clamp(4, 8) {
            let found = Found::Message(header(number, PORT));
            assert_eq!(take(&reader, &memory), (found, false));
        }
        assert_eq!(take(&reader, &memory), (Found::Nothing, false));
        assert_eq!(memory.own.get(), 8 - since.clamp(4, 8));
    }
}

#[test]
fn what_another_takes_first_is_not_its() {
    let memory = still(8, 4);
    memory.others.set(2);
    let found = Found::Message(header(6, 1));
    assert_eq!(take(&READER, &memory), (found, false));
}

#[test]
fn the_kernel_is_asked_where_a_message_filled_the_ring_and_somebody_waits() {
    for (awaits, reader, asked) in [
        (true, LOSSLESS, true),
        (false, LOSSLESS, false),
        (true, READER, false),
    ] {
        let mut memory = still(8, 4);
        memory.awaits = awaits;
        assert_eq!(take(&reader, &memory).1, asked, "the first of a full ring");
    }
    // Also where that was one of its own, and another is what it gets.
    let mut memory = still(8, 4);
    memory.awaits = true;
    memory.index[0].1.from = PORT;
    assert_eq!(
        take(&LOSSLESS, &memory),
        (Found::Message(header(5, 1)), true)
    );
}

/// Whether a message of the longest has a place in the index, and bytes in one piece that none has from message
/// `at` on.
fn naive(reader: &Reader, held: u64, at: u32, head: u32) -> bool {
    let size = reader.mtu.max(1).div_ceil(16) * 16;
    let is_free = |byte: u32| match at < head {
        true => byte < at || byte >= head,
        false => (head..at).contains(&byte),
    };
    let fits = |from: u32| from + size <= reader.bytes && (from..from + size).all(is_free);
    held < reader.messages.into() && (fits(head) || (at < head && fits(0)))
}

#[test]
fn who_leaves_room_as_it_is_asks_for_nobody() {
    for mtu in [1, 16, 32, 48] {
        let reader = Reader { mtu, ..LOSSLESS };
        for held in 1..=4 {
            for at in (0..128).step_by(16) {
                for head in (16..=128).step_by(16) {
                    let mut memory = still(8, 8 - held);
                    memory.awaits = true;
                    memory.head = head;
                    memory.index[(8 - held) as usize % 4].1.at = at;
                    let asked = take(&reader, &memory).1;
                    let room = naive(&reader, held, at, head);
                    assert_eq!(asked, !room, "{mtu} {held} {at} {head}");
                }
            }
        }
    }
}
