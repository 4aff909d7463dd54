// SPDX-License-Identifier: GPL-2.0

//! The ring of bytes under threads that really run at once: two ports that send and receive, one that
//! only receives; in the end each accounts for every message.

use crate::{
    byte_memory::Words,
    ring::bytes::{
        layout::ahead,
        reader::{Look, Reader},
        writers::{Account, Refusal, Wanted, Writers},
        Ring,
    },
};
use std::{
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        Barrier, Mutex,
    },
    thread,
};

/// Messages that each of two ports sends.
const MESSAGES: u64 = 60_000;

/// The longest piece of a staged message.
const PIECE: u32 = 256;

struct Net {
    ring: Ring<Words>,
    writers: Mutex<Writers<Vec<Account>>>,
    /// Messages that came to be, of each port.
    sent: [AtomicU64; 3],
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

#[derive(Default, Debug)]
struct Count {
    got: u64,
    own: u64,
    lost: u64,
    overruns: u64,
}

impl Net {
    /// Asks until there is room.
    fn claim<T>(
        &self,
        mut ask: impl FnMut(&mut Writers<Vec<Account>>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        loop {
            // Let go of the lock in between.
            let asked = ask(&mut self.writers.lock().unwrap());
            match asked {
                Err(Refusal::Busy) => thread::yield_now(),
                Err(Refusal::Again) => {}
                end => return end,
            }
        }
    }

    fn send(&self, from: u32, dice: &mut Dice) {
        let longest = self.ring.longest();
        let len = match dice.below(16) {
            0 => 0,
            1 => dice.below(longest + 1),
            _ => dice.below(100),
        };
        let value = (u64::from(len) << 3) | 1;
        let wanted = Wanted {
            len,
            from,
            stamp: u64::from(len) * 3 + u64::from(from),
            slowest: None,
        };
        if len > PIECE {
            self.send_staged(wanted, value);
            self.sent[from as usize].fetch_add(1, Relaxed);
            return;
        }
        let claim = self
            .claim(|writers| writers.claim(&self.ring, &wanted))
            .unwrap();
        let at = self.ring.payload(&claim);
        self.ring.memory().fill(at, len, value);
        if dice.below(64) == 0 {
            // Others come in between.
            thread::yield_now();
        }
        let fate = dice.below(8);
        if fate == 0 {
            return self.ring.void(claim);
        }
        if fate == 1 {
            // It could not be read after all.
            let unclaimed = self.writers.lock().unwrap().unclaim(&self.ring, claim);
            if let Err(claim) = unclaimed {
                self.ring.void(claim);
            }
            return;
        }
        self.ring.publish(claim);
        self.sent[from as usize].fetch_add(1, Relaxed);
    }

    fn send_staged(&self, wanted: Wanted, value: u64) {
        for _ in 0..3 {
            let hole = self
                .claim(|writers| writers.claim_hole(&self.ring, &wanted))
                .unwrap();
            let (place, mut at) = (self.ring.place(&hole), 0);
            while at < wanted.len && self.writers.lock().unwrap().begin_piece(&self.ring, &hole) {
                let len = PIECE.min(wanted.len - at);
                self.ring.memory().fill(place + u64::from(at), len, value);
                self.ring.end_piece(&hole);
                at += len;
            }
            if at < wanted.len {
                continue;
            }
            match self.claim(|writers| writers.refer(&self.ring, &hole, &wanted)) {
                Err(Refusal::Gone) => {}
                end => return end.unwrap(),
            }
        }
        let nothing = |writers: &mut Writers<_>| writers.refer_to_nothing(&self.ring, &wanted);
        self.claim(nothing).unwrap();
    }

    /// One step of a reader; whether there was something.
    fn read(&self, reader: &mut Reader, count: &mut Count) -> bool {
        match reader.look(&self.ring) {
            Look::Empty => return false,
            Look::Skipped => {}
            Look::Overrun => {
                let lost = reader.catch_up(&self.ring);
                let held = || self.writers.lock().unwrap();
                count.lost += lost.unwrap_or_else(|| reader.catch_up_held(&held()));
                count.overruns += 1;
            }
            Look::Gone(found) => {
                count.lost += u64::from(!found.is_own);
                reader.pass(&found);
            }
            Look::Message(found) => {
                let value = (u64::from(found.len) << 3) | 1;
                let mut words = self.ring.memory().drain(found.at, found.len);
                let is_whole = words.all(|word| word == value);
                if self.ring.is_intact(&found) {
                    assert!(is_whole, "torn");
                    let stamp = u64::from(found.len) * 3 + u64::from(found.from);
                    assert_eq!(found.stamp, stamp);
                    count.got += u64::from(!found.is_own);
                    reader.pass(&found);
                }
            }
        }
        true
    }
}

fn run(bytes: u64, ahead: u64, wipes: bool) {
    let net = Net {
        ring: Ring::new(Words::new(bytes), ahead),
        writers: Mutex::new(Writers::new(vec![Account::default(); 3], wipes)),
        sent: Default::default(),
    };
    let (done, start) = (AtomicU64::new(0), Barrier::new(3));
    let counts: Vec<Count> = thread::scope(|threads| {
        let ports: Vec<_> = (0..3)
            .map(|port| {
                let (net, done, start) = (&net, &done, &start);
                threads.spawn(move || {
                    let mut dice = Dice(u64::from(port) + bytes + ahead);
                    let mut count = Count::default();
                    let own = (port != 2).then_some((port, 0));
                    // Before anything is sent.
                    let mut reader = Reader::at_oldest(&net.writers.lock().unwrap(), own);
                    start.wait();
                    for _ in 0..MESSAGES * u64::from(port != 2) {
                        net.send(port, &mut dice);
                        if dice.below(3) == 0 {
                            net.read(&mut reader, &mut count);
                        }
                    }
                    done.fetch_add(1, std::sync::atomic::Ordering::Release);
                    let is_over = || done.load(std::sync::atomic::Ordering::Acquire) == 3;
                    loop {
                        let over = is_over();
                        if !net.read(&mut reader, &mut count) {
                            if over {
                                count.own = reader.own_passed();
                                return count;
                            }
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        ports.into_iter().map(|port| port.join().unwrap()).collect()
    });
    let sent = net.sent.each_ref().map(|sent| sent.load(Relaxed));
    for (port, count) in counts.iter().enumerate() {
        assert_eq!(
            count.got + count.lost + count.own,
            sent.iter().sum(),
            "{count:?}"
        );
        assert_eq!(count.own, sent[port] * u64::from(port != 2));
        assert!(count.overruns != 0, "{count:?}");
    }
}

#[test]
fn every_port_accounts_for_every_message() {
    for bytes in [2048, 16384] {
        for ahead in [0, ahead(bytes), bytes / 16] {
            run(bytes, ahead, ahead == 0);
        }
    }
}
