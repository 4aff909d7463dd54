// SPDX-License-Identifier: GPL-2.0
//! What the tests of the `ipn` crate have in common: its results, and ports of a test's network.

use crate::lab::bus::Bus;
use crate::lab::check::same;
use ipn::{Builder, Content, Direction, Errno, Error, Oob, Port, RecvFlags};
use std::fmt::Display;

/// The call succeeds; its value.
#[track_caller]
pub fn ok<T, E: Into<Error>>(what: impl Display, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {}, expected success", error.into()),
    }
}

/// The call fails with this errno.
#[track_caller]
pub fn fails<T, E: Into<Error>>(what: impl Display, result: Result<T, E>, errno: Errno) -> Error {
    match result {
        Ok(_) => panic!("{what}: success, expected {errno}"),
        Err(error) => {
            let error = error.into();
            same(what, error.errno(), errno);
            error
        }
    }
}

/// A network of these properties with a port on it.
#[track_caller]
pub fn create(bus: &Bus, builder: &Builder) -> Port {
    ok("connect", ok("bind", builder.bind(&bus.path)).connect())
}

/// A port that only receives, and reports losses.
#[track_caller]
pub fn reader(bus: &Bus) -> Port {
    let builder = Builder::new().direction(Direction::Receive);
    let port = ok("connect", builder.connect(&bus.path));
    ok("losses", port.set_report_losses(true));
    port
}

/// The next message is this one.
#[track_caller]
pub fn hears(port: &Port, expected: &[u8]) {
    let mut buffer = [0; 2000];
    let received = ok("recv", port.recv_with(&mut buffer, RecvFlags::DONTWAIT));
    same(
        "message",
        received.content(&buffer),
        Content::Message(expected),
    );
}

/// A network with a port that only sends and is told how many others there are; it was told of itself.
#[track_caller]
pub fn watcher(bus: &Bus) -> Port {
    let builder = Builder::new()
        .direction(Direction::Send)
        .watch_members(true);
    let watcher = create(bus, &builder);
    same("at first", last_count(&watcher), Some((0, 1)));
    watcher
}

/// The newest count of members that the port was told.
#[track_caller]
pub fn last_count(port: &Port) -> Option<(u32, u32)> {
    let mut buffer = [0; Oob::LEN];
    let mut last = None;
    while let Ok(received) = port.recv_with(&mut buffer, RecvFlags::DONTWAIT) {
        match received.content(&buffer) {
            Content::OutOfBand(Oob::Members { readers, writers }) => {
                last = Some((readers, writers));
            }
            other => panic!("{other:?}, expected a count of members"),
        }
    }
    last
}
