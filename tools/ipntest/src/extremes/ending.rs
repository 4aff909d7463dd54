// SPDX-License-Identifier: GPL-2.0
//! What is closed is gone: ports, devices, the network, and what its user is charged.

use super::sizes::twin;
use super::stage::{Receiver, Stage};
use crate::abi::*;
use crate::device::lab::{exists, is_promiscuous};
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::task::wait_until;
use crate::sysfs::lab::{directory, value};
use ipnmatrix::cell::USERS_PORTS;
use std::fs;

/// `/proc/net/ipn`, as it is in the initial network namespace.
const LISTING: &str = "/proc/1/net/ipn";
/// Ports that an account without room has no room for.
const MORE: u32 = 64;

/// The members leave one after the other.
#[track_caller]
pub fn leaves_nothing(stage: Stage) {
    let Stage {
        cell,
        numbers,
        bus,
        creator,
        receiver,
        others,
    } = stage;
    let entry = directory(&bus);
    let is_bounded = cell.user.is_bounded();
    if is_bounded {
        let refused = twin(cell.policy, &numbers).map(drop);
        fails("another network of that size", refused, libc::ENOBUFS);
    }
    match receiver {
        Receiver::Socket(sock) => {
            drop(sock);
            drop(others);
            let ports = numbers.ports;
            let resized = |ports: u32| creator.set(IPN_SO_CHANGE_NUMNODES, ports as i32);
            ok("one port", resized(1));
            same("ports", value(&bus, "ports"), "1".into());
            ok("as many as before", resized(ports));
            if is_bounded && ports + MORE <= USERS_PORTS {
                fails("some more", resized(ports + MORE), libc::ENOBUFS);
            }
            same("ports", value(&bus, "ports"), ports.to_string());
            drop(creator);
        }
        Receiver::Device(name, far) => {
            drop(others);
            drop(creator);
            wait_until("the device is free", || match name {
                "ipn0" => !exists(name),
                _ => exists(name) && !is_promiscuous(name),
            });
            drop(far);
        }
    }
    wait_until("the network is gone", || !entry.exists());
    let listed = ok(LISTING, fs::read_to_string(LISTING));
    let path = bus.path.to_string_lossy();
    holds("it is not listed", !listed.contains(&*path));
    let again = twin(cell.policy, &numbers);
    ok("another network of that size", again.map(drop));
}
