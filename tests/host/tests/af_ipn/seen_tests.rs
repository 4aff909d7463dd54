// SPDX-License-Identifier: GPL-2.0

//! Whose messages a reader of a reliable bus has missed: by a log that forgets nothing.

use crate::{
    abi::{
        sequence::Sequence,
        uapi::{IPN_GAPS_MAX, IPN_GAP_OTHERS},
    },
    heap::{reliable, Heap},
    ring::{
        layout::Meta,
        port::Port,
        reader::{Own, Peek, Reader},
        seen::{Heard, Seen},
        sequences::Sequences,
        tally::Tally,
        GivenUp, Ring,
    },
    seen_oracle::{NaiveReader, Sent},
};
use proptest::{collection::vec, prelude::*};

/// Ports of the bus, each of which is held.
const PORTS: u32 = 4;

/// A step. Ports are taken modulo those that there are.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A port sends a message, behind some that never came.
    Send(u32, u64),
    /// It reads what there is next for it.
    Read(u32),
    /// It is told what it has missed.
    Tell(u32),
    /// Another holds it from now on, who begins so many messages before the newest.
    Join(u32, u64),
}

fn steps(skips: u64, before: u64) -> impl Strategy<Value = Vec<Step>> {
    let port = || 0..PORTS;
    let skipped = prop_oneof![2 => Just(0), 1 => 0..=skips];
    let step = prop_oneof![
        12 => (port(), skipped).prop_map(|(port, skipped)| Step::Send(port, skipped)),
        6 => port().prop_map(Step::Read),
        2 => port().prop_map(Step::Tell),
        1 => (port(), 0..=before).prop_map(|(port, before)| Step::Join(port, before)),
    ];
    vec(step, 1..120)
}

/// A port, and what it should know.
struct Member {
    port: Port,
    own: Own,
    seen: Seen<Vec<Heard>>,
    /// The last message of its number that was another's.
    before: u64,
    holder: usize,
    naive: NaiveReader,
}

struct Bus {
    ring: Ring<Heap>,
    tally: Tally<Vec<u32>>,
    sequences: Sequences<Vec<u64>>,
    members: Vec<Member>,
    log: Vec<Sent>,
    holders: usize,
}

impl Bus {
    fn new(pool: u32) -> Self {
        let numbers = || vec![0; PORTS as usize];
        let mut bus = Self {
            ring: reliable(pool),
            tally: Tally::new(vec![0; PORTS as usize]),
            sequences: Sequences::new(numbers(), numbers()),
            members: Vec::new(),
            log: Vec::new(),
            holders: 0,
        };
        for number in 0..PORTS {
            let member = bus.member(number, 0);
            bus.members.push(member);
        }
        bus
    }

    /// Who takes port `number` now, as `membership::take_port` does it.
    fn member(&mut self, number: u32, before: u64) -> Member {
        let (oldest, published) = (self.ring.oldest(), self.ring.published());
        let start = published.saturating_sub(before).max(oldest);
        let port = Port::new();
        port.cursor.start(start);
        let seen = Seen::new((0..PORTS).map(|_| Heard::new()).collect());
        seen.begin(&self.sequences, start != published);
        self.holders += 1;
        let log = (&self.log[..], oldest as usize);
        Member {
            port,
            own: Own::new(Some(number), published),
            seen,
            before: self.sequences.of(number).0,
            holder: self.holders,
            naive: NaiveReader::new(log, start as usize, self.holders, PORTS),
        }
    }

    fn send(&mut self, from: u32, skipped: u64) {
        let member = &self.members[from as usize];
        let oldest = self.ring.oldest();
        let claim = (self.ring).reserve(0, u64::MAX, |gone| match gone {
            GivenUp::Message(from) => self.tally.remove(from),
            void => panic!("{void:?}: nothing fails here"),
        });
        for number in oldest..self.ring.oldest() {
            let (from, sequence) = self.ring.gone(number);
            self.sequences.pass(from, sequence);
        }
        self.tally.add(from);
        member.port.count_sent(0);
        let sequence = Sequence {
            sequence: self.sequences.next(from, skipped),
            skipped,
            ..Sequence::default()
        };
        self.ring.note_sequence(claim, sequence);
        let meta = Meta {
            from,
            ..Meta::default()
        };
        self.ring.publish(claim, meta);
        Reader::new(&self.ring, &member.port, member.own).skip_sent(claim.number);
        self.log.push(Sent {
            from,
            holder: member.holder,
            skipped,
        });
    }

    /// Reads, as `Seat` and `Reading` do it.
    fn read(&mut self, number: u32) {
        let member = &mut self.members[number as usize];
        let reader = Reader::new(&self.ring, &member.port, member.own);
        let oldest = self.ring.oldest() as usize;
        let expected_lost = member.naive.overrun(&self.log, oldest);
        let mut lost = 0;
        let found = loop {
            match reader.peek() {
                Peek::Empty => break None,
                Peek::Overrun => {
                    lost = reader.catch_up(&self.tally);
                    if lost != 0 {
                        let own = (number, member.before);
                        lost = member.seen.catch_up(&self.sequences, lost, own);
                    }
                }
                Peek::Own(number) => drop(reader.skip_own(number)),
                Peek::Gone(number) => panic!("message {number} is in no parts"),
                Peek::Message { at, meta } => {
                    let Sequence {
                        sequence, skipped, ..
                    } = self.ring.sequence_of(at);
                    if skipped != 0 {
                        member.seen.miss(meta.from, sequence - 1, skipped);
                    }
                    member.seen.hear(meta.from, sequence);
                    assert!(reader.consume(at.number));
                    break Some((at.number as usize, skipped));
                }
            }
        };
        assert_eq!(lost, expected_lost);
        let next = member.naive.next(&self.log);
        assert_eq!(found, next.map(|number| (number, self.log[number].skipped)));
        if next.is_some() {
            member.naive.miss(&self.log);
            member.naive.take(&self.log);
        }
    }

    fn tell(&mut self, number: u32) {
        let member = &mut self.members[number as usize];
        let (mut told, mut others) = (Vec::new(), 0);
        member.seen.take_gaps(|gap| match gap.port {
            IPN_GAP_OTHERS => others += gap.lost,
            port => told.push((port, gap.lost)),
        });
        let expected = member.naive.take_gaps(IPN_GAPS_MAX);
        assert_eq!((told, others), expected, "each once, and of whom");
    }
}

fn run(pool: u32, steps: Vec<Step>) {
    let mut bus = Bus::new(pool);
    for step in steps {
        match step {
            Step::Send(from, skipped) => bus.send(from, skipped),
            Step::Read(number) => bus.read(number),
            Step::Tell(number) => bus.tell(number),
            Step::Join(number, before) => {
                bus.members[number as usize] = bus.member(number, before);
            }
        }
    }
    // In the end each learns of all.
    for number in 0..PORTS {
        let end = bus.log.len();
        for _ in 0..end {
            bus.read(number);
        }
        bus.tell(number);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_reader_learns_what_it_missed_and_of_whom(pool in 1..9_u32, steps in steps(5, 0)) {
        run(pool, steps);
    }

    #[test]
    fn one_that_began_before_it_came_too(pool in 1..9_u32, steps in steps(0, 9)) {
        run(pool, steps);
    }
}

#[test]
fn of_more_than_can_be_told_by_name_the_rest_is_others() {
    const MANY: u32 = IPN_GAPS_MAX as u32 + 3;
    let seen = Seen::new((0..MANY).map(|_| Heard::new()).collect::<Vec<_>>());
    for port in 0..MANY {
        seen.miss(port, 7, u64::from(port) + 1);
    }
    seen.miss(MANY, 7, 100);
    let mut gaps = Vec::new();
    seen.take_gaps(|gap| gaps.push((gap.port, gap.lost)));
    let named = (0..MANY).map(|port| (port, u64::from(port) + 1));
    let rest = named.clone().skip(IPN_GAPS_MAX).map(|gap| gap.1);
    let others = (IPN_GAP_OTHERS, 100 + rest.sum::<u64>());
    let expected: Vec<_> = named.take(IPN_GAPS_MAX).chain([others]).collect();
    assert_eq!(gaps, expected);
    seen.take_gaps(|gap| panic!("{gap:?}: each once"));
}

#[test]
fn what_is_heard_late_takes_nothing_back() {
    let seen = Seen::new(vec![Heard::new()]);
    let mut sequences = Sequences::new(vec![0], vec![0]);
    for sequence in 1..10 {
        assert_eq!(sequences.next(0, 0), sequence);
    }
    seen.hear(0, 5);
    seen.hear(0, 3);
    seen.hear(9, 3);
    sequences.pass(0, 7);
    assert_eq!(seen.catch_up(&sequences, 2, (9, 0)), 2);
    let mut gaps = Vec::new();
    seen.take_gaps(|gap| gaps.push((gap.port, gap.lost)));
    assert_eq!(gaps, [(0, 2)]);
}
