// SPDX-License-Identifier: GPL-2.0
//! A switch network for a test: its manager, its ports, frames and options.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::skip;
use crate::sys::module;
use crate::sys::option::ask;
use crate::sys::socket::{socket, Sock};
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::path::Path;

/// The numbers of `include/uapi/linux/ipn_switch.h`, written down a second time.
pub mod option {
    pub const AGEING: i32 = 1;
    pub const LIMITS: i32 = 2;
    pub const FILTERING: i32 = 3;
    pub const MIRROR: i32 = 4;
    pub const GROUP_FWD: i32 = 5;
    pub const STATS: i32 = 6;
    pub const PORT: i32 = 7;
    pub const FDB: i32 = 8;
    pub const FDB_ADD: i32 = 9;
    pub const FDB_DEL: i32 = 10;
    pub const FDB_FLUSH: i32 = 11;
    pub const VLANS: i32 = 12;
    pub const VLAN_ADD: i32 = 13;
    pub const VLAN_DEL: i32 = 14;
}

/// Stands for no port.
pub const NO_PORT: u32 = u32::MAX;
/// Flags of a port.
pub const LEARNING: u32 = 1;
/// The same.
pub const ISOLATED: u32 = 2;
/// The same.
pub const HELD: u32 = 4;
/// The same.
pub const LOCKED: u32 = 8;
/// The same.
pub const FLOOD: u32 = 16;
/// The same.
pub const MCAST_FLOOD: u32 = 32;
/// The same.
pub const BCAST_FLOOD: u32 = 64;
/// Flags of a flush.
pub const FLUSH_PORT: u32 = 1;
/// The same.
pub const FLUSH_STATIC: u32 = 8;
/// Flags of a VLAN at a port.
pub const PVID: u16 = 1;
/// The same.
pub const UNTAGGED: u16 = 2;

/// The module's file.
pub const FILE: &str = "/lib/modules/kvde_switch.ko";

/// Whether a module is loaded.
pub fn is_loaded(name: &str) -> bool {
    Path::new("/sys/module").join(name).exists()
}

/// Loads a policy's module.
#[track_caller]
pub fn load(file: &str, parameters: &CStr) {
    if !Path::new(file).exists() {
        skip("the module's file is not here");
    }
    let opened = ok(file, File::open(file));
    ok("finit_module", module::load(&opened, parameters));
}

/// Loads the switch's module unless it is.
#[track_caller]
pub fn load_switch() {
    if !is_loaded("kvde_switch") {
        load(FILE, c"");
    }
}

/// A station's address.
pub fn mac(number: u8) -> [u8; 6] {
    [2, 0, 0, 0, 0, number]
}

/// All stations.
pub const BROADCAST: [u8; 6] = [0xff; 6];

/// A frame with some text in it.
pub fn frame(to: [u8; 6], from: [u8; 6], text: &str) -> Vec<u8> {
    [&to[..], &from, &[0x88, 0xb5], text.as_bytes()].concat()
}

/// The same with a VLAN tag.
pub fn tagged(to: [u8; 6], from: [u8; 6], control: u16, text: &str) -> Vec<u8> {
    let tag = control.to_be_bytes();
    let head = [0x81, 0x00, tag[0], tag[1], 0x88, 0xb5];
    [&to[..], &from, &head, text.as_bytes()].concat()
}

/// Words one after the other.
pub fn words(fields: &[u32]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|field| field.to_ne_bytes())
        .collect()
}

/// The word at a place of an answer.
pub fn word(value: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(value[4 * at..4 * at + 4].try_into().expect("four bytes"))
}

/// A `struct ipn_switch_fdb`.
pub fn address(address: [u8; 6], vlan: u16, port: u32) -> Vec<u8> {
    [
        &address[..],
        &vlan.to_ne_bytes(),
        &port.to_ne_bytes(),
        &[0; 12],
    ]
    .concat()
}

/// A `struct ipn_switch_vlan`.
pub fn vlan(port: u32, vlan: u16, flags: u16) -> Vec<u8> {
    [
        &port.to_ne_bytes()[..],
        &vlan.to_ne_bytes(),
        &flags.to_ne_bytes(),
    ]
    .concat()
}

/// A switch network.
pub struct Lab {
    /// Its name.
    pub bus: Bus,
    /// Its creator, without a port.
    pub manager: Sock,
}

impl Lab {
    /// One with the defaults.
    #[track_caller]
    pub fn new() -> Lab {
        Lab::with(&[])
    }

    /// One with these options of the family.
    #[track_caller]
    pub fn with(options: &[(i32, i32)]) -> Lab {
        load_switch();
        Lab::named("bus", IPN_VDESWITCH, options)
    }

    /// One of any policy whose module is there.
    #[track_caller]
    pub fn named(name: &str, protocol: i32, options: &[(i32, i32)]) -> Lab {
        let bus = Bus::named(name);
        let manager = ok("socket", socket(AF_IPN, libc::SOCK_RAW, protocol));
        for &(option, value) in options {
            ok("an option of the network", manager.set(option, value));
        }
        ok("bind", manager.bind(&bus.addr));
        Lab { bus, manager }
    }

    /// Takes a port.
    #[track_caller]
    pub fn port(&self, number: u32) -> Sock {
        let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
        ok("IPN_SO_PORT", sock.set(IPN_SO_PORT, number as i32));
        ok("connect", sock.connect(&self.bus.addr));
        sock
    }

    /// Takes the first ports.
    #[track_caller]
    pub fn ports<const N: usize>(&self) -> [Sock; N] {
        std::array::from_fn(|number| self.port(number as u32))
    }

    /// Sets an option of the switch.
    #[track_caller]
    pub fn set(&self, option: i32, value: &[u8]) {
        ok(
            format_args!("setting option {option} of the switch"),
            self.try_set(option, value),
        );
    }

    /// Sets an option of the switch, perhaps.
    pub fn try_set(&self, option: i32, value: &[u8]) -> io::Result<()> {
        self.manager.setsockopt(IPN_VDESWITCH, option, value)
    }

    /// Reads an option of the switch into a place that begins with a question.
    #[track_caller]
    pub fn get(&self, option: i32, question: &[u32], room: usize) -> Vec<u8> {
        ok(
            format_args!("reading option {option} of the switch"),
            self.try_get(option, question, room),
        )
    }

    /// The same, perhaps.
    pub fn try_get(&self, option: i32, question: &[u32], room: usize) -> io::Result<Vec<u8>> {
        let mut place = words(question);
        place.resize(room, 0);
        ask(&self.manager, IPN_VDESWITCH, option, place)
    }

    /// How many addresses the switch knows.
    #[track_caller]
    pub fn known(&self) -> u32 {
        word(&self.get(option::FDB, &[0], 65536), 1)
    }

    /// The counters.
    #[track_caller]
    pub fn stats(&self) -> Stats {
        let value = self.get(option::STATS, &[], 4096);
        let counters = value
            .chunks(8)
            .map(|counter| u64::from_ne_bytes(counter.try_into().expect("eight bytes")));
        Stats(counters.collect())
    }
}

/// Counters of a switch.
#[derive(PartialEq, Debug)]
pub struct Stats(Vec<u64>);

macro_rules! counters {
    ($($name:ident = $at:literal),* $(,)?) => {
        impl Stats {
            $(pub fn $name(&self) -> u64 {
                self.0[$at]
            })*
        }
    };
}

counters![
    unicast = 0,
    flooded = 1,
    too_short = 2,
    invalid_source = 4,
    reserved = 5,
    malformed_tag = 6,
    vlan_ingress = 7,
    vlan_egress = 8,
    same_port = 9,
    isolated = 10,
    no_receiver = 11,
    learned = 12,
    moved = 13,
    aged = 14,
    limited = 15,
    port_limited = 16,
    evicted = 17,
    flushed = 18,
    addresses = 19,
    fixed = 20,
    capacity = 21,
    locked = 22,
];

impl Stats {
    /// Every frame that was sent.
    pub fn frames(&self) -> u64 {
        self.0[..12].iter().sum::<u64>() + self.locked()
    }

    /// What is learned now follows from what happened.
    #[track_caller]
    pub fn add_up(&self) {
        let left = self.learned() - self.aged() - self.evicted() - self.flushed();
        same("addresses learned now", left, self.addresses());
    }
}
