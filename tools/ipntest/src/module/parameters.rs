// SPDX-License-Identifier: GPL-2.0
//! The modules' parameters, as `/sys/module` shows them and root changes them.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, OWNER, STRANGER};
use crate::switch::lab::{load_switch, option::LIMITS, words, Lab};
use crate::sys::privilege::{give_up, CAP_SYS_RESOURCE};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

cases!["parameters":
    everybody_sees_them,
    only_root_changes_them,
    wrong_values_are_refused,
    most_ports_change_for_networks_to_be,
    most_bytes_change_for_networks_to_be,
    a_users_bounds_change_at_once,
    lowered_bounds_disturb_nothing_that_is_there,
    a_switchs_addresses_change_for_networks_to_be,
];

/// Module, parameter, value unless told.
const ALL: [(&str, &str, &str); 6] = [
    ("af_ipn", "max_ports", "4096"),
    ("af_ipn", "max_network_bytes", "67108864"),
    ("af_ipn", "max_user_networks", "4096"),
    ("af_ipn", "max_user_bytes", "1073741824"),
    ("kvde_switch", "max_addresses", "4096"),
    ("kvde_switch", "max_port_addresses", "1024"),
];

fn file(module: &str, name: &str) -> String {
    format!("/sys/module/{module}/parameters/{name}")
}

fn write(file: &str, value: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(file)?;
    file.write_all(value.as_bytes())
}

/// A parameter that has another value while this lives.
pub struct Changed {
    file: String,
    before: String,
}

impl Changed {
    /// From now on it is `value`.
    #[track_caller]
    pub fn to(module: &str, name: &str, value: &str) -> Changed {
        let file = file(module, name);
        let before = ok(&file, fs::read_to_string(&file));
        ok(&file, write(&file, value));
        let now = ok(&file, fs::read_to_string(&file));
        same(&file, now.trim(), value);
        Changed { file, before }
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = write(&self.file, self.before.trim());
    }
}

fn everybody_sees_them() {
    load_switch();
    OWNER.does(|| {
        for (module, name, value) in ALL {
            let file = file(module, name);
            let mode = ok(&file, fs::metadata(&file)).permissions().mode();
            same(&file, mode & 0o777, 0o644);
            same(&file, ok(&file, fs::read_to_string(&file)).trim(), value);
        }
    });
}

fn only_root_changes_them() {
    load_switch();
    OWNER.does(|| {
        for (module, name, _) in ALL {
            let file = file(module, name);
            fails(&file, write(&file, "1"), libc::EACCES);
        }
    });
}

fn wrong_values_are_refused() {
    load_switch();
    for (module, name, value) in ALL {
        let file = file(module, name);
        let more = match name {
            "max_ports" => &["0", "65536"][..],
            "max_addresses" => &["1048577"],
            _ => &[],
        };
        for wrong in ["many", "-1", "1x", " "].iter().chain(more) {
            let refused = write(&file, wrong);
            fails(format_args!("{wrong:?} in {file}"), refused, libc::EINVAL);
        }
        let beyond = write(&file, "99999999999999999999");
        fails_with(&file, beyond, &[libc::EINVAL, libc::ERANGE]);
        same(&file, ok(&file, fs::read_to_string(&file)).trim(), value);
    }
}

fn most_ports_change_for_networks_to_be() {
    let before = open();
    let raised = Changed::to("af_ipn", "max_ports", "5000");
    ok("5,000 ports", open().set(IPN_SO_NUMNODES, 5000));
    drop(raised);
    let _lowered = Changed::to("af_ipn", "max_ports", "10");
    fails(
        "bind with the 64 ports of before",
        before.bind(&Bus::named("before").addr),
        libc::ENOBUFS,
    );
    holds("no file was made", !Bus::named("before").path.exists());
    let sock = open();
    fails("11 ports", sock.set(IPN_SO_NUMNODES, 11), libc::EINVAL);
    let ports = ok("IPN_SO_NUMNODES", sock.get(IPN_SO_NUMNODES));
    same("ports unless told", ports, 10);
    ok("bind", sock.bind(&Bus::new().addr));
}

/// Something done by a process that is bound, though it is root's.
#[track_caller]
fn bounded(part: impl FnOnce()) {
    Process::start(|_| {
        ok("capset", give_up(&[CAP_SYS_RESOURCE]));
        part();
    })
    .ends_well();
}

/// A network of a MiB and a little.
const MIB: [(i32, i32); 2] = [(IPN_SO_MTU, 4096 - 16), (IPN_SO_MSGPOOLSIZE, 256)];

#[track_caller]
fn of_a_mib(name: &str) -> io::Result<crate::sys::socket::Sock> {
    let sock = open();
    for (option, value) in MIB {
        ok("option", sock.set(option, value));
    }
    sock.bind(&Bus::named(name).addr).map(|()| sock)
}

fn most_bytes_change_for_networks_to_be() {
    bounded(|| drop(ok("bind", of_a_mib("before"))));
    let _lowered = Changed::to("af_ipn", "max_network_bytes", "1000000");
    bounded(|| fails("bind", of_a_mib("after").map(drop), libc::ENOBUFS));
}

fn a_users_bounds_change_at_once() {
    let networks = Changed::to("af_ipn", "max_user_networks", "1");
    OWNER.does(|| {
        let _one = ok("bind", of_a_mib("one"));
        fails("bind", of_a_mib("two").map(drop), libc::ENOBUFS);
    });
    drop(networks);
    let _bytes = Changed::to("af_ipn", "max_user_bytes", "2000000");
    STRANGER.does(|| {
        let _one = ok("bind", of_a_mib("three"));
        fails("bind", of_a_mib("four").map(drop), libc::ENOBUFS);
    });
}

fn lowered_bounds_disturb_nothing_that_is_there() {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 100)]);
    let _lowered = [
        Changed::to("af_ipn", "max_ports", "2"),
        Changed::to("af_ipn", "max_network_bytes", "1"),
        Changed::to("af_ipn", "max_user_networks", "0"),
        Changed::to("af_ipn", "max_user_bytes", "0"),
    ];
    let far = open();
    ok("connect", far.connect(&bus.addr));
    say(&creator, b"still well");
    hear(&far, b"still well");
    let more = creator.set(IPN_SO_CHANGE_NUMNODES, 3);
    fails("more ports than may be", more, libc::EINVAL);
    ok("fewer ports", creator.set(IPN_SO_CHANGE_NUMNODES, 2));
}

fn a_switchs_addresses_change_for_networks_to_be() {
    load_switch();
    let old = Lab::named("old", IPN_VDESWITCH, &[]);
    let _lowered = [
        Changed::to("kvde_switch", "max_addresses", "5"),
        Changed::to("kvde_switch", "max_port_addresses", "3"),
    ];
    let new = Lab::named("new", IPN_VDESWITCH, &[]);
    same("limits", old.get(LIMITS, &[], 8), words(&[4096, 1024]));
    same("limits", new.get(LIMITS, &[], 8), words(&[5, 3]));
}
