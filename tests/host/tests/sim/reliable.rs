// SPDX-License-Identifier: GPL-2.0

//! A reliable bus against one that forgets nothing: what may be sent, what each port gets, and what it is told that it
//! has missed, after every step. Ports come, also with a past, send, read and go, and time passes.

use crate::{
    abi::uapi::*,
    caller::{errors::*, Answer, Socket},
    chaos,
    rust::{net::message::Got, net::socket::events, task::workers},
    seen_oracle::{NaiveReader, Sent},
};
use kernel::time::{self, MILLISECOND};
use proptest::{collection::vec, prelude::*};

/// Ports of the bus.
const PORTS: u32 = 3;

/// All messages that are left: `IPN_HISTORY_ALL`.
const ALL: i32 = i32::MAX;

#[derive(Clone, Copy, Debug)]
enum Begin {
    Now,
    Last(i32),
    /// Milliseconds.
    Since(i32),
}

/// A step. Ports are taken modulo those that there are.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A socket takes a port, which was closed before if it was held.
    Join(u32, Begin),
    Send(u32),
    /// So many messages of a port were lost before they came.
    Skip(u32, i32),
    Receive(u32),
    /// `FIONREAD`.
    Ask(u32),
    /// Milliseconds.
    Pass(u64),
}

/// A bus and what becomes of it.
#[derive(Clone, Debug)]
struct Story {
    pool: usize,
    /// Milliseconds.
    window: u64,
    evicts: bool,
    steps: Vec<Step>,
}

fn story() -> impl Strategy<Value = Story> {
    let port = || 0..PORTS;
    let begin = prop_oneof![
        3 => Just(Begin::Now),
        1 => (1..6).prop_map(Begin::Last),
        1 => Just(Begin::Last(ALL)),
        1 => (1..30).prop_map(Begin::Since),
    ];
    let step = prop_oneof![
        1 => (port(), begin).prop_map(|(port, begin)| Step::Join(port, begin)),
        12 => port().prop_map(Step::Send),
        8 => port().prop_map(Step::Receive),
        2 => port().prop_map(Step::Ask),
        3 => (0..12_u64).prop_map(Step::Pass),
        1 => (port(), 1..4).prop_map(|(port, count)| Step::Skip(port, count)),
    ];
    let window = prop_oneof![Just(0), 1..20_u64, Just(86_400_000)];
    (
        1..7_usize,
        window,
        prop::bool::weighted(0.2),
        vec(step, 1..80),
    )
        .prop_map(|(pool, window, evicts, steps)| Story {
            pool,
            window,
            evicts,
            steps,
        })
}

/// A port, and what is known of it.
struct Member {
    sock: Socket,
    holder: usize,
    naive: NaiveReader,
    /// Messages that never came, of which its next one tells.
    skipped: u64,
    /// Behind the last message before which that was told.
    told: usize,
    /// It has missed messages, and no call has said so yet.
    has_gap: bool,
    /// It was told, and whose they were comes with the next message.
    owes: bool,
    evicted: bool,
    lost: u64,
    received: u64,
    /// Where it stands among the wake-ups.
    entry: u32,
    /// It was refused, and is to hear of room.
    waits: bool,
}

struct World {
    story: Story,
    members: Vec<Member>,
    log: Vec<Sent>,
    /// When each was sent, in milliseconds.
    times: Vec<u64>,
    holders: usize,
    evicted: u64,
    _maker: Socket,
}

fn now() -> u64 {
    time::now() / MILLISECOND
}

/// What a message says: its number.
fn bytes(number: usize) -> [u8; 4] {
    (number as u32).to_ne_bytes()
}

impl World {
    fn new(story: Story) -> Self {
        let flags = IPN_FLAG_HISTORY | if story.evicts { IPN_FLAG_EVICT } else { 0 };
        let options = [
            (IPN_SO_MTU, 16),
            (IPN_SO_MSGPOOLSIZE, story.pool as i32),
            (IPN_SO_NUMNODES, PORTS as i32),
            (IPN_SO_WINDOW, story.window as i32),
            (IPN_SO_FLAGS, flags as i32),
        ];
        let mut world = Self {
            story,
            members: Vec::new(),
            log: Vec::new(),
            times: Vec::new(),
            holders: 0,
            evicted: 0,
            _maker: Socket::reliable("/net", &options),
        };
        for number in 0..PORTS {
            let member = world.join(number, Begin::Now);
            world.members.push(member);
        }
        world
    }

    fn oldest(&self) -> usize {
        self.log.len().saturating_sub(self.story.pool)
    }

    /// Whether one more may be sent: the oldest is older than the window, or all have read it but those that are overrun.
    fn may_send(&mut self) -> bool {
        let oldest = self.oldest();
        if self.log.len() < self.story.pool {
            return true;
        }
        let aged = self.times[oldest] + self.story.window <= now();
        let log = &self.log;
        let holds = |member: &mut Member| member.naive.next(log) == Some(oldest) && !member.evicted;
        let is_held = self.members.iter_mut().any(holds);
        aged || !is_held
    }

    fn join(&mut self, number: u32, begin: Begin) -> Member {
        let sock = Socket::open_reliable();
        sock.set(IPN_SO_PORT, number as i32).unwrap();
        let (oldest, end) = (self.oldest(), self.log.len());
        let start = match begin {
            Begin::Now => end,
            Begin::Last(count) => {
                sock.set(IPN_SO_HISTORY, count).unwrap();
                end.saturating_sub(count as usize).max(oldest)
            }
            Begin::Since(ms) => {
                sock.set(IPN_SO_SINCE, ms).unwrap();
                let since = now().saturating_sub(ms as u64);
                let is_new = |&number: &usize| self.times[number] >= since;
                (oldest..end).find(is_new).unwrap_or(end)
            }
        };
        sock.connect("/net").unwrap();
        self.holders += 1;
        Member {
            entry: sock.sock().join(),
            naive: NaiveReader::new((&self.log, oldest), start, self.holders, PORTS),
            sock,
            holder: self.holders,
            skipped: 0,
            told: 0,
            has_gap: false,
            owes: false,
            evicted: false,
            lost: 0,
            received: 0,
            waits: false,
        }
    }

    fn send(&mut self, from: u32) {
        let (may, number) = (self.may_send(), self.log.len());
        let member = &mut self.members[from as usize];
        let sent = member.sock.send(&bytes(number), 0);
        if !may {
            assert_eq!(sent, Err(AGAIN), "message {number}");
            member.waits = true;
            return;
        }
        assert_eq!(sent, Ok(4), "message {number}");
        member.waits = false;
        self.log.push(Sent {
            from,
            holder: member.holder,
            skipped: std::mem::take(&mut member.skipped),
        });
        self.times.push(now());
    }

    /// What a port has missed by now, as a call finds that looks for the next message.
    fn catch_up(&mut self, number: u32) {
        let oldest = self.oldest();
        let member = &mut self.members[number as usize];
        if member.evicted {
            return;
        }
        let lost = member.naive.overrun(&self.log, oldest);
        member.lost += lost;
        if lost != 0 && self.story.evicts {
            member.evicted = true;
            self.evicted += 1;
        }
        member.has_gap |= lost != 0;
    }

    /// What `recv` is to give: a message and whether it tells of gaps, the end, or an error.
    fn expected(&mut self, number: u32) -> Answer<Option<(usize, bool)>> {
        let has_gap = |member: &Member| member.has_gap && !member.evicted;
        if !has_gap(&self.members[number as usize]) {
            self.catch_up(number);
        }
        let (log, member) = (&self.log, &mut self.members[number as usize]);
        if has_gap(member) {
            (member.has_gap, member.owes) = (false, true);
            return Err(CONNRESET);
        }
        if member.evicted {
            return Ok(None);
        }
        let Some(next) = member.naive.next(log) else {
            return Err(AGAIN);
        };
        if log[next].skipped != 0 && member.told <= next {
            member.told = next + 1;
            member.naive.miss(log);
            member.lost += log[next].skipped;
            member.owes = true;
            return Err(CONNRESET);
        }
        member.naive.take(log);
        member.received += 1;
        Ok(Some((next, std::mem::take(&mut member.owes))))
    }

    fn receive(&mut self, number: u32) {
        let expected = self.expected(number);
        let member = &mut self.members[number as usize];
        let got = member.sock.receive(64, 0);
        let (told, got) = match (expected, got) {
            (Err(expected), Err(error)) => return assert_eq!(error, expected),
            (Ok(None), Ok((0, _))) => return,
            (Ok(Some((next, told))), Ok((4, got))) if got.bytes == bytes(next) => (told, got),
            (expected, got) => {
                let got = got.map(|(_, got)| got.bytes);
                panic!("port {number}: {got:?} instead of {expected:?}");
            }
        };
        let expected = match told {
            true => member.naive.take_gaps(IPN_GAPS_MAX),
            false => (Vec::new(), 0),
        };
        assert_eq!(gaps(&got), expected);
    }

    fn ask(&mut self, number: u32) {
        self.catch_up(number);
        let (log, member) = (&self.log, &mut self.members[number as usize]);
        let is_there = !member.evicted && member.naive.next(log).is_some();
        assert_eq!(member.sock.next_length(), Ok(if is_there { 4 } else { 0 }));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Join(number, begin) => {
                let at = number as usize;
                // The port is given back first.
                self.members[at].sock.close();
                self.members[at].evicted = true;
                self.members[at] = self.join(number, begin);
            }
            Step::Send(from) => self.send(from),
            Step::Skip(from, count) => {
                let member = &mut self.members[from as usize];
                member.sock.set(IPN_SO_SKIP, count).unwrap();
                member.skipped += count as u64;
            }
            Step::Receive(number) => self.receive(number),
            Step::Ask(number) => self.ask(number),
            Step::Pass(ms) => time::pass(ms * MILLISECOND),
        }
        workers::flush();
    }

    /// What `poll` says is what calls would do, and who waits for room has heard of it.
    fn check(&mut self) {
        let oldest = self.oldest();
        for number in 0..PORTS {
            // A poll finds what was missed, too; and who has caught up holds senders again.
            self.members[number as usize].sock.poll();
            self.catch_up(number);
        }
        let may = self.may_send();
        for member in &mut self.members {
            let woken = member.sock.sock().was_woken(&mut member.entry);
            member.waits &= !woken;
            assert!(!member.waits || !may, "nobody has told it of room");
            let ready = member.sock.poll();
            assert_eq!(ready & events::OUT != 0, may, "what poll says of room");
            let is_there = member.naive.next(&self.log).is_some();
            let readable = member.has_gap || member.evicted || is_there;
            assert_eq!(ready & events::IN != 0, readable, "what poll says");
        }
        if !may {
            let end = self.times[oldest] + self.story.window;
            let due = time::hrtimer::next_due().expect("somebody looks then");
            assert!(due <= end * MILLISECOND, "{due} is later than {end}");
        }
    }
}

/// Of whom messages were missed, and how many of several others.
fn gaps(got: &Got) -> (Vec<(u32, u64)>, u64) {
    let bytes = got.gaps.as_deref().unwrap_or(&[]);
    let gaps = bytes.chunks_exact(16).map(|gap| {
        let lost = u64::from_ne_bytes(gap[..8].try_into().unwrap());
        (u32::from_ne_bytes(gap[8..12].try_into().unwrap()), lost)
    });
    let (others, named): (Vec<_>, _) = gaps.partition(|gap| gap.0 == IPN_GAP_OTHERS);
    (named, others.iter().map(|gap| gap.1).sum())
}

fn run(story: &Story) {
    time::set(1_000 * MILLISECOND);
    let mut world = World::new(story.clone());
    for step in &story.steps {
        world.step(*step);
        world.check();
    }
    // In the end each learns of all.
    for number in 0..PORTS {
        for _ in 0..4 * story.pool + 4 {
            world.receive(number);
        }
        let member = &world.members[number as usize];
        let counted = crate::figures::statistics(&member.sock);
        assert_eq!(
            [counted[2], counted[4], counted[11]],
            [member.received, member.lost, world.evicted]
        );
    }
}

#[test]
fn a_reliable_bus_does_what_a_naive_one_does() {
    chaos::explore(story, run, 1);
}
