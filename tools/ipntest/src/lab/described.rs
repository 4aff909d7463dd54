// SPDX-License-Identifier: GPL-2.0
//! Networks that files describe: `ipn up`.

use crate::lab::bus::Bus;
use crate::lab::check::{ok, same};
use crate::lab::client::*;
use crate::sys::process::kill;
use std::fs;
use std::process::Command;

/// Writes what describes the network: its path, and these lines.
#[track_caller]
pub fn describe(bus: &Bus, lines: &str) -> String {
    let file = bus.path.with_extension("toml");
    let text = format!("path = {:?}\n{lines}\n", bus.path);
    ok("writing a description", fs::write(&file, text));
    file.to_str().expect("the path is text").to_owned()
}

/// `ipn up`, which is started, once the network is up.
#[track_caller]
pub fn start_up(command: Command, bus: &Bus) -> Running {
    let (holder, line) = start(command);
    let expected = format!("network {} is up; Ctrl-C ends it\n", name(bus));
    same("what ipn up says", line, expected);
    holder
}

/// Has it end the network.
#[track_caller]
pub fn interrupt(holder: Running) {
    ok("kill", kill(holder.id() as i32, libc::SIGTERM));
    same("status", holder.status(), Some(0));
}
