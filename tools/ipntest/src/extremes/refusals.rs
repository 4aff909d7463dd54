// SPDX-License-Identifier: GPL-2.0
//! What does not work is refused with the error of af_ipn(7), and leaves all as it was.

use super::sizes::shaped;
use super::stage::{any, become_maker, cable, filters, port, Elsewhere, MODE};
use crate::abi::*;
use crate::device::lab::{exists, grab, is_promiscuous, tap, veth};
use crate::lab::bus::Bus;
use crate::lab::check::{fails, holds, ok, same};
use crate::mapping::lab::{map_cursor, map_head};
use crate::sys::socket::{Addr, Sock};
use crate::sysfs::lab::value;
use ipnmatrix::cell::Numbers;
use ipnmatrix::dimension::{Kind, User};
use ipnmatrix::{Cell, Reason};

/// Bytes of the MTU that a device needs.
const LEAST_OF_A_DEVICE: u32 = 82;

/// A cell that is refused for this reason alone.
#[track_caller]
pub fn is_refused(cell: &Cell, numbers: &Numbers, reason: Reason) {
    let bus = Bus::new();
    // Who is neither the owner nor root comes to a network that is there.
    let elsewhere = [User::Group, User::Other].contains(&cell.user);
    let elsewhere = elsewhere.then(|| {
        Elsewhere::start(cell.user, || {
            if reason != Reason::NoManager {
                return port(&bus, numbers.ports as i32 - 1, cell.filter);
            }
            let sock = any();
            fails("bind without x", sock.bind(&bus.addr), libc::EACCES);
            sock
        })
    });
    become_maker(cell);
    let creator = shaped(cell.policy, numbers);
    ok("IPN_SO_MODE", creator.set(IPN_SO_MODE, MODE));
    ok("flags", creator.set(IPN_SO_FLAGS, cell.flags.value()));
    if reason == Reason::Memory {
        fails("bind", creator.bind(&bus.addr), libc::ENOBUFS);
        return holds("no file was made", !bus.path.exists());
    }
    ok("bind", creator.bind(&bus.addr));
    match reason {
        Reason::Memory | Reason::Guest => unreachable!("it makes no network"),
        Reason::NoManager => {
            elsewhere.expect("it is elsewhere").now();
        }
        Reason::NoHub | Reason::FilterOfMapped => {
            let errno = match reason {
                Reason::NoHub => libc::EOPNOTSUPP,
                _ => libc::EACCES,
            };
            let sock = match elsewhere {
                Some(elsewhere) => elsewhere.now(),
                None => port(&bus, numbers.ports as i32 - 1, cell.filter),
            };
            fails("mmap of the ring", map_head(&sock), errno);
            fails("mmap of the cursor", map_cursor(&sock), errno);
            same("ports", value(&bus, "used"), "1".into());
        }
        Reason::NoPrivilege => {
            is_no_device(cell.kind, &creator, "lo", libc::EPERM);
        }
        Reason::FilterOfDevice | Reason::ShortFrames => {
            let device = match cell.kind {
                Kind::Grab if numbers.mtu < LEAST_OF_A_DEVICE => veth()[0],
                Kind::Grab => cable(numbers.mtu)[0],
                _ => "",
            };
            filters(&creator, cell.filter);
            let errno = match reason {
                Reason::ShortFrames => libc::EINVAL,
                _ => libc::EACCES,
            };
            is_no_device(cell.kind, &creator, device, errno);
        }
    }
    same("ports", value(&bus, "used"), "0".into());
    // The network is as good as before.
    ok("connect of the creator", creator.connect(&Addr::null(0)));
}

/// The creator gets no device, and none is there or taken.
#[track_caller]
fn is_no_device(kind: Kind, creator: &Sock, name: &str, errno: i32) {
    match kind {
        Kind::Grab => {
            fails("a grab", grab(creator, name), errno);
            let taken = name != "lo" && is_promiscuous(name);
            holds("it was not taken", !taken);
        }
        _ => {
            fails("a tap", tap(creator, "ipn0"), errno);
            holds("there is none", !exists("ipn0"));
        }
    }
}
