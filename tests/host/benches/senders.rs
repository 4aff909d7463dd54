// SPDX-License-Identifier: GPL-2.0

//! What two senders on one ring reach of what one does, on the host, with the rings' own code:
//!
//!     cargo bench --bench senders
//!
//! A send is a system call that does nothing and some turns of dependent work, for what else the kernel
//! does, and then a message into the ring: of bytes, copied beside the lock; of slots, copied under it.
//! The lock is a word that both turn on. Each figure is the median of pairs of runs, and stands beside
//! what two rings reach at the same time, and beside what it costs to move a cache line from one
//! processor to the other, which bounds all of it.

#[allow(dead_code, reason = "a part of the rings")]
#[path = "../../../src"]
mod src {
    pub(crate) mod abi {
        pub(crate) mod cache_line;
    }
    pub(crate) mod ring;
}
use src::{abi, ring};

#[allow(dead_code, reason = "a part of them")]
#[path = "../platform"]
mod rust {
    pub(crate) mod glue {
        pub(crate) mod cursor_page;
    }
    pub(crate) mod mm {
        pub(crate) mod shared_memory;
    }
    pub(crate) mod sync {
        pub(crate) mod atomic;
        #[path = "../../../../rust/sync/set_once.rs"]
        pub(crate) mod set_once;
    }
}

/// The base of `rust::sync::atomic`.
mod words {
    pub(crate) use std::sync::atomic::*;
}

use ring::bytes::{
    self,
    layout::{ahead, Memory},
    writers::{Account, Wanted, Writers},
};
use std::{
    cell::UnsafeCell,
    hint::spin_loop,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering::*},
        Barrier,
    },
    thread,
    time::{Duration, Instant},
};

/// Bytes of a ring.
const BYTES: u64 = 128 << 10;

/// A line of its own.
#[repr(align(64))]
struct Line<T>(T);

/// A lock that is turned on, as the kernel's is for so short a time.
struct Spin<T> {
    held: Line<AtomicBool>,
    data: UnsafeCell<T>,
}

// SAFETY: One thread at a time has the data.
unsafe impl<T: Send> Sync for Spin<T> {}

impl<T> Spin<T> {
    fn new(data: T) -> Self {
        Self {
            held: Line(AtomicBool::new(false)),
            data: UnsafeCell::new(data),
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        while self.held.0.load(Relaxed) || self.held.0.swap(true, Acquire) {
            spin_loop();
        }
        // SAFETY: The lock is held.
        let done = act(unsafe { &mut *self.data.get() });
        self.held.0.store(false, Release);
        done
    }
}

/// Copies as the kernel does where the processor is good at it.
fn copy(to: *mut u8, from: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: The caller has claimed as many bytes; no Rust reference is there.
    unsafe {
        std::arch::asm!("rep movsb", inout("rdi") to => _, inout("rsi") from.as_ptr() => _,
            inout("rcx") from.len() => _, options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: As above.
    unsafe {
        to.copy_from_nonoverlapping(from.as_ptr(), from.len())
    };
}

/// Something to send to.
trait Bus: Sync {
    fn send(&self, from: u32, message: &[u8]);
}

/// The ring of bytes.
struct OfBytes {
    ring: bytes::Ring<Plain>,
    writers: Spin<Writers<Vec<Account>>>,
}

struct Plain {
    positions: bytes::layout::Positions,
    notices: bytes::layout::Notices,
    words: Vec<rust::sync::atomic::AtomicU64>,
}

impl Memory for Plain {
    fn bytes(&self) -> u64 {
        BYTES
    }

    fn positions(&self) -> &bytes::layout::Positions {
        &self.positions
    }

    fn notices(&self) -> &bytes::layout::Notices {
        &self.notices
    }

    fn word(&self, at: u64) -> &rust::sync::atomic::AtomicU64 {
        &self.words[at as usize / 8]
    }

    fn clear(&self, at: u64, len: u64) {
        let begin = self.words.as_ptr().cast::<u8>().cast_mut();
        // SAFETY: It lies in the memory, where only words and copies are.
        unsafe { begin.add(at as usize).write_bytes(0, len as usize) }
    }
}

impl OfBytes {
    fn new(wipes: bool) -> Self {
        let word = |_| rust::sync::atomic::AtomicU64::new(0);
        let memory = Plain {
            positions: bytes::layout::Positions::new(),
            notices: bytes::layout::Notices::new(),
            words: (0..BYTES / 8).map(word).collect(),
        };
        Self {
            ring: bytes::Ring::new(memory, ahead(BYTES)),
            writers: Spin::new(Writers::new(vec![Account::default(); 4], wipes)),
        }
    }
}

impl Bus for OfBytes {
    fn send(&self, from: u32, message: &[u8]) {
        let wanted = Wanted {
            len: message.len() as u32,
            from,
            ..Wanted::default()
        };
        let claim = loop {
            match self
                .writers
                .with(|writers| writers.claim(&self.ring, &wanted))
            {
                Ok(claim) => break claim,
                Err(_) => spin_loop(),
            }
        };
        let words = self.ring.memory().words.as_ptr();
        let at = self.ring.payload(&claim) as usize;
        copy(words.cast::<u8>().cast_mut().wrapping_add(at), message);
        self.ring.publish(claim);
        std::hint::black_box(self.ring.has_sleepers());
    }
}

/// The ring of slots.
struct OfSlots {
    ring: Spin<(ring::Ring<Slots>, ring::tally::Tally<Vec<u32>>)>,
}

struct Slots {
    positions: ring::layout::Positions,
    notices: ring::layout::Notices,
    bytes: Vec<u64>,
    stride: usize,
}

impl ring::layout::Memory for Slots {
    fn positions(&self) -> &ring::layout::Positions {
        &self.positions
    }

    fn notices(&self) -> &ring::layout::Notices {
        &self.notices
    }

    fn header(&self, index: u32) -> &ring::layout::Header {
        // SAFETY: A slot begins with its header, of atomics and aligned; nothing else is there.
        unsafe { &*self.slot(index).cast::<ring::layout::Header>() }
    }
}

impl Slots {
    fn slot(&self, index: u32) -> *mut u8 {
        let bytes = self.bytes.as_ptr().cast::<u8>().cast_mut();
        bytes.wrapping_add(bytes.align_offset(64) + index as usize * self.stride)
    }
}

impl OfSlots {
    fn new() -> Self {
        let (pool, stride) = (256, (1514 + 16_usize).next_multiple_of(64));
        let slots = Slots {
            positions: ring::layout::Positions::new(),
            notices: ring::layout::Notices::new(),
            bytes: vec![0; (pool as usize + 1) * stride / 8],
            stride,
        };
        Self {
            ring: Spin::new((
                ring::Ring::new(slots, pool),
                ring::tally::Tally::new(vec![0; 16]),
            )),
        }
    }
}

impl Bus for OfSlots {
    fn send(&self, from: u32, message: &[u8]) {
        self.ring.with(|(ring, tally)| {
            let claim = ring.reserve();
            tally.replace(ring.overwritten(claim), from);
            copy(ring.memory().slot(claim.slot).wrapping_add(16), message);
            let meta = ring::layout::Meta {
                len: message.len() as u32,
                from,
                stamp: 0,
            };
            ring.publish(claim, meta);
            rust::sync::atomic::full_barrier();
        });
    }
}

/// What else a send is: a system call, and work.
fn call(seed: u64) -> u64 {
    // SAFETY: It has no arguments.
    let mut word = seed ^ unsafe { libc::getppid() } as u64;
    for _ in 0..60 {
        word = word.wrapping_mul(0x5851f42d4c957f2d) ^ (word >> 7);
    }
    word
}

fn pin(processor: usize) {
    // SAFETY: The set is as long as it is said to be, and zeroes are an empty one.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, std::mem::size_of_val(&set), &set);
    }
}

/// Sends a second that so many threads do, each on the bus of its number.
fn rate(buses: &[&dyn Bus], len: usize, time: Duration) -> f64 {
    let start = Barrier::new(buses.len());
    let rates = thread::scope(|threads| {
        let senders: Vec<_> = (0..buses.len())
            .map(|number| {
                let (start, bus) = (&start, buses[number]);
                threads.spawn(move || {
                    pin(number);
                    let message = vec![number as u8; len];
                    let mut word = 1;
                    start.wait();
                    let (begin, mut sent) = (Instant::now(), 0_u64);
                    while begin.elapsed() < time {
                        for _ in 0..64 {
                            word = call(word);
                            bus.send(number as u32, &message);
                        }
                        sent += 64;
                    }
                    std::hint::black_box(word);
                    sent as f64 / begin.elapsed().as_secs_f64()
                })
            })
            .collect();
        let rates = senders.into_iter().map(|sender| sender.join().unwrap());
        rates.sum::<f64>()
    });
    rates
}

/// Nanoseconds that a cache line takes from one processor to the other.
fn transfer() -> f64 {
    const TURNS: u64 = 100_000;
    let line = Line(AtomicU64::new(0));
    let begin = Instant::now();
    thread::scope(|threads| {
        for parity in 0..2 {
            let line = &line;
            threads.spawn(move || {
                pin(parity as usize);
                for turn in 0..TURNS {
                    let expected = turn * 2 + parity;
                    while line.0.load(Acquire) != expected {
                        spin_loop();
                    }
                    line.0.store(expected + 1, Release);
                }
            });
        }
    });
    begin.elapsed().as_nanos() as f64 / (2 * TURNS) as f64
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn measure(name: &str, make: impl Fn() -> Box<dyn Bus>) {
    let time = Duration::from_millis(60);
    for len in [60, 1500] {
        let mut rows = Vec::new();
        for _ in 0..15 {
            let before = transfer();
            let (bus, first, second) = (make(), make(), make());
            let one = rate(&[&*bus], len, time);
            let shared = rate(&[&*bus, &*bus], len, time);
            let apart = rate(&[&*first, &*second], len, time);
            let line = (before + transfer()) / 2.0;
            rows.push([1e9 / one, shared / one, apart / one, shared / apart, line]);
        }
        let column = |index: usize| median(rows.iter().map(|row| row[index]).collect());
        println!(
            "{name:8} {len:5} B   one {:6.0} ns   two {:.2}   on two rings {:.2}   of those {:.2}   a line {:4.0} ns",
            column(0), column(1), column(2), column(3), column(4)
        );
    }
}

fn main() {
    for _ in 0..2 {
        measure("bytes", || Box::new(OfBytes::new(false)));
        measure("wiped", || Box::new(OfBytes::new(true)));
        measure("slots", || Box::new(OfSlots::new()));
    }
}
