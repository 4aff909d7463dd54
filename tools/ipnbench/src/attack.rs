// SPDX-License-Identifier: GPL-2.0

//! What the users of a network notice of another user who does the worst that its limits allow: what
//! a message costs in time of the process that sends and receives it.

use crate::clock::own_time;
use crate::media::{Setting, FRAME_MIN};
use crate::record::Measure;
use crate::run::{tell_of, Run};
use crate::statistics::median;
use crate::sys::process::Child;
use ipn::{Builder, Policy, Port};
use rustix::net::{recv, send, RecvFlags, SendFlags};
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use std::fs;
use std::io;
use std::time::Duration;

/// The attacker: a user of the guest.
const USER: u32 = 1001;
/// How long an attack goes on before anything is measured: it has reached its limits.
const BEFORE: Duration = Duration::from_millis(500);
/// Rounds of which the one in the middle counts, and turns of one.
const ROUNDS: usize = 9;
const TURNS: usize = 500;
/// Messages that wait together.
const DEPTH: usize = 8;
/// What an attacker holds at most at a time.
const MANY: usize = 4096;

/// What an attacker does, without end.
type Attack = fn() -> io::Result<()>;

const ATTACKS: [(&str, Attack); 7] = [
    ("nothing", rest),
    ("networks come and go", networks),
    ("large pools come and go", pools),
    ("ports come and go", ports),
    ("a flood of messages", flood),
    ("a flood of addresses", addresses),
    ("senders that wait", senders),
];

/// Measures a quiet network during each attack.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.turns.is_some() {
        return Ok(());
    }
    let setting = Setting {
        bytes: 12,
        receivers: 1,
        sleep: false,
    };
    let path = "/tmp/ipnbench";
    let port = |builder: &Builder| {
        let manager = builder.bind(path).map_err(io::Error::other)?;
        manager.connect().map_err(io::Error::other)
    };
    let sender = port(&Builder::new().policy(Policy::HUB))?;
    let receiver = Port::connect(path).map_err(io::Error::other)?;
    fs::remove_file(path)?;
    for (name, attack) in ATTACKS {
        let attacker = Child::start(|| {
            set_thread_groups(&[])?;
            set_thread_gid(Gid::from_raw(USER))?;
            set_thread_uid(Uid::from_raw(USER))?;
            attack()
        })?;
        std::thread::sleep(BEFORE);
        let cost = cost(&sender, &receiver, setting);
        attacker.kill();
        // Children of its own go too, and all that they had.
        std::thread::sleep(BEFORE);
        tell_of(Measure::Quiet, name, setting, 0, run.clock.figure(cost?))?;
    }
    Ok(())
}

/// What a message costs: while others have the processor, this clock stands.
fn cost(sender: &Port, receiver: &Port, setting: Setting) -> io::Result<f64> {
    let message = setting.message();
    let mut room = vec![0; setting.bytes];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let begin = own_time();
        for _ in 0..TURNS {
            for _ in 0..DEPTH {
                send(sender, &message, SendFlags::empty())?;
            }
            for _ in 0..DEPTH {
                recv(receiver, &mut room[..], RecvFlags::DONTWAIT)?;
            }
        }
        rounds.push((own_time() - begin) as f64 / (TURNS * DEPTH) as f64);
    }
    Ok(median(rounds))
}

fn rest() -> io::Result<()> {
    loop {
        std::thread::sleep(BEFORE);
    }
}

/// A network and a port, under a name of this attacker.
fn network(builder: &Builder, number: usize) -> Result<Port, ipn::Error> {
    let path = format!("/tmp/attack{number}");
    let _ = fs::remove_file(&path);
    Ok(builder.bind(path)?.connect()?)
}

fn one_network(builder: &Builder) -> io::Result<Port> {
    network(builder, 0).map_err(io::Error::other)
}

/// Again and again as many as possible.
fn come_and_go(get: impl Fn(usize) -> Result<Port, ipn::Error>) -> io::Result<()> {
    loop {
        let held: Vec<Port> = (0..MANY).map_while(|number| get(number).ok()).collect();
        if held.is_empty() {
            return Err(io::Error::other("the attacker got nothing"));
        }
    }
}

fn networks() -> io::Result<()> {
    come_and_go(|number| network(&Builder::new(), number))
}

fn pools() -> io::Result<()> {
    let builder = Builder::new().mtu(65535).pool(1000);
    come_and_go(|number| network(&builder, number))
}

fn ports() -> io::Result<()> {
    let _network = one_network(&Builder::new().ports(MANY as u32))?;
    come_and_go(|_| Port::connect("/tmp/attack0"))
}

fn flood() -> io::Result<()> {
    let port = one_network(&Builder::new())?;
    let receivers = (0..DEPTH).map(|_| Port::connect("/tmp/attack0"));
    let _receivers: Vec<Port> = receivers
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    loop {
        send(&port, &[0x5a; 1514], SendFlags::empty())?;
    }
}

fn addresses() -> io::Result<()> {
    let port = one_network(&Builder::new().policy(Policy::SWITCH))?;
    let mut frame = [0xff; FRAME_MIN];
    for number in 0_u32.. {
        frame[6..8].copy_from_slice(&[2, 2]);
        frame[8..12].copy_from_slice(&number.to_be_bytes());
        send(&port, &frame, SendFlags::empty())?;
    }
    Ok(())
}

fn senders() -> io::Result<()> {
    let builder = Builder::new().lossless(true).pool(1).mtu(65535);
    let first = one_network(&builder.ports(DEPTH as u32 + 2))?;
    let ports = (0..DEPTH).map(|_| Port::connect("/tmp/attack0"));
    let ports: Vec<Port> = ports.collect::<Result<_, _>>().map_err(io::Error::other)?;
    let _children: Vec<Child> = ports
        .iter()
        .map(|port| {
            Child::start(|| loop {
                send(port, &[0x5a; 65535], SendFlags::empty())?;
            })
        })
        .collect::<io::Result<_>>()?;
    // The slowest of all readers: all wake up for each message.
    let mut room = vec![0; 65535];
    loop {
        for port in ports.iter().chain([&first]) {
            let _ = recv(port, &mut room[..], RecvFlags::DONTWAIT);
        }
    }
}
