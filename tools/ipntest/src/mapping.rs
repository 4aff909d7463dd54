// SPDX-License-Identifier: GPL-2.0
//! Receiving out of mapped memory: what is in it, and what its reader's position does.

use crate::abi::*;
use crate::bus::*;
use crate::check::{fails, holds, ok, same};
use crate::device_lab::soon_in_ms;
use crate::runner::cases;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use crate::task::{Blocked, Line, Process};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

cases!["mapping":
    ring_says_what_it_is,
    message_lies_in_its_slot,
    nothing_else_is_in_the_memory,
    older_messages_can_be_read,
    position_begins_where_the_port_stands,
    recv_goes_on_where_the_reader_stands,
    reader_goes_on_where_recv_stands,
    poll_and_fionread_go_by_the_position,
    nonsense_is_put_right,
    losses_are_told_in_the_page,
    losses_from_before_are_told_too,
    sleeping_reader_is_woken,
    blocked_sender_asks_for_it_to_be_said,
    blocked_sender_finds_room_by_itself_when_it_tries,
    mapped_reader_that_never_looks_costs_no_wake_ups,
    own_messages_are_passed_for_the_reader,
    filter_of_a_mapped_port_counts_for_recv,
    out_of_band_messages_still_come,
    scribbler_harms_nobody_on_a_lossy_network @ 40,
    scribbler_harms_nobody_on_a_lossless_network @ 40,
];

/// Offsets in the ring, in a slot and in the cursor, as the header has them.
pub mod at {
    pub const RESERVED: usize = 64;
    pub const PUBLISHED: usize = 72;
    pub const AWAITING_ROOM: usize = 128;
    pub const FROM: usize = 4;
    pub const STAMP: usize = 8;
    pub const DATA: usize = 16;
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
    let len = field(5) + field(3) * field(4);
    Area::map(sock, len, libc::PROT_READ, libc::MAP_SHARED, IPN_MAP_RING)
}

/// `mmap(2)` of a port's cursor.
pub fn map_cursor(sock: &Sock) -> io::Result<Area> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    Area::map(sock, PAGE, access, libc::MAP_SHARED, IPN_MAP_CURSOR)
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

    /// Where the slot of message `number` is.
    fn slot(&self, number: u64) -> usize {
        let slot = number as usize % self.field(3) as usize;
        self.field(5) as usize + slot * self.field(4) as usize
    }

    /// The first words of a message: a number.
    pub fn number(&self, message: u64) -> u32 {
        self.ring.half(self.slot(message) + at::DATA).load(Relaxed)
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

    fn lost(&self) -> u64 {
        self.cursor.word(at::LOST).load(Relaxed)
    }
}

/// Tells the kernel of the position.
#[track_caller]
fn ask(sock: &Sock) -> i32 {
    ok("FIONREAD", sock.ioctl_int(libc::FIONREAD))
}

fn ring_says_what_it_is() {
    for (flags, pool, mtu, stride) in [
        (0, 256, 1514, 1536),
        (1, 1, 1, 64),
        (2, 7, 48, 64),
        (3, 3, 49, 128),
    ] {
        let bus = Bus::named(&format!("{pool}"));
        let port = bus.create_with(&[
            (IPN_SO_FLAGS, flags),
            (IPN_SO_MSGPOOLSIZE, pool),
            (IPN_SO_MTU, mtu),
        ]);
        let map = Map::of(&port);
        let fields: Vec<u32> = (0..8).map(|index| map.field(index)).collect();
        let pool = pool as u32;
        let lossless = (flags & IPN_FLAG_LOSSLESS) as u32;
        same(
            "magic, version, pool, slots, stride, slot 0, MTU, flags",
            fields,
            vec![
                0x49504e72,
                1,
                pool,
                pool + 1,
                stride,
                4096,
                mtu as u32,
                lossless,
            ],
        );
    }
}

fn message_lies_in_its_slot() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 2)]), bus.join());
    ok("SO_TIMESTAMP", two.set_generic(libc::SO_TIMESTAMP, 1));
    let map = Map::of(&two);
    for (number, sender) in [&one, &two, &one, &one].into_iter().enumerate() {
        let number = number as u64;
        say_number(sender, 1000 + number as u32);
        let slot = map.slot(number);
        let half = |offset: usize| map.ring.half(slot + offset).load(Relaxed);
        let port = ok("IPN_SO_PORT", sender.get(IPN_SO_PORT)) as u32;
        same("length", half(0), 4);
        same("the port that sent it", half(at::FROM), port);
        same("its bytes", half(at::DATA), 1000 + number as u32);
        same("published", map.published(), number + 1);
        same(
            "reserved",
            map.ring.word(at::RESERVED).load(Relaxed),
            number + 1,
        );
        let stamp = map.ring.word(slot + at::STAMP).load(Relaxed);
        same("it has a time", stamp != 0, number != 0);
        // From its first look on the port wants to know the time.
        let _ = two.recv(&mut [0; 4], NOW);
    }
}

fn nothing_else_is_in_the_memory() {
    let bus = Bus::new();
    let port = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 5), (IPN_SO_MTU, 1000)]);
    let map = Map::of(&port);
    (0..3).for_each(|_| say(&port, &[0xff; 1000]));
    let mut expected = vec![0_u8; map.ring.size().next_multiple_of(PAGE)];
    let fields: Vec<u8> = (0..8).flat_map(|n| map.field(n).to_ne_bytes()).collect();
    expected[..32].copy_from_slice(&fields);
    for offset in [at::RESERVED, at::PUBLISHED] {
        expected[offset] = 3;
    }
    for number in 0..3 {
        let slot = map.slot(number);
        expected[slot..slot + 2].copy_from_slice(&1000_u16.to_ne_bytes());
        expected[slot + at::DATA..][..1000].fill(0xff);
    }
    // To the end of the last page.
    let whole = Area::map(
        &port,
        expected.len(),
        libc::PROT_READ,
        libc::MAP_SHARED,
        IPN_MAP_RING,
    );
    let whole = ok("the ring to the end of its last page", whole);
    let words = expected.chunks_exact(8).enumerate();
    for (index, word) in words {
        let found = whole.word(8 * index).load(Relaxed);
        let expected = u64::from_ne_bytes(word.try_into().expect("8 bytes"));
        same(format_args!("word at {}", 8 * index), found, expected);
    }
    let cursor = (8..PAGE)
        .step_by(8)
        .map(|at| map.cursor.word(at).load(Relaxed));
    same("the rest of the cursor's page", cursor.sum::<u64>(), 0);
}

/// Rights are the file's, and have no date.
fn older_messages_can_be_read() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    (0..10).for_each(|n| say_number(&sender, n));
    let late = bus.reader();
    let map = Map::of(&late);
    same("published", map.published(), 10);
    let older: Vec<u32> = (6..10).map(|n| map.number(n)).collect();
    same("what was sent before it joined", older, vec![6, 7, 8, 9]);
    same("where it stands", map.position(), 10);
    hear_nothing(&late);
}

fn position_begins_where_the_port_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    (0..5).for_each(|n| say_number(&sender, n));
    (0..3).for_each(|n| hear_number(&port, n));
    let map = Map::of(&port);
    same("position", map.position(), 3);
    hear_number(&port, 3);
    same("position", map.position(), 4);
}

fn recv_goes_on_where_the_reader_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    let map = Map::of(&port);
    (0..8).for_each(|n| say_number(&sender, n));
    map.go_to(5);
    hear_number(&port, 5);
    map.go_to(7);
    hear_number(&port, 7);
    hear_nothing(&port);
    // What the reader took long ago is no loss.
    (8..12).for_each(|n| say_number(&sender, n));
    map.go_to(12);
    (12..20).for_each(|n| say_number(&sender, n));
    (12..20).for_each(|n| hear_number(&port, n));
    same("lost", map.lost(), 0);
}

fn reader_goes_on_where_recv_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for n in 0..6 {
        say_number(&sender, n);
        hear_number(&port, n);
        same("position", map.position(), u64::from(n) + 1);
    }
    say_number(&sender, 6);
    let peeked = port.recv(&mut [0; 4], NOW | libc::MSG_PEEK);
    same("peeked", ok("recv(MSG_PEEK)", peeked), 4);
    same("position after a peek", map.position(), 6);
}

fn poll_and_fionread_go_by_the_position() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    let readable = || ok("poll", poll(&port, libc::POLLIN, 0)) == libc::POLLIN;
    same("readable at first", readable(), false);
    say(&sender, b"four");
    say(&sender, b"fives");
    for (position, length) in [(0, 4), (1, 5), (2, 0)] {
        map.go_to(position);
        same(
            format_args!("readable at {position}"),
            readable(),
            length != 0,
        );
        same(format_args!("FIONREAD at {position}"), ask(&port), length);
    }
    say(&sender, b"x");
    same("readable again", readable(), true);
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    map.go_to(3);
    let events = ok("poll", poll(&port, libc::POLLIN, 0));
    same("at the end", events, libc::POLLIN | libc::POLLHUP);
    same(
        "recv at the end",
        ok("recv", port.recv(&mut [0; 4], NOW)),
        0,
    );
}

fn nonsense_is_put_right() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    let map = Map::of(&port);
    (0..8).for_each(|n| say_number(&sender, n));
    map.go_to(3);
    same("FIONREAD", ask(&port), 4);
    for nonsense in [0, 2, 9, 1 << 63, u64::MAX] {
        let look: [(&str, &dyn Fn()); 3] = [
            ("FIONREAD", &|| same("FIONREAD", ask(&port), 4)),
            ("poll", &|| {
                let events = ok("poll", poll(&port, libc::POLLIN, 0));
                same("poll", events, libc::POLLIN);
            }),
            ("recv", &|| {
                let peeked = port.recv(&mut [0; 4], NOW | libc::MSG_PEEK);
                same("recv", ok("recv(MSG_PEEK)", peeked), 4);
            }),
        ];
        for (what, look) in look {
            map.go_to(nonsense);
            look();
            let what = format_args!("position {nonsense} after {what}").to_string();
            same(what, map.position(), 3);
        }
    }
    (3..8).for_each(|n| hear_number(&port, n));
    same("lost", map.lost(), 0);
}

fn losses_are_told_in_the_page() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.join());
    let map = Map::of(&port);
    (0..20).for_each(|n| say_number(&sender, n));
    same("lost before it looks", map.lost(), 0);
    same("FIONREAD", ask(&port), 4);
    same("(position, lost)", (map.position(), map.lost()), (12, 12));
    // Its own are not lost, and those at its position are passed.
    (0..3).for_each(|n| say_number(&port, n));
    (20..26).for_each(|n| say_number(&sender, n));
    same("FIONREAD", ask(&port), 4);
    same("(position, lost)", (map.position(), map.lost()), (23, 20));
    map.go_to(25);
    (26..36).for_each(|n| say_number(&sender, n));
    ok("poll counts nothing", poll(&port, libc::POLLIN, 0));
    same("lost", map.lost(), 20);
    hear_number(&port, 28);
    same("lost, told after recv", map.lost(), 26);
    let meminfo = port.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
    let meminfo = ok("SO_MEMINFO", meminfo);
    same(
        "in SO_MEMINFO",
        &meminfo[meminfo.len() - 4..],
        &26_u32.to_ne_bytes()[..],
    );
}

fn losses_from_before_are_told_too() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    (0..20).for_each(|n| say_number(&sender, n));
    hear_number(&port, 12);
    same("lost", Map::of(&port).lost(), 12);
}

fn sleeping_reader_is_woken() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for round in 0..20 {
        say_number(&sender, round);
        map.go_to(map.published());
        let sleeper = port.clone();
        let asleep = Blocked::start(libc::SYS_poll, move || {
            poll(&sleeper, libc::POLLIN, soon_in_ms())
        });
        say_number(&sender, round);
        same("poll", ok("poll", asleep.wakes()), libc::POLLIN);
    }
}

/// A full network of 4 messages, and a sender that waits for room.
#[track_caller]
fn blocked_sender(sender: &Sock) -> Blocked<std::io::Result<usize>> {
    (0..4).for_each(|n| say_number(sender, n));
    let sender = sender.clone();
    let blocked = Blocked::start(libc::SYS_sendto, move || sender.send(&[4, 0, 0, 0], 0));
    blocked.stays_blocked();
    blocked
}

fn blocked_sender_asks_for_it_to_be_said() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let map = Map::of(&port);
    let waits = || map.ring.half(at::AWAITING_ROOM).load(Relaxed) != 0;
    holds("nobody waits yet", !waits());
    let blocked = blocked_sender(&sender);
    holds("somebody waits", waits());
    map.go_to(1);
    blocked.stays_blocked();
    ask(&port);
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    same("the message it waited with", map.number(4), 4);
    fails("send to a full pool", sender.send(b"x", NOW), libc::EAGAIN);
    map.go_to(5);
    (5..9).for_each(|n| say_number(&sender, n));
    same("published", map.published(), 9);
}

fn blocked_sender_finds_room_by_itself_when_it_tries() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let (writer, map) = (bus.writer(), Map::of(&port));
    ok("shutdown", sender.shutdown(libc::SHUT_RD));
    let mut published = 0;
    for step in [1, 2, 3, 4, 4, 1] {
        while writer.send(&[0; 4], NOW).is_ok() {
            published += 1;
        }
        same("full", published - map.position(), 4);
        map.go_to(map.position() + step);
    }
    same("published", map.published(), published);
}

/// A reader that spins is not woken for fear that it waits for a signal.
fn mapped_reader_that_never_looks_costs_no_wake_ups() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for n in 0..1000 {
        say_number(&sender, n);
        same("the message", map.number(u64::from(n)), n);
        map.go_to(u64::from(n) + 1);
    }
    hear_nothing(&port);
    same("lost", map.lost(), 0);
}

fn own_messages_are_passed_for_the_reader() {
    let bus = Bus::new();
    let (port, other) = (bus.create_with(&lossless(4)), bus.join());
    let map = Map::of(&port);
    // It never looks, but stands at its own: they are in nobody's way.
    for n in 0..50 {
        say_number(&port, n);
        hear_number(&other, n);
    }
    say_number(&other, 1);
    (0..3).for_each(|n| say_number(&port, n));
    (0..3).for_each(|n| hear_number(&other, n));
    fails(
        "send while it has not read",
        other.send(b"x", NOW),
        libc::EAGAIN,
    );
    // It reads the other's and never looks again at its own that follow.
    map.go_to(51);
    (0..4).for_each(|n| say_number(&other, n));
    same("where it stands", map.position(), 54);
}

fn filter_of_a_mapped_port_counts_for_recv() {
    use crate::sys::bpf;
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let map = Map::of(&port);
    let only_y: [bpf::Instruction; 4] = [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, u32::from(b'y')),
        (0x06, 0, 0, 0xffff),
        (0x06, 0, 0, 0),
    ];
    ok("SO_ATTACH_FILTER", bpf::attach(&port, &only_y));
    [b"no", b"ye", b"nn"].map(|word| say(&sender, word));
    same("nobody moves it meanwhile", map.position(), 0);
    hear(&port, b"ye");
    same("position", map.position(), 2);
    hear_nothing(&port);
    same("position", map.position(), 3);
}

fn out_of_band_messages_still_come() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.reader());
    for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
        ok("option", port.set(option, 1));
    }
    let map = Map::of(&port);
    let _another = bus.join();
    (0..9).for_each(|n| say_number(&sender, n));
    let events = ok("poll", poll(&port, libc::POLLIN | libc::POLLPRI, 0));
    same("poll", events, libc::POLLIN | libc::POLLPRI);
    same("FIONREAD tells its length", ask(&port), 16);
    same("and counts losses", (map.position(), map.lost()), (5, 5));
    let message = ok("recvmsg", port.recvmsg(64, NOW));
    holds("MSG_OOB", message.flags & libc::MSG_OOB != 0);
    same("position", map.position(), 5);
}

const MESSAGES: u32 = 10_000;

/// After the last of them.
const END: u32 = u32::MAX;

/// Writes whatever it likes into a port's page, from four threads, while others do their work.
fn scribble(bus: &Bus, line: &Line) {
    let port = bus.join();
    let map = Map::of(&port);
    line.tell(0);
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        for seed in 0..3 {
            let (map, over) = (&map, &over);
            threads.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while !over.load(Relaxed) {
                    let near = map.published().wrapping_add(random.u64(0..40));
                    let value = match random.u8(0..4) {
                        0 => random.u64(..),
                        1 => near.wrapping_sub(20),
                        2 => map.published(),
                        _ => 0,
                    };
                    let word = 8 * random.usize(0..4);
                    map.cursor.word(word).store(value, Release);
                }
            });
        }
        threads.spawn(|| {
            let mut random = fastrand::Rng::with_seed(9);
            while !over.load(Relaxed) {
                match random.u8(0..4) {
                    0 => drop(ask(&port)),
                    1 => drop(poll(&port, libc::POLLIN | libc::POLLOUT, 0)),
                    2 => drop(port.recv(&mut [0; 8], NOW)),
                    _ => drop(port.send(b"scribble", NOW)),
                }
            }
        });
        line.hear();
        over.store(true, Relaxed);
    });
}

/// Two readers, one of them mapped, get what a sender sends while a third port's owner scribbles.
fn with_a_scribbler(options: &[(i32, i32)], lossless: bool) {
    let bus = Bus::new();
    let sender = bus.create_with(options);
    ok("shutdown", sender.shutdown(libc::SHUT_RD));
    let scribbler = Process::start(|line| scribble(&bus, line));
    scribbler.line.hear();
    let readers: Vec<_> = [false, true]
        .map(|mapped| {
            let reader = bus.reader();
            ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
            if mapped {
                ok("mapping", reader.receive_by_mapping());
            }
            thread::spawn(move || read_all(&reader))
        })
        .into_iter()
        .collect();
    for n in 0..MESSAGES {
        ok("send", sender.send(&n.to_ne_bytes(), 0));
    }
    // The end, which may be lost as well.
    while !readers.iter().all(|reader| reader.is_finished()) {
        match sender.send(&END.to_ne_bytes(), NOW) {
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
            sent => same("end sent", ok("send", sent), 4),
        }
        thread::sleep(Duration::from_millis(1));
    }
    for reader in readers {
        let (got, lost, scribbles) = reader.join().expect("a reader ends well");
        let others = u64::from(got) + u64::from(lost);
        holds(
            format_args!("{got} + {lost} are {MESSAGES} and some of {scribbles} scribbles"),
            others >= u64::from(MESSAGES) && got <= MESSAGES,
        );
        if lossless {
            same("lost on a lossless network", (got, lost), (MESSAGES, 0));
        }
    }
    scribbler.line.tell(0);
    scribbler.ends_well();
    (0..4).for_each(|n| say_number(&sender, n));
}

/// Reads up to the end: how many came, were lost, and were somebody else's.
fn read_all(reader: &Sock) -> (u32, u32, u32) {
    let (mut got, mut lost, mut scribbles, mut next) = (0, 0, 0, 0);
    loop {
        let message = ok("recvmsg", reader.recvmsg(64, 0));
        lost = message.missed().max(lost);
        let Ok(bytes) = <[u8; 4]>::try_from(message.data.as_slice()) else {
            same("a scribble", message.data.as_slice(), &b"scribble"[..]);
            scribbles += 1;
            continue;
        };
        let number = u32::from_ne_bytes(bytes);
        if number == END {
            return (got, lost, scribbles);
        }
        holds(format_args!("{number} comes after {next}"), number >= next);
        next = number + 1;
        got += 1;
    }
}

fn scribbler_harms_nobody_on_a_lossy_network() {
    with_a_scribbler(&[(IPN_SO_MSGPOOLSIZE, 32)], false);
}

fn scribbler_harms_nobody_on_a_lossless_network() {
    with_a_scribbler(&lossless(32), true);
}
