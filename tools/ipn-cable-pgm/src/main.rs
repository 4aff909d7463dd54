// SPDX-License-Identifier: GPL-2.0

//! `ipn-cable-pgm`: a cable over PGM (RFC 3208) by OpenPGM, which does the protocol: what is lost on
//! the way is asked for again.
//!
//! OpenPGM is the library that Debian has. Crate `if-addrs` finds an interface and its address, `fastrand`
//! gives the session its number, and `libc` the structures that OpenPGM takes.

#![deny(unsafe_code)]

mod engine;
mod interface;
mod options;
mod pace;
mod packets;
#[allow(missing_docs, unsafe_code)]
mod sys;

use engine::Pgm;
use options::Options;
use std::process::ExitCode;

const USAGE: &str = "ipn-cable-pgm PATH pgm://GROUP[:PORT][?iface=,rate=,window=,mtu=,hops=,udp=]";

fn main() -> ExitCode {
    ipn_cable::program("pgm", USAGE, |url, _| Pgm::open(&Options::of(url)?))
}
