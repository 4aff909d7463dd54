// SPDX-License-Identifier: GPL-2.0

//! The media on which two can send to one object, each of which somebody reads; or none, where none has to.

use super::lane::{Lane, Pair, Way, Whole};
use crate::media::bridge::{Bridge, Station};
use crate::media::{frame, netlink, shared, udp, Setting, FRAME_MIN};
use ipn::{Builder, Manager, Policy, Port};
use rustix::fd::OwnedFd;
use rustix::pipe::{fcntl_setpipe_size, pipe_with, PipeFlags};
use std::any::Any;
use std::io;
use std::os::unix::net::UnixDatagram;

/// Two senders on one object.
const SENDERS: usize = 2;

/// An object, and what those do who send on it.
pub struct Object {
    pub lanes: Vec<Box<dyn Lane>>,
    /// What lives as long as it does.
    pub kept: Box<dyn Any>,
}

/// A kind of object; each has a number.
pub struct Kind {
    pub name: &'static str,
    pub open: fn(usize) -> io::Result<Object>,
}

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "hub, nobody reads",
        open: |number| hub(number, false),
    },
    Kind {
        name: "hub",
        open: |number| hub(number, true),
    },
    Kind {
        name: "switch",
        open: switch,
    },
    Kind {
        name: "pipe",
        open: pipe,
    },
    Kind {
        name: "AF_UNIX",
        open: af_unix,
    },
    Kind {
        name: "netlink",
        open: |number| {
            let group = 1 << number;
            of_group(
                Way::Netlink,
                || netlink::sender(group),
                netlink::receiver(group)?,
            )
        },
    },
    Kind {
        name: "UDP multicast",
        open: |number| {
            let group = 1 + number as u8;
            of_group(Way::Socket, || udp::sender(group), udp::receiver(group)?)
        },
    },
    Kind {
        name: "bridge of taps",
        open: |number| bridge(number, Station::Tap),
    },
    Kind {
        name: "bridge of veth",
        open: |number| bridge(number, Station::Packets),
    },
    Kind {
        name: "shared memory",
        open: |_| {
            Ok(Object {
                lanes: vec![Box::new(Whole::new(shared_memory))],
                kept: Box::new(()),
            })
        },
    },
];

/// The address of a sender, or of who takes its messages.
fn address(sender: usize, takes: bool) -> [u8; 6] {
    [2, 0, 0, 0, 1 + u8::from(takes), sender as u8]
}

/// What the messages of a sender begin with, and those of who takes them.
fn frames(sender: usize) -> (Vec<u8>, Vec<u8>) {
    let (from, to) = (address(sender, false), address(sender, true));
    let mut answer = frame(from, to);
    answer.resize(FRAME_MIN, 0);
    (frame(to, from), answer)
}

/// All send what one takes, which any of them does.
fn of_group(
    way: Way,
    sender: impl Fn() -> io::Result<OwnedFd>,
    receiver: OwnedFd,
) -> io::Result<Object> {
    let lanes = (0..SENDERS).map(|number| {
        let (begin, _) = frames(number);
        let from = Some(receiver.try_clone()?);
        Ok(Box::new(Pair::new(way, sender()?, from, begin)) as _)
    });
    Ok(Object {
        lanes: lanes.collect::<io::Result<_>>()?,
        kept: Box::new(()),
    })
}

/// A network with so many ports besides the senders'.
fn network(number: usize, policy: Policy, others: usize) -> io::Result<(Manager, Vec<OwnedFd>)> {
    let path = format!("/tmp/ipnbench-{number}");
    let ports = SENDERS + others;
    let builder = Builder::new().policy(policy).ports(ports as u32);
    let manager = builder.bind(&path).map_err(io::Error::other)?;
    let ports = (0..ports).map(|_| Port::connect(&path).map(OwnedFd::from));
    let ports = ports.collect::<Result<_, _>>();
    std::fs::remove_file(&path)?;
    Ok((manager, ports.map_err(io::Error::other)?))
}

/// A hub, of which one port takes all messages, or is idle.
fn hub(number: usize, is_read: bool) -> io::Result<Object> {
    let (manager, mut ports) = network(number, Policy::HUB, 1)?;
    let reader = ports.pop().ok_or(io::ErrorKind::NotFound)?;
    let lanes = ports.into_iter().enumerate().map(|(number, port)| {
        let (begin, _) = frames(number);
        let from = is_read.then(|| reader.try_clone()).transpose()?;
        Ok(Box::new(Pair::new(Way::Socket, port, from, begin)) as _)
    });
    Ok(Object {
        lanes: lanes.collect::<io::Result<_>>()?,
        kept: Box::new((manager, reader)),
    })
}

/// Stations that send, and for each one that takes what it sends.
fn in_pairs(way: Way, stations: Vec<OwnedFd>, kept: Box<dyn Any>) -> Object {
    let mut lanes: Vec<Box<dyn Lane>> = Vec::new();
    let mut stations = stations.into_iter();
    while let (Some(to), Some(from)) = (stations.next(), stations.next()) {
        let (begin, answer) = frames(lanes.len());
        let pair = Pair::new(way, to, Some(from), begin).answering(answer);
        lanes.push(Box::new(pair));
    }
    Object { lanes, kept }
}

fn switch(number: usize) -> io::Result<Object> {
    let (manager, ports) = network(number, Policy::SWITCH, SENDERS)?;
    Ok(in_pairs(Way::Socket, ports, Box::new(manager)))
}

fn bridge(number: usize, kind: Station) -> io::Result<Object> {
    let (name, way) = match kind {
        Station::Tap => (format!("tapped{number}"), Way::File),
        Station::Packets => (format!("veths{number}"), Way::Socket),
    };
    let bridge = Bridge::new(&name, kind, 2 * SENDERS)?;
    let stations = bridge.stations().iter().map(OwnedFd::try_clone);
    let stations = stations.collect::<io::Result<_>>()?;
    Ok(in_pairs(way, stations, Box::new(bridge)))
}

/// A pipe with room for what two have sent.
fn pipe(_: usize) -> io::Result<Object> {
    let (from, to) = pipe_with(PipeFlags::DIRECT | PipeFlags::NONBLOCK)?;
    fcntl_setpipe_size(&to, 1 << 18)?;
    let lanes = (0..SENDERS).map(|number| {
        let (begin, _) = frames(number);
        let (to, from) = (to.try_clone()?, from.try_clone()?);
        Ok(Box::new(Pair::new(Way::File, to, Some(from), begin)) as _)
    });
    Ok(Object {
        lanes: lanes.collect::<io::Result<_>>()?,
        kept: Box::new(()),
    })
}

/// A datagram socket to which senders have connected theirs.
fn af_unix(number: usize) -> io::Result<Object> {
    let path = format!("/tmp/ipnbench-unix-{number}");
    let receiver = UnixDatagram::bind(&path)?;
    let sender = || {
        let sender = UnixDatagram::unbound()?;
        sender.connect(&path)?;
        Ok(sender.into())
    };
    let object = of_group(Way::Socket, sender, receiver.into());
    std::fs::remove_file(&path)?;
    object
}

/// A ring that its one sender reads.
fn shared_memory(bytes: usize) -> io::Result<Box<dyn crate::media::Medium>> {
    let setting = Setting {
        bytes,
        receivers: 1,
        sleep: false,
    };
    (shared::KIND.open)(setting)?.ok_or_else(|| io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        let names: HashSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn what_one_sends_is_for_who_answers_it() {
        for sender in 0..SENDERS {
            let (message, answer) = frames(sender);
            assert_eq!(message[..6], answer[6..12]);
            assert_eq!(message[6..12], answer[..6]);
            assert_ne!(message, frames(sender + 1).0);
        }
    }

    #[test]
    fn those_that_need_no_module_carry_what_is_sent() {
        for name in ["pipe", "AF_UNIX", "shared memory"] {
            let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
            let mut object = (kind.open)(std::process::id() as usize).unwrap();
            for lane in &mut object.lanes {
                lane.prepare(60).unwrap();
                lane.turn().unwrap();
                lane.turn().unwrap();
            }
        }
    }
}
