// SPDX-License-Identifier: GPL-2.0

//! Backlogs: messages that wait for a port, and that it does not want.

use super::stage::*;
use ipn::{Builder, Port};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::io;

/// The instructions of its filter, where it is its messages that count.
const FILTER: usize = 64;

/// Two ports of a network with a pool of so many short messages.
fn two(builder: Builder, messages: usize) -> io::Result<(Network, [Port; 2])> {
    let network = Network::new(&builder.mtu(64).pool(messages as u32).ports(2))?;
    let ports = [network.join()?, network.join()?];
    Ok((network, ports))
}

/// A call finds nothing but messages that the port's filter refuses.
fn past_refused(
    messages: usize,
    filter: usize,
    mut call: impl FnMut(&Port) -> io::Result<()>,
) -> io::Result<f64> {
    let (_network, [sender, reader]) = two(hub(), messages)?;
    reader.attach_filter(&refuses_all(filter))?;
    let prepare = |_: &mut ()| say_many(&sender, messages);
    cost(&mut (), prepare, |_| call(&reader))
}

/// `recv`.
pub fn recv(messages: usize) -> io::Result<f64> {
    past_refused(messages, FILTER, |port| finds_nothing(hear(port)))
}

/// The same of one message, with a filter of so many instructions.
pub fn recv_past_one(instructions: usize) -> io::Result<f64> {
    past_refused(1, instructions, |port| finds_nothing(hear(port)))
}

/// `poll`.
pub fn poll(messages: usize) -> io::Result<f64> {
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    past_refused(messages, FILTER, |port| {
        let mut polled = [PollFd::new(port, PollFlags::IN)];
        match rustix::event::poll(&mut polled, Some(&at_once))? {
            0 => Ok(()),
            _ => Err(io::Error::other("something is wanted")),
        }
    })
}

/// `FIONREAD`.
pub fn next_length(messages: usize) -> io::Result<f64> {
    past_refused(messages, FILTER, |port| match port.next_len()? {
        0 => Ok(()),
        _ => Err(io::Error::other("something is wanted")),
    })
}

/// `SO_ATTACH_FILTER`, by which so many messages that wait are refused.
pub fn attach(messages: usize) -> io::Result<f64> {
    let (_network, [sender, reader]) = two(hub().lossless(true), messages)?;
    let program = refuses_all(FILTER);
    let prepare = |_: &mut ()| {
        let _ = reader.detach_filter();
        say_many(&sender, messages)
    };
    cost(&mut (), prepare, |_| Ok(reader.attach_filter(&program)?))
}

/// `recv` of a port that has sent so many messages itself.
pub fn recv_past_own(messages: usize) -> io::Result<f64> {
    let (_network, [other, port]) = two(hub(), messages + 1)?;
    let prepare = |_: &mut ()| {
        say(&other, b"x")?;
        // From here on it does not stand at its own.
        say_many(&port, messages)?;
        hear(&port)
    };
    cost(&mut (), prepare, |_| finds_nothing(hear(&port)))
}
