// SPDX-License-Identifier: GPL-2.0

//! Processors with caches, event by event.
//!
//! What is assumed: a processor that has a line already takes a step for it. One that has not waits until it has come
//! ([`Order`] says when), and no two get one for themselves at the same time. To write one it must have it for itself, so that those who have
//! read it lose it. The processors are in sockets of 32, which are filled one after the other. A lock is
//! handed over in the order in which they came, and the first of those who wait looks at it meanwhile.

use crate::{trace::Trace, words::Access};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

/// Processors of a socket.
const SOCKET: usize = 32;
/// What an access takes whose line is there, with the instructions around it, in picoseconds.
pub(crate) const STEP: u64 = 2_000;
/// What a line takes within a socket: 47 to 51 ns on three Xeons, 23 or 107 on an EPYC
/// (github.com/nviennot/core-to-core-latency).
const NEAR: u64 = 50_000;
/// What it takes from one socket to another: 108 to 136 ns on those, and 197.
const FAR: u64 = 130_000;

/// How a processor gets the lines that it lacks. What processors do is between these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// One by one: it waits for each, and has one that it has read come again to write it.
    OneByOne,
    /// All at once, as far as no lock is in between: it goes on while they come, and has a line that it is to write
    /// come for that at once.
    AtOnce,
}

/// Sends of each processor.
const SENDS: usize = 400;

/// A cache line: who has it.
#[derive(Default)]
struct Line {
    holders: u64,
    /// Until when it is on its way to one that writes it.
    busy: u64,
}

#[derive(Default)]
struct Lock {
    held: bool,
    waiting: VecDeque<usize>,
}

#[derive(Default)]
struct Caches {
    lines: HashMap<u64, Line>,
    locks: HashMap<u64, Lock>,
}

impl Caches {
    /// When an access ends that begins now.
    fn access(&mut self, processor: usize, number: u64, writes: bool, now: u64) -> u64 {
        let line = self.lines.entry(number).or_default();
        let own = 1 << processor;
        let others = line.holders & !own;
        let is_there = if writes {
            others == 0
        } else {
            line.holders & own != 0 || others == 0
        };
        let mut end = now;
        if !is_there {
            let socket = ((1_u64 << SOCKET) - 1) << (processor / SOCKET * SOCKET);
            // All must have lost it who had it; who reads gets it from the nearest.
            let near = if writes {
                others & !socket == 0
            } else {
                others & socket != 0
            };
            end = now.max(line.busy) + if near { NEAR } else { FAR };
            if writes {
                line.busy = end;
            }
        }
        line.holders = own | if writes { 0 } else { line.holders };
        end + STEP
    }

    /// When a processor has the lock; none, if it waits for it.
    fn lock(&mut self, processor: usize, line: u64, now: u64) -> Option<u64> {
        let lock = self.locks.entry(line).or_default();
        if !lock.held {
            lock.held = true;
            return Some(self.access(processor, line, true, now));
        }
        lock.waiting.push_back(processor);
        if lock.waiting.len() == 1 {
            self.access(processor, line, false, now);
        }
        None
    }

    /// When a processor has let the lock go, and when another has it, and which.
    fn unlock(&mut self, processor: usize, line: u64, now: u64) -> (u64, Option<(u64, usize)>) {
        let end = self.access(processor, line, true, now);
        let lock = self.locks.entry(line).or_default();
        let next = lock.waiting.pop_front();
        let after = lock.waiting.front().copied();
        lock.held = next.is_some();
        let Some(next) = next else {
            return (end, None);
        };
        // It sees that the lock is free, and takes it.
        let seen = self.access(next, line, false, end);
        let taken = self.access(next, line, true, seen);
        if let Some(after) = after {
            self.access(after, line, false, taken);
        }
        (end, Some((taken, next)))
    }
}

/// A processor: where it is, and when.
#[derive(Clone, Copy, Default)]
struct Processor {
    send: usize,
    step: usize,
    /// When all lines have come that are on their way to it.
    all: u64,
}

/// How many sends these processors do in a second, each of which does what these sends did, one after the other and over
/// and over, with so many picoseconds beside each that it needs no other for.
pub(crate) fn rate(senders: &[Vec<Trace>], beside: u64, order: Order) -> f64 {
    let mut caches = Caches::default();
    let mut processors = vec![Processor::default(); senders.len()];
    let begins = (0..senders.len()).map(|at| Reverse((at as u64 * STEP, at)));
    let mut events: BinaryHeap<_> = begins.collect();
    let all = SENDS * senders.len();
    let (mut sent, mut first) = (0, 0);
    while let Some(Reverse((now, number))) = events.pop() {
        let processor = &mut processors[number];
        let sends = &senders[number];
        let send = &sends[processor.send % sends.len()];
        let access = send.get(processor.step).copied();
        if now < processor.all && !matches!(access, Some(Access::Read(_) | Access::Write(_))) {
            // Here nothing is left behind.
            events.push(Reverse((processor.all, number)));
            continue;
        }
        let Some(access) = access else {
            sent += 1;
            if sent == all / 4 {
                first = now;
            }
            if sent == all {
                let seconds = (now - first) as f64 / 1e12;
                return (all - all / 4) as f64 / seconds;
            }
            *processor = Processor {
                send: processor.send + 1,
                ..Processor::default()
            };
            events.push(Reverse((now + beside, number)));
            continue;
        };
        let rest = send.get(processor.step..).unwrap_or_default();
        processor.step += 1;
        let next = match access {
            Access::Read(line) | Access::Write(line) => {
                let at_once = order == Order::AtOnce;
                let writes = access == Access::Write(line)
                    || (at_once && rest.contains(&Access::Write(line)));
                let end = caches.access(number, line, writes, now);
                processor.all = processor.all.max(end);
                if at_once {
                    now + STEP
                } else {
                    end
                }
            }
            Access::Lock(line) => match caches.lock(number, line, now) {
                Some(end) => end,
                None => continue,
            },
            Access::Unlock(line) => {
                let (end, other) = caches.unlock(number, line, now);
                events.extend(other.map(Reverse));
                end
            }
        };
        events.push(Reverse((next, number)));
    }
    0.0
}
