// SPDX-License-Identifier: GPL-2.0
//! Programs out of nothing: a network or two, then calls on what is there.

mod devices;
mod mappings;
mod messages;
mod options;
mod sysfs;

use crate::program::{Address, Argument, Call, Name, Program, Setting, Slot, Space, SLOTS};
use crate::values::*;
use fastrand::Rng;
use ipntest::abi::*;

/// What a program is about. It says how often which calls are made.
#[derive(Clone, Copy, PartialEq)]
pub enum Theme {
    /// Hub networks, for the model.
    Model,
    /// Hub networks.
    Hub,
    /// Switches.
    Switch,
    /// Ports that are network devices.
    Devices,
}

/// Most calls of a thread.
const CALLS: usize = 40;

/// A program of at most so many threads.
pub fn program(rng: &mut Rng, threads: usize) -> Program {
    let theme = match rng.u32(0..10) {
        0..4 => Theme::Model,
        4..7 => Theme::Hub,
        7..9 => Theme::Switch,
        _ => Theme::Devices,
    };
    // A namespace takes longer to come and go than all calls in it.
    let space = match (theme, rng.u32(0..16)) {
        (Theme::Model, _) => Space::Host,
        (Theme::Devices, 0..6) | (_, 0) => Space::User,
        (Theme::Devices, _) | (_, 1) => Space::Network,
        _ => Space::Host,
    };
    let root = space == Space::Network || rng.bool();
    let setting = Setting {
        user: if root { 0 } else { rng.u8(1..4) },
        space,
        modelled: theme == Theme::Model,
    };
    let count = if theme == Theme::Model || once_in(rng, 3) {
        1
    } else {
        rng.usize(1..=threads)
    };
    let mut threads = vec![Vec::new(); count];
    prelude(rng, theme, &mut threads[0]);
    for thread in &mut threads {
        let length = thread.len() + rng.usize(4..CALLS);
        while thread.len() < length {
            thread.push(call(rng, theme));
        }
    }
    Program { setting, threads }
}

/// Networks with members, most often.
fn prelude(rng: &mut Rng, theme: Theme, calls: &mut Vec<Call>) {
    if theme == Theme::Devices {
        for words in [
            "link add d0 type dummy",
            "link add v0 type veth",
            "link set d0 up",
            "link set v0 up",
        ] {
            if !once_in(rng, 6) {
                calls.push(Call::Ip {
                    words: words.into(),
                });
            }
        }
    }
    let protocol = match theme {
        Theme::Model | Theme::Hub => IPN_BROADCAST,
        Theme::Switch => IPN_VDESWITCH,
        Theme::Devices => one(rng, &[IPN_BROADCAST, IPN_VDESWITCH]),
    };
    let is_hub = matches!(theme, Theme::Model | Theme::Hub);
    let of = match rng.u32(0..9) {
        // Where senders wait for what others do not want.
        0..3 if theme == Theme::Model => Network::Tight,
        3 if is_hub => Network::InParts,
        4 if is_hub => Network::OneWriter,
        5..8 if is_hub => Network::Reliable,
        _ => Network::Any,
    };
    let tight = of == Network::Tight;
    for to in 0..rng.u8(2..6) {
        let protocol = if once_in(rng, 12) { IPN_ANY } else { protocol };
        // Others may join a reliable bus.
        let kind = match of {
            Network::Reliable if to == 0 || !once_in(rng, 6) => libc::SOCK_RDM,
            _ => libc::SOCK_RAW,
        };
        calls.push(Call::Socket {
            to,
            kind: kind | libc::SOCK_NONBLOCK,
            protocol,
        });
        while once_in(rng, 2) {
            calls.push(options::set_own(rng, to));
        }
        match of {
            Network::Tight if to == 0 => calls.extend(options::small_and_lossless(rng, to)),
            Network::InParts if to == 0 => calls.extend(options::in_parts(rng, to)),
            Network::OneWriter if to == 0 => calls.extend(options::of_one_writer(rng, to)),
            Network::Reliable if to == 0 => calls.extend(options::reliable(rng, to)),
            Network::Reliable if once_in(rng, 2) => calls.push(options::of_a_member(rng, to)),
            _ => {}
        }
        let address = Address {
            name: Some(if once_in(rng, 12) { name(rng) } else { Name::A }),
            family: AF_IPN as u16,
            len: None,
        };
        if to == 0 || once_in(rng, 4) {
            calls.push(Call::Bind { sock: to, address });
            calls.push(Call::Connect {
                sock: to,
                address: nobody(),
            });
        } else {
            calls.push(Call::Connect { sock: to, address });
        }
        if tight && rng.bool() {
            calls.push(options::filter(rng, to));
        }
        if once_in(rng, if of == Network::Reliable { 12 } else { 4 }) {
            calls.extend(mappings::both(to));
        }
        if of == Network::Reliable {
            // The next may begin with what is there by then.
            (0..rng.u32(0..4)).for_each(|_| calls.push(messages::send_short(rng, to)));
        }
        if of == Network::OneWriter && to == 0 {
            calls.push(mappings::writer(to));
        }
    }
    for _ in 0..rng.u32(5..30) {
        let sock = slot(rng);
        match (of, rng.u32(0..8)) {
            (Network::InParts, 0..4) => calls.push(messages::send_long(rng, sock)),
            (Network::InParts, _) => calls.push(messages::receive_long(rng, sock)),
            (Network::OneWriter, 0) => calls.push(mappings::write(rng, sock)),
            (Network::OneWriter, 1..5) => calls.push(mappings::publish(rng)),
            (Network::OneWriter, _) => calls.push(messages::receive(rng, theme, sock)),
            (Network::Reliable, 0) => calls.push(options::skip(rng, sock)),
            (Network::Reliable, 1..4) => calls.push(messages::send_short(rng, sock)),
            (Network::Reliable, 4) => calls.push(messages::send_long(rng, sock)),
            (Network::Reliable, 5) => calls.push(options::get_own(rng, sock)),
            (Network::Reliable, 6) if once_in(rng, 4) => {
                calls.push(Call::Pause { ms: rng.u8(1..40) })
            }
            (Network::Reliable, _) => calls.push(messages::receive_long(rng, sock)),
            _ => break,
        }
    }
}

/// What the first network is to be.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    /// Lossless, with room for few messages.
    Tight,
    /// Its messages go in parts.
    InParts,
    /// One port writes into its ring.
    OneWriter,
    /// A reliable bus.
    Reliable,
    /// Whatever comes.
    Any,
}

fn nobody() -> Address {
    Address {
        name: None,
        family: 0,
        len: Some(0),
    }
}

/// A place, most often one of the first, where members of the network are.
fn slot(rng: &mut Rng) -> Slot {
    if once_in(rng, 6) {
        any_slot(rng)
    } else {
        rng.u8(0..4)
    }
}

/// Any place.
fn any_slot(rng: &mut Rng) -> Slot {
    rng.u8(0..SLOTS)
}

/// A call. Those that the model knows come for every theme.
pub fn call(rng: &mut Rng, theme: Theme) -> Call {
    let others = match theme {
        Theme::Model => 0,
        Theme::Hub | Theme::Switch => 25,
        Theme::Devices => 50,
    };
    let sock = slot(rng);
    match rng.u32(0..126 + others) {
        0..6 => socket(rng, theme),
        6..11 => Call::Bind {
            sock: any_slot(rng),
            address: address(rng),
        },
        11..17 => {
            let address = if once_in(rng, 3) {
                nobody()
            } else {
                address(rng)
            };
            let sock = any_slot(rng);
            Call::Connect { sock, address }
        }
        17..20 => Call::Shutdown {
            sock,
            how: if once_in(rng, 9) {
                int(rng)
            } else {
                rng.i32(0..3)
            },
        },
        20..24 => Call::Close {
            sock: any_slot(rng),
        },
        24..26 => Call::Duplicate {
            sock,
            to: slot(rng),
        },
        26 => Call::Replace {
            sock,
            over: slot(rng),
        },
        27 => Call::Name {
            sock,
            peer: rng.bool(),
            room: len(rng).min(256),
        },
        28..35 => options::set_own(rng, sock),
        35..39 => options::get_own(rng, sock),
        39..41 => Call::Request {
            sock,
            request: one(rng, &[libc::FIONREAD, IPN_CHECK, libc::FIONREAD]),
            argument: Argument::Room,
        },
        41 => Call::Request {
            sock,
            request: IPN_TERMINATE,
            argument: Argument::Room,
        },
        42..65 => messages::send(rng, theme, sock),
        65..85 => messages::receive(rng, theme, sock),
        85..90 => Call::Poll {
            sock,
            events: 0x7fff,
            patience: 0,
        },
        90 => Call::Unlink { name: name(rng) },
        91 => Call::Rename {
            from: name(rng),
            to: name(rng),
        },
        92 => Call::HardLink {
            from: name(rng),
            to: name(rng),
        },
        93 => Call::Mode {
            name: name(rng),
            mode: one(rng, &[0, 0o100, 0o400, 0o600, 0o666, 0o700, 0o755, 0o777]),
        },
        94..96 => Call::Become { user: rng.u8(0..4) },
        96..98 => Call::List,
        98 => Call::Set {
            sock,
            level: libc::SOL_SOCKET,
            option: libc::SO_RXQ_OVFL,
            value: rng.i32(0..2).to_ne_bytes().into(),
            len: None,
        },
        99 => one(
            rng,
            &[
                Call::Listen { sock },
                Call::Accept { sock },
                Call::Pair {
                    kind: libc::SOCK_RAW,
                    protocol: 1,
                },
            ],
        ),
        100..110 => mappings::call(rng, theme, sock),
        110..120 => sysfs::look(rng),
        120..126 => options::filter(rng, sock),
        126..151 => other(rng, sock),
        _ => devices::call(rng, sock),
    }
}

fn socket(rng: &mut Rng, theme: Theme) -> Call {
    let kind = match rng.u32(0..12) {
        0 => rng.i32(0..12),
        1 => libc::SOCK_DGRAM,
        2 => libc::SOCK_SEQPACKET,
        3..5 => libc::SOCK_RDM,
        _ => libc::SOCK_RAW,
    };
    let protocol = match (theme, rng.u32(0..12)) {
        (_, 0) => int(rng),
        (_, 1) => rng.i32(0..7),
        (Theme::Switch, 2) => 40,
        (_, 2) => IPN_ANY,
        (Theme::Switch | Theme::Devices, 3..10) => IPN_VDESWITCH,
        _ => IPN_BROADCAST,
    };
    let waits = theme != Theme::Model && once_in(rng, 3);
    let kind = if waits {
        kind
    } else {
        kind | libc::SOCK_NONBLOCK
    };
    // More often where there is none yet.
    let to = if once_in(rng, 4) {
        slot(rng)
    } else {
        any_slot(rng)
    };
    Call::Socket { to, kind, protocol }
}

/// A call that the model does not know.
fn other(rng: &mut Rng, sock: Slot) -> Call {
    match rng.u32(0..23) {
        0..4 => options::generic(rng, sock),
        4..9 => options::of_policy(rng, sock),
        9 => Call::Request {
            sock,
            request: devices::any_request(rng),
            argument: devices::argument(rng),
        },
        10..12 => Call::Epoll { to: slot(rng) },
        12..14 => {
            let events = one(
                rng,
                &[libc::EPOLLET, 0, libc::EPOLLONESHOT, libc::EPOLLEXCLUSIVE],
            );
            Call::Watch {
                epoll: slot(rng),
                sock,
                events: events | libc::EPOLLIN | libc::EPOLLOUT,
            }
        }
        14..16 => Call::WaitFor {
            epoll: slot(rng),
            patience: rng.u8(0..5),
        },
        16 => Call::Nonblock {
            sock,
            on: rng.bool(),
        },
        17 => Call::Async {
            sock,
            on: rng.bool(),
        },
        18 => sysfs::file(rng),
        19 => Call::Own {
            sock,
            user: rng.u8(0..4),
        },
        20 => Call::Pass {
            sock,
            to: slot(rng),
        },
        21 => Call::Poll {
            sock,
            events: rng.i16(..),
            patience: rng.u8(0..5),
        },
        _ => one(
            rng,
            &[Call::Leave, Call::Pause { ms: 1 }, Call::Pause { ms: 1 }],
        ),
    }
}
