// SPDX-License-Identifier: GPL-2.0
//! What tests of cables have in common.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::client::*;
use crate::lab::task::ROOT;
use crate::switch::lab::load_switch;
use crate::sys::socket::{socket, Sock};
use std::process::Command;

/// A switch of the usual shape: its manager.
#[track_caller]
pub fn switch(bus: &Bus) -> Sock {
    load_switch();
    let manager = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
    ok("bind to a free name", manager.bind(&bus.addr));
    manager
}

/// A port, whatever the policy is.
#[track_caller]
pub fn join(bus: &Bus) -> Sock {
    let member = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("connect", member.connect(&bus.addr));
    member
}

/// `ipn` as root.
#[track_caller]
pub fn ipn(arguments: &[&str]) -> Command {
    program("ipn", ROOT, arguments)
}

/// What `ipn` says that is to succeed.
#[track_caller]
pub fn says(arguments: &[&str]) -> String {
    String::from_utf8_lossy(&succeeds(ipn(arguments), b"")).into_owned()
}

/// What `ipn show --ports` says of a network.
#[track_caller]
pub fn ports(bus: &Bus) -> String {
    says(&["show", "--ports", name(bus)])
}
