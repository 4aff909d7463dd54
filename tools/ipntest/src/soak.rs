// SPDX-License-Identifier: GPL-2.0
//! `ipntest soak`: networks of random shape, with streams, visitors who come and go or are killed,
//! taps, devices that vanish, and modules that are reloaded. Each network's accounts must balance:
//! what was sent is what each port received and missed, in order and unharmed.

use crate::abi::*;
use crate::device::lab::{counters, grab, ip, own_network, tap_up, try_ip, veth};
use crate::ktap::remark;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{self, Case};
use crate::lab::task::{wait_until, Line, Process};
use crate::switch::lab::{is_loaded, load, load_switch, Lab, BROADCAST, FILE};
use crate::sys::socket::{socket, Sock};
use crate::sys::{module, poll::poll};
use fastrand::Rng;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long, and from which seed.
static TASK: OnceLock<(u64, u64)> = OnceLock::new();

/// Networks at a time.
const ARENAS: u64 = 3;

/// A message's head: an Ethernet header, the sender and the message's number.
const HEAD: usize = 14 + 8;

/// What the soak did.
#[derive(Default)]
struct Tally([u64; 6]);

/// What the numbers of a [`Tally`] are.
const TALLIED: [&str; 6] = [
    "networks",
    "messages sent",
    "received",
    "missed by lossy ports",
    "visitors killed",
    "frames at taps",
];

impl Tally {
    fn add(&mut self, other: &Tally) {
        for (sum, number) in self.0.iter_mut().zip(other.0) {
            *sum += number;
        }
    }

    fn text(&self) -> String {
        let parts = self.0.iter().zip(TALLIED);
        let parts: Vec<String> = parts
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        parts.join(", ")
    }
}

/// Soaks for so many seconds; true when every account balanced.
pub fn run(seconds: u64, seed: u64) -> io::Result<bool> {
    let _ = TASK.set((seconds, seed));
    remark(format_args!("soak of {seconds} s from seed {seed}"));
    runner::run(&[&Case {
        name: "soak.accounts_balance_whatever_comes_and_goes",
        run: soak,
        limit: seconds + 120,
    }])
}

fn soak() {
    let &(seconds, seed) = TASK.get().expect("the task is set");
    let mut rng = Rng::with_seed(seed);
    let (start, mut told) = (Instant::now(), 0);
    let (mut rounds, mut reloads, mut total) = (0_u64, 0_u64, Tally::default());
    while start.elapsed() < Duration::from_secs(seconds) {
        load_switch();
        total.add(&round(rng.u64(..)));
        rounds += 1;
        if rng.u8(0..3) == 0 {
            reload();
            reloads += 1;
        }
        let tens = start.elapsed().as_secs() / 10;
        if tens > told {
            told = tens;
            let now = start.elapsed().as_secs();
            remark(format_args!("{now} s: {rounds} rounds, {}", total.text()));
        }
    }
    remark(format_args!(
        "in all: {rounds} rounds, {reloads} reloads of the modules, {}",
        total.text()
    ));
}

/// Some networks side by side, each in a process.
fn round(seed: u64) -> Tally {
    let mut tally = Tally::default();
    let arenas: Vec<Process> = (0..ARENAS)
        .map(|number| Process::start(|line| arena(seed.wrapping_add(number), line)))
        .collect();
    for arena in arenas {
        let numbers = [(); TALLIED.len()].map(|()| arena.line.hear());
        tally.add(&Tally(numbers));
        arena.ends_well();
    }
    tally
}

/// Unloads the modules and loads them again.
fn reload() {
    for name in [c"kvde_switch", c"af_ipn"] {
        // A device that has just gone is let go by delayed work.
        wait_until("the module can be unloaded", || {
            module::unload(name).is_ok()
        });
    }
    load("/lib/modules/af_ipn.ko", c"");
    load(FILE, c"");
    holds("the switch is loaded", is_loaded("kvde_switch"));
}

/// One network from its beginning to its end.
fn arena(seed: u64, line: &Line) {
    let mut rng = Rng::with_seed(seed);
    own_network();
    let lossless = rng.bool();
    let pool = [1, 2, 7, 64, 256][rng.usize(0..5)];
    let protocol = [IPN_BROADCAST, IPN_VDESWITCH][rng.usize(0..2)];
    let flags = if lossless { IPN_FLAG_LOSSLESS } else { 0 };
    let name = format!("{seed:x}");
    let options = [(IPN_SO_FLAGS, flags), (IPN_SO_MSGPOOLSIZE, pool)];
    let lab = Lab::named(&name, protocol, &options);

    let tap_manager = (rng.u8(0..2) == 0).then(|| manage(&lab.bus));
    if let Some(manager) = &tap_manager {
        tap_up(manager, "ipn0");
    }
    let grabber = (rng.u8(0..3) == 0).then(|| manage(&lab.bus));
    if let Some(manager) = &grabber {
        let [device, _] = veth();
        ok("a grab", grab(manager, device));
    }

    let peers: Vec<Process> = (0..rng.u32(1..5))
        .map(|number| {
            let seed = rng.u64(..);
            Process::start(|line| peer(&lab.bus, number, lossless, seed, line))
        })
        .collect();
    for peer in &peers {
        peer.line.hear();
    }
    // All have joined: from now on nobody may miss anything.
    for peer in &peers {
        peer.line.tell(0);
    }
    let producers: Vec<Process> = (0..rng.u32(1..4))
        .map(|number| {
            let (count, seed) = (rng.u32(100..1500), rng.u64(..));
            Process::start(|line| producer(&lab.bus, 100 + number, count, seed, line))
        })
        .collect();

    let mut killed = 0;
    while !producers.iter().all(|producer| producer.line.has_said()) {
        let visitor = Process::start(|_| visitor(&lab.bus, killed));
        sleep(Duration::from_millis(rng.u64(0..30)));
        visitor.kill();
        killed += 1;
        if grabber.is_some() && killed == 2 {
            ip("link del v0");
        }
    }
    let mut sent: u64 = producers.iter().map(|producer| producer.line.hear()).sum();
    ok("IPN_TERMINATE", lab.manager.ioctl(IPN_TERMINATE));

    let counts: Vec<[u64; 3]> = peers
        .iter()
        .map(|peer| [(); 3].map(|()| peer.line.hear()))
        .collect();
    sent += counts.iter().map(|[own, ..]| own).sum::<u64>();
    for [own, received, missed] in &counts {
        same("received and missed", received + missed, sent - own);
    }
    let (listed_sent, listed_dropped) = listed(&lab.bus);
    same("sent, as listed", listed_sent, sent);
    let [received, missed] = [1, 2].map(|which| counts.iter().map(|count| count[which]).sum());
    holds(
        format_args!("{listed_dropped} dropped as listed are at least the {missed} that were told"),
        listed_dropped >= missed && (!lossless || listed_dropped == 0),
    );
    let mut tapped = 0;
    if tap_manager.is_some() {
        let tap = counters("ipn0");
        tapped = tap.rx;
        // The host may drop what it was given, and counts that as dropped too.
        holds(
            format_args!("{sent} frames are received or dropped by the tap: {tap:?}"),
            tap.rx <= sent && sent <= tap.rx + tap.rx_dropped,
        );
    }
    for process in peers.into_iter().chain(producers) {
        process.ends_well();
    }
    for number in [1, sent, received, missed, u64::from(killed), tapped] {
        line.tell(number);
    }
    if grabber.is_some() {
        try_ip("link del v0");
    }
}

/// A socket for any policy.
#[track_caller]
fn any() -> Sock {
    ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY))
}

/// Another manager.
#[track_caller]
fn manage(bus: &Bus) -> Sock {
    let sock = any();
    ok("bind of a second manager", sock.bind(&bus.addr));
    sock
}

/// What the listing says was sent and dropped.
#[track_caller]
fn listed(bus: &Bus) -> (u64, u64) {
    let inode = ok("stat", fs::metadata(&bus.path)).ino().to_string();
    // It is there in the first network namespace only.
    let text = ok("the listing", fs::read_to_string("/proc/1/net/ipn"));
    let mut lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let fields = lines.find(|fields| fields[0] == inode);
    let fields = fields.expect("the network is listed");
    let [sent, dropped] = [9, 10].map(|at| fields[at].parse().expect("a number"));
    (sent, dropped)
}

/// A message: a frame to everybody whose bytes follow from its sender and number.
fn message(sender: u32, number: u32, len: usize) -> Vec<u8> {
    let mut message = BROADCAST.to_vec();
    message.extend([2, 0]);
    message.extend(sender.to_be_bytes());
    message.extend([0x88, 0xb5]);
    message.extend(sender.to_ne_bytes());
    message.extend(number.to_ne_bytes());
    let fill = (sender.wrapping_mul(31) ^ number) as u8;
    message.resize(len.max(HEAD), fill);
    message
}

/// Sends so many messages and says how many it sent.
fn producer(bus: &Bus, sender: u32, count: u32, seed: u64, line: &Line) {
    let mut rng = Rng::with_seed(seed);
    let sock = any();
    ok("shutdown", sock.shutdown(libc::SHUT_RD));
    ok("connect", sock.connect(&bus.addr));
    let mut number = 0;
    while number < count {
        let batch = if rng.bool() { 1 } else { rng.u32(2..32) }.min(count - number);
        let messages: Vec<Vec<u8>> = (number..number + batch)
            .map(|number| message(sender, number, rng.usize(HEAD..1500)))
            .collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        number += ok("sendmmsg", sock.sendmmsg(&messages, 0)) as u32;
    }
    line.tell(u64::from(count));
}

/// Joins and leaves until it is killed.
fn visitor(bus: &Bus, seed: u32) {
    let mut rng = Rng::with_seed(seed.into());
    let mut buffer = [0; 2048];
    loop {
        let sock = any();
        // The network may be full.
        if sock.connect(&bus.addr).is_ok() {
            for _ in 0..rng.u8(0..20) {
                let _ = sock.recv(&mut buffer, NOW);
            }
        }
        sleep(Duration::from_micros(rng.u64(0..2000)));
    }
}

/// Receives to the end, now and then sends, and says how many messages it sent, received and missed.
fn peer(bus: &Bus, sender: u32, lossless: bool, seed: u64, line: &Line) {
    let mut rng = Rng::with_seed(seed);
    let sock = any();
    ok("connect", sock.connect(&bus.addr));
    ok("SO_RXQ_OVFL", sock.set_generic(libc::SO_RXQ_OVFL, 1));
    line.tell(0);
    line.hear();
    let (mut own, mut received) = (0_u32, 0_u64);
    let mut next = std::collections::HashMap::new();
    loop {
        if rng.u8(0..20) == 0 {
            let text = message(sender, own, rng.usize(HEAD..200));
            own += u32::from(sock.send(&text, NOW | libc::MSG_NOSIGNAL).is_ok());
        }
        if rng.u8(0..200) == 0 {
            sleep(Duration::from_millis(rng.u64(0..5)));
        }
        if rng.u8(0..50) == 0 {
            ok("poll", poll(&sock, libc::POLLIN, 1000));
        }
        let got = ok("recvmsg", sock.recvmsg(2048, 0));
        if got.data.is_empty() {
            break;
        }
        received += 1;
        let word = |at| u32::from_ne_bytes(got.data[at..at + 4].try_into().expect("four bytes"));
        let (from, number) = (word(14), word(18));
        holds(
            format_args!("message {number} of {from} is unharmed"),
            got.data == message(from, number, got.data.len()),
        );
        let due = next.entry(from).or_insert(0);
        holds(
            format_args!("message {number} of {from} comes in order, after {due}"),
            if lossless {
                number == *due
            } else {
                number >= *due
            },
        );
        *due = number + 1;
    }
    let missed = losses(&sock);
    holds("a lossless network loses nothing", !lossless || missed == 0);
    for number in [u64::from(own), received, missed] {
        line.tell(number);
    }
}

/// Messages that a socket has lost (`SK_MEMINFO_DROPS`).
#[track_caller]
fn losses(sock: &Sock) -> u64 {
    let words = sock.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
    let words = ok("SO_MEMINFO", words);
    let drops = words[8 * 4..9 * 4].try_into().expect("nine words");
    u32::from_ne_bytes(drops).into()
}
