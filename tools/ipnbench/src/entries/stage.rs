// SPDX-License-Identifier: GPL-2.0

//! What entries are called on, and what a call takes.

use crate::clock::{now, own_time};
use crate::statistics::median;
use ipn::{Builder, Instruction, Manager, Policy, Port};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::Timespec;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{recv, send, RecvFlags, SendFlags};
use std::fs;
use std::io;

/// Calls of which the one in the middle counts; one before them meets caches that are cold.
const CALLS: usize = 3;

/// What a call takes, in nanoseconds, each time after `prepare`. What it gives is dropped afterwards.
pub fn cost<S, R>(
    state: &mut S,
    prepare: impl FnMut(&mut S) -> io::Result<()>,
    call: impl FnMut(&mut S) -> io::Result<R>,
) -> io::Result<f64> {
    cost_by(now, state, prepare, call)
}

/// The same of this thread alone, whatever others do meanwhile.
pub fn own_cost<S, R>(
    state: &mut S,
    prepare: impl FnMut(&mut S) -> io::Result<()>,
    call: impl FnMut(&mut S) -> io::Result<R>,
) -> io::Result<f64> {
    cost_by(own_time, state, prepare, call)
}

fn cost_by<S, R>(
    clock: fn() -> u64,
    state: &mut S,
    mut prepare: impl FnMut(&mut S) -> io::Result<()>,
    mut call: impl FnMut(&mut S) -> io::Result<R>,
) -> io::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..=CALLS {
        prepare(state)?;
        let begin = clock();
        let result = call(state)?;
        times.push((clock() - begin) as f64);
        drop(result);
    }
    Ok(median(times.split_off(1)))
}

/// Nothing has to be prepared.
pub fn nothing<S>(_: &mut S) -> io::Result<()> {
    Ok(())
}

/// Where networks are made.
pub const PATH: &str = "/tmp/ipnbench-entry";

/// A network, whose name stays as long as this.
pub struct Network(pub Manager);

impl Network {
    /// A new one.
    pub fn new(builder: &Builder) -> io::Result<Self> {
        Ok(Self(builder.bind(PATH)?))
    }

    /// A port of it.
    pub fn join(&self) -> io::Result<Port> {
        Ok(Port::connect(PATH)?)
    }

    /// So many.
    pub fn join_all(&self, ports: usize) -> io::Result<Vec<Port>> {
        (0..ports).map(|_| self.join()).collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = fs::remove_file(PATH);
    }
}

/// A hub, and a switch.
pub fn hub() -> Builder {
    Builder::new().policy(Policy::HUB)
}

/// The same.
pub fn switch() -> Builder {
    Builder::new().policy(Policy::SWITCH)
}

/// A frame of so many bytes to all, from a station.
pub fn broadcast(bytes: usize, from: usize) -> Vec<u8> {
    let [.., a, b, c, d] = from.to_be_bytes();
    let mut frame = [&[0xff; 6][..], &[2, 1, a, b, c, d], &[0x88, 0xb5]].concat();
    frame.resize(bytes, 0x5a);
    frame
}

/// Sends without waiting.
pub fn say(port: &Port, message: &[u8]) -> io::Result<()> {
    send(port, message, SendFlags::DONTWAIT)?;
    Ok(())
}

/// Sends so many short messages.
pub fn say_many(port: &Port, count: usize) -> io::Result<()> {
    (0..count).try_for_each(|_| say(port, b"x"))
}

/// Receives a message without waiting.
pub fn hear(port: &Port) -> io::Result<()> {
    let mut byte = [0];
    recv(port, &mut byte, RecvFlags::DONTWAIT)?;
    Ok(())
}

/// A call that has nothing to give.
pub fn finds_nothing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.raw_os_error() == Some(Errno::AGAIN.raw_os_error()) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => Err(io::Error::other("it had something to give")),
    }
}

/// A filter of so many instructions that refuses all.
pub fn refuses_all(instructions: usize) -> Vec<Instruction> {
    const ADD: u16 = (libc::BPF_ALU | libc::BPF_ADD | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let instruction = |code, k| Instruction {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    let mut program = vec![instruction(ADD, 1); instructions];
    program[instructions - 1] = instruction(RETURN, 0);
    program
}

/// Ports that an event loop watches for messages.
pub struct Watched {
    ports: Vec<Port>,
    epoll: OwnedFd,
}

impl Watched {
    /// Has them watched.
    pub fn new(ports: Vec<Port>) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, port) in ports.iter().enumerate() {
            let data = EventData::new_u64(number as u64);
            epoll::add(&epoll, port, data, EventFlags::IN)?;
        }
        Ok(Self { ports, epoll })
    }

    /// Takes all messages, and goes on watching.
    pub fn drain(&self) -> io::Result<()> {
        let mut events = Vec::with_capacity(self.ports.len());
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        loop {
            events.clear();
            let room = rustix::buffer::spare_capacity(&mut events);
            if epoll::wait(&self.epoll, room, Some(&at_once))? == 0 {
                return Ok(());
            }
            for event in &events {
                let port = &self.ports[event.data.u64() as usize];
                while hear(port).is_ok() {}
            }
        }
    }
}
