// SPDX-License-Identifier: GPL-2.0

//! The ring of bytes: what its documentation says keeps it right, each by itself.
//!
//! Rings are as small as can be, so that a few messages go around: 128 bytes have room for one message of
//! up to 16 bytes and a little more. A message fills its words with one value.

use crate::{
    byte_memory::Words,
    explore,
    ring::bytes::{
        reader::{Look, Reader},
        staged::Hole,
        writers::{Account, Refusal, Wanted, Writers},
        Ring,
    },
};
use loom::{
    sync::{Arc, Mutex},
    thread,
};

/// What a sender does with a message.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is published.
    Sent,
    /// It is given up: unclaimed, or void.
    GivenUp,
    /// It is void, as if another had come in between.
    Void,
}
use Fate::{GivenUp, Sent, Void};

struct Net {
    ring: Ring<Words>,
    writers: Mutex<Writers<Vec<Account>>>,
}

/// What the words of a message are: who sent it, how long it is; or what looks like a state.
fn value(from: u32, len: u32, forged: Option<u64>) -> u64 {
    forged.unwrap_or(u64::from(from) << 32 | u64::from(len) << 8)
}

impl Net {
    fn new(bytes: u64, ahead: u64) -> Arc<Self> {
        Self::wiping(bytes, ahead, false)
    }

    fn wiping(bytes: u64, ahead: u64, wipes: bool) -> Arc<Self> {
        Arc::new(Self {
            ring: Ring::new(Words::new(bytes), ahead),
            writers: Mutex::new(Writers::new(vec![Account::default(); 4], wipes)),
        })
    }

    /// Asks until there is room.
    fn claim<T>(
        &self,
        mut ask: impl FnMut(&mut Writers<Vec<Account>>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        loop {
            let asked = ask(&mut self.writers.lock().unwrap());
            match asked {
                Err(Refusal::Busy | Refusal::Again) => thread::yield_now(),
                end => return end,
            }
        }
    }

    fn send(&self, from: u32, len: u32, fate: Fate, forged: Option<u64>) {
        let wanted = wanted(from, len);
        let claim = self
            .claim(|writers| writers.claim(&self.ring, &wanted))
            .unwrap();
        let at = self.ring.payload(&claim);
        self.ring.memory().fill(at, len, value(from, len, forged));
        match fate {
            Sent => self.ring.publish(claim),
            Void => self.ring.void(claim),
            GivenUp => {
                let unclaimed = self.writers.lock().unwrap().unclaim(&self.ring, claim);
                if let Err(claim) = unclaimed {
                    self.ring.void(claim);
                }
            }
        }
    }

    fn hole(&self, wanted: &Wanted) -> Hole {
        self.claim(|writers| writers.claim_hole(&self.ring, wanted))
            .unwrap()
    }

    /// Writes a piece of a message; whether its hole is there.
    fn piece(&self, hole: &Hole, at: u32, len: u32, value: u64) -> bool {
        let is_there = self.writers.lock().unwrap().begin_piece(&self.ring, hole);
        if is_there {
            let place = self.ring.place(hole) + u64::from(at);
            self.ring.memory().fill(place, len, value);
            self.ring.end_piece(hole);
        }
        is_there
    }

    /// A message in two pieces; begun again once, and then lost.
    fn send_staged(&self, from: u32, tries: u32) {
        let wanted = wanted(from, 16);
        let value = value(from, 16, None);
        for _ in 0..tries {
            let hole = self.hole(&wanted);
            if !(self.piece(&hole, 0, 8, value) && self.piece(&hole, 8, 8, value)) {
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
}

fn wanted(from: u32, len: u32) -> Wanted {
    Wanted {
        len,
        from,
        stamp: u64::from(from * 1000 + len),
        slowest: None,
    }
}

/// A reader and what it has counted.
struct Port {
    reader: Reader,
    forged: Option<u64>,
    got: u64,
    lost: u64,
    /// The number of what it got last, and 1.
    last: u64,
}

impl Port {
    fn new(net: &Net, own: Option<u32>) -> Self {
        let mut writers = net.writers.lock().unwrap();
        let own = own.map(|port| (port, writers.take(port)));
        Self {
            reader: Reader::at_oldest(&writers, own),
            forged: None,
            got: 0,
            lost: 0,
            last: 0,
        }
    }

    /// One step; whether there was something.
    fn step(&mut self, net: &Net) -> bool {
        match self.reader.look(&net.ring) {
            Look::Empty => return false,
            Look::Skipped => {}
            Look::Overrun => {
                let lost = self.reader.catch_up(&net.ring);
                let held = || net.writers.lock().unwrap();
                self.lost += lost.unwrap_or_else(|| self.reader.catch_up_held(&held()));
            }
            Look::Gone(found) => {
                self.lost += u64::from(!found.is_own);
                self.reader.pass(&found);
            }
            Look::Message(found) => {
                let words: Vec<u64> = net
                    .ring
                    .memory()
                    .drain(found.at, found.len.min(64))
                    .collect();
                if net.ring.is_intact(&found) {
                    assert!(matches!(found.from, 1 | 2), "a header that is forged");
                    assert_eq!(found.stamp, u64::from(found.from * 1000 + found.len));
                    let value = value(found.from, found.len, self.forged);
                    assert!(words.iter().all(|&word| word == value), "torn {words:x?}");
                    assert!(found.number >= self.last, "twice");
                    self.last = found.number + 1;
                    self.got += u64::from(!found.is_own);
                    self.reader.pass(&found);
                }
            }
        }
        true
    }

    /// Reads all; it must come to this.
    fn settle(&mut self, net: &Net, sent: u64, own: u64) {
        while self.step(net) {}
        assert_eq!(self.reader.own_passed(), own, "own");
        assert_eq!(
            self.got + self.lost + own,
            sent,
            "got {} lost {}",
            self.got,
            self.lost
        );
        let writers = net.writers.lock().unwrap();
        assert_eq!(self.reader.number(), writers.number());
    }
}

type Plan = &'static [(u32, Fate)];

/// Two senders; a reader beside them, which is the port of one of them or of none.
fn laps((bytes, ahead, wipes): (u64, u64, bool), plan: [Plan; 2], looks: usize, own: Option<u32>) {
    let net = Net::wiping(bytes, ahead, wipes);
    let mut port = Port::new(&net, own);
    let threads: Vec<_> = (1..=2)
        .zip(plan)
        .filter(|(_, plan)| !plan.is_empty())
        .map(|(from, plan)| {
            let net = net.clone();
            thread::spawn(move || {
                for &(len, fate) in plan {
                    net.send(from, len, fate, None);
                }
            })
        })
        .collect();
    for _ in 0..looks {
        port.step(&net);
    }
    threads
        .into_iter()
        .for_each(|sender| sender.join().unwrap());
    let sent = |plan: Plan| plan.iter().filter(|(_, fate)| *fate == Sent).count() as u64;
    let own = own.map_or(0, |own| sent(plan[own as usize - 1]));
    port.settle(&net, sent(plan[0]) + sent(plan[1]), own);
}

/// Room for one message of 16 bytes and a short one.
const SMALL: (u64, u64, bool) = (128, 0, false);

#[test]
fn bytes_are_written_over_only_after_the_tail_went_past() {
    const PLAN: Plan = &[(8, Sent), (16, Sent), (8, Sent)];
    explore(2, || laps(SMALL, [PLAN, &[]], 2, None));
}

#[test]
fn bytes_are_wiped_only_after_the_tail_went_past() {
    const PLAN: Plan = &[(16, Sent), (8, Sent)];
    explore(2, || laps((128, 0, true), [PLAN, &[]], 2, None));
}

#[test]
fn a_writer_that_moves_nothing_orders_its_bytes_too() {
    explore(2, || {
        // Five messages fill it. The next one frees three of them, and the one after that writes there.
        let net = Net::new(256, 112);
        let mut port = Port::new(&net, None);
        (0..5).for_each(|_| net.send(1, 16, Sent, None));
        port.step(&net);
        let senders: Vec<_> = (1..=2)
            .map(|from| {
                let net = net.clone();
                thread::spawn(move || net.send(from, 16, Sent, None))
            })
            .collect();
        port.step(&net);
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        port.settle(&net, 7, 0);
    });
}

#[test]
fn the_tail_waits_for_a_record_that_is_written() {
    explore(2, || {
        laps(SMALL, [&[(8, Sent), (8, Sent)], &[(16, Sent)]], 1, None)
    });
}

#[test]
fn a_reader_catches_up_without_a_lock() {
    explore(2, || {
        laps(
            SMALL,
            [&[(16, Sent), (0, Sent), (16, Sent)], &[(0, Sent)]],
            2,
            None,
        )
    });
}

#[test]
fn own_messages_are_no_losses() {
    explore(2, || {
        laps(SMALL, [&[(8, Sent), (0, Sent)], &[(16, Sent)]], 2, Some(1))
    });
}

#[test]
fn messages_that_are_given_up_are_no_losses() {
    explore(2, || {
        laps(
            SMALL,
            [&[(8, Void), (16, GivenUp), (8, Sent)], &[(8, Sent)]],
            2,
            None,
        )
    });
}

#[test]
fn those_of_who_had_the_port_before_are_no_own_ones() {
    explore(2, || {
        let net = Net::new(128, 0);
        net.send(1, 8, Sent, None);
        let mut port = Port::new(&net, Some(1));
        let other = net.clone();
        let sender = thread::spawn(move || {
            other.send(1, 8, Sent, None);
            other.send(2, 16, Sent, None);
        });
        port.step(&net);
        sender.join().unwrap();
        port.settle(&net, 3, 1);
    });
}

#[test]
fn a_message_that_looks_like_a_record_is_none() {
    explore(2, || {
        let net = Net::new(128, 0);
        // As if message 4 were ready; the fourth ends where the first has these words.
        let forged = Some(4 << 3 | 1);
        let mut port = Port::new(&net, None);
        port.forged = forged;
        let other = net.clone();
        let sender = thread::spawn(move || {
            for len in [16, 16, 0, 0] {
                other.send(1, len, Sent, forged);
            }
        });
        for _ in 0..3 {
            port.step(&net);
        }
        sender.join().unwrap();
        port.settle(&net, 4, 0);
    });
}

#[test]
fn a_reader_that_sleeps_is_woken() {
    explore(3, || {
        let net = Net::new(128, 0);
        let woken = Arc::new(Mutex::new(false));
        let senders: Vec<_> = (1..=2)
            .map(|from| {
                let (net, woken) = (net.clone(), woken.clone());
                thread::spawn(move || {
                    net.send(from, 0, Sent, None);
                    if net.ring.has_sleepers() {
                        *woken.lock().unwrap() = true;
                    }
                })
            })
            .collect();
        let mut port = Port::new(&net, None);
        net.ring.sleep();
        let sleeps = !port.step(&net);
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        assert!(!sleeps || *woken.lock().unwrap(), "asleep for ever");
    });
}

#[test]
fn a_long_message_is_written_by_pieces_and_waits_for_none() {
    explore(2, || {
        let net = Net::new(256, 0);
        let mut port = Port::new(&net, None);
        let other = net.clone();
        let sender = thread::spawn(move || other.send_staged(1, 1));
        net.send(2, 16, Sent, None);
        net.send(2, 64, Sent, None);
        port.step(&net);
        net.send(2, 64, Sent, None);
        sender.join().unwrap();
        port.settle(&net, 4, 0);
    });
}

#[test]
fn a_message_whose_bytes_are_written_over_is_one_loss() {
    explore(2, || {
        let net = Net::new(256, 0);
        let mut port = Port::new(&net, None);
        net.send_staged(1, 1);
        let other = net.clone();
        let sender = thread::spawn(move || {
            other.send(2, 64, Sent, None);
            other.send(2, 8, Sent, None);
        });
        for _ in 0..3 {
            port.step(&net);
        }
        sender.join().unwrap();
        port.settle(&net, 3, 0);
    });
}

#[test]
fn a_ring_that_has_nothing_left_has_a_number() {
    explore(2, || {
        let net = Net::new(128, 16);
        let holes: Vec<_> = (0..2).map(|_| net.hole(&wanted(1, 1))).collect();
        let mut port = Port::new(&net, None);
        net.send(1, 0, Sent, None);
        let claim = net
            .claim(|writers| writers.claim(&net.ring, &wanted(1, 0)))
            .unwrap();
        // Room for what then is not sent costs all there is, but for what is then taken back.
        let referred = net.claim(|writers| writers.refer(&net.ring, &holes[0], &wanted(1, 1)));
        assert_eq!(referred, Err(Refusal::Gone));
        let other = net.clone();
        let sender = thread::spawn(move || {
            let unclaimed = other.writers.lock().unwrap().unclaim(&other.ring, claim);
            assert_eq!(unclaimed, Ok(()));
        });
        port.step(&net);
        sender.join().unwrap();
        port.settle(&net, 1, 0);
    });
}
