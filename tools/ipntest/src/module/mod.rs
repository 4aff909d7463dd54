// SPDX-License-Identifier: GPL-2.0
//! The module itself: loading, unloading, parameters, and what is left behind.
//!
//! These tests unload the module and load it again without parameters, so they come last.

pub mod kunit;
pub mod parameters;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::client::{complains, program};
use crate::lab::runner::{cases, skip};
use crate::lab::task::{wait_until, Process, OWNER, ROOT, STRANGER};
use crate::mapping::lab::Map;
use crate::pace::volume;
use crate::races::race::Race;
use crate::sys::module;
use crate::sys::process;
use crate::sys::socket::{socket, Addr};
use crate::sysfs;
use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

cases!["module":
    unloading_is_refused_while_a_socket_is_open,
    unloading_is_refused_while_memory_is_mapped,
    unloads_once_the_last_socket_closes,
    unloading_against_the_last_unmapping @ 60,
    family_is_gone_after_unloading,
    nothing_is_left_after_unloading,
    files_that_stay_open_outlive_it,
    nobody_loads_the_module_by_asking_for_a_socket,
    loads_and_unloads_fifty_times @ 60,
    most_ports_of_a_network,
    most_bytes_of_a_network,
    most_networks_of_a_user,
    wrong_parameters_are_refused,
];

const FILE: &str = "/lib/modules/af_ipn.ko";

/// What unloading a module that is in use fails with.
const BUSY: [i32; 2] = [libc::EAGAIN, libc::EBUSY];

fn loaded() -> bool {
    Path::new("/sys/module/af_ipn").exists()
}

#[track_caller]
fn load(parameters: &CStr) {
    let file = ok(FILE, fs::File::open(FILE));
    ok("finit_module", module::load(&file, parameters));
    holds("the module is loaded", loaded());
}

/// Unloads the module, and the policies that hold it; sockets that were just closed may take a moment
/// to let go of it.
#[track_caller]
fn unload() {
    wait_until("the module unloads", || {
        for policy in [c"kvde_switch", c"midi_channel"] {
            let _ = module::unload(policy);
        }
        module::unload(c"af_ipn").is_ok()
    });
    holds("the module is gone", !loaded());
}

/// Unloads the module, does something, and loads it again whatever came of it.
fn without_the_module(deed: impl FnOnce()) {
    with_the_module_reloaded(|| {
        deed();
        holds("the module is still gone", !loaded());
    });
}

fn with_the_module_reloaded(deed: impl FnOnce()) {
    if !Path::new(FILE).exists() || process::user_id() != 0 {
        skip("the module's file is needed, and root");
    }
    // A process of its own: when the deed fails, the module is loaded again all the same.
    let worker = Process::start(|_| {
        unload();
        deed();
    });
    let (_, status) = ok("waitpid", process::wait(worker.pid, 0));
    if loaded() {
        unload();
    }
    load(c"");
    if status != 0 {
        process::exit_now(crate::lab::runner::FAILED);
    }
}

fn unloading_is_refused_while_a_socket_is_open() {
    let refused = |what: &str| fails_with(what, module::unload(c"af_ipn"), &BUSY);
    let sock = open();
    refused("unloading with a new socket");
    let bus = Bus::new();
    ok("bind", sock.bind(&bus.addr));
    refused("unloading with a manager");
    ok("connect", sock.connect(&Addr::null(0)));
    refused("unloading with a port");
    let port = bus.join();
    ok("close", sock.close());
    refused("unloading with the last port");
    say(&port, b"still well");
    holds("the module is loaded", loaded());
}

/// Nobody has a descriptor any more.
fn unloading_is_refused_while_memory_is_mapped() {
    with_the_module_reloaded(|| {
        load(c"");
        let bus = Bus::new();
        let (port, sender) = (bus.create(), bus.join());
        let map = Map::of(&port);
        say_number(&sender, 7);
        drop((port, sender));
        fails_with("unloading", module::unload(c"af_ipn"), &BUSY);
        same("the message in mapped memory", map.number(0), 7);
        drop(map);
        unload();
    });
}

fn unloading_against_the_last_unmapping() {
    with_the_module_reloaded(|| {
        let mut race = Race::of(2);
        for round in 0..volume(20, "times") {
            load(c"");
            let bus = Bus::named(&round.to_string());
            let map = Map::of(&bus.create());
            race.run(
                move || drop(map),
                || {
                    for _ in 0..5 {
                        if let refused @ Err(_) = module::unload(c"af_ipn") {
                            let gone_or_busy = [libc::EAGAIN, libc::EBUSY, libc::ENOENT];
                            fails_with("unloading", refused, &gone_or_busy);
                        }
                    }
                },
            );
            if loaded() {
                unload();
            }
        }
    });
}

fn unloads_once_the_last_socket_closes() {
    with_the_module_reloaded(|| {
        load(c"");
        let bus = Bus::new();
        let ports = [bus.create(), bus.join(), bus.reader()];
        say(&ports[0], b"never read");
        drop(ports);
        unload();
    });
}

fn family_is_gone_after_unloading() {
    let bus = Bus::new();
    bus.create();
    without_the_module(|| {
        let refused = socket(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST);
        fails(
            "socket without the module",
            refused.map(drop),
            libc::EAFNOSUPPORT,
        );
        for line in [
            &["ipn", "create", "bus"][..],
            &["ipn", "recv", "bus"],
            &["ipn", "show"],
            &["ipn", "release", "ipn0"],
            &["ipn-echo", "bus", "--ip", "10.0.0.1/24"],
            &["ipn-peer", "bus"],
            &["ipn-sender", "bus"],
            &["ipn-mapped_sender", "bus"],
            &["ipn-receiver", "bus"],
            &["ipn-mapped_receiver", "bus"],
        ] {
            complains(program(line[0], ROOT, &line[1..]), &["modprobe af_ipn"]);
        }
        holds(
            "the network's file is an ordinary one",
            fs::remove_file(&bus.path).is_ok(),
        );
    });
    bus.create();
}

fn nothing_is_left_after_unloading() {
    {
        let bus = Bus::new();
        let ports = [bus.create(), bus.join()];
        say(&ports[0], b"something");
    }
    without_the_module(|| {
        for file in [
            "/proc/slabinfo",
            "/proc/net/protocols",
            "/proc/modules",
            "/proc/vmallocinfo",
        ] {
            let text = ok(file, fs::read_to_string(file)).to_lowercase();
            let left = text.lines().find(|line| line.contains("ipn"));
            same(format_args!("what is left in {file}"), left, None);
        }
        let left = ok("/proc/net", fs::read_dir("/proc/net"))
            .filter_map(Result::ok)
            .find(|entry| entry.file_name().to_string_lossy().contains("ipn"));
        holds("nothing is left in /proc/net", left.is_none());
        let left = Path::new(sysfs::lab::ROOT).exists();
        holds("nothing is left in /sys/kernel", !left);
    });
    let protocols = ok(
        "/proc/net/protocols",
        fs::read_to_string("/proc/net/protocols"),
    );
    holds(
        "the loaded family is in /proc/net/protocols",
        protocols.contains("IPN"),
    );
}

fn files_that_stay_open_outlive_it() {
    let bus = Bus::new();
    let creator = bus.create();
    let directory = sysfs::lab::directory(&bus);
    let files = ["", "path", "sent", "taken"].map(|name| directory.join(name));
    let files = files.map(|file| ok(file.display(), fs::File::open(&file)));
    ok("sent", files[2].read_at(&mut [0; 1], 0));
    let netdev = sysfs::lab::netdev(&bus);
    ok("close", creator.close());
    let all_are_gone = || {
        for file in &files[1..] {
            fails("read", file.read_at(&mut [0; 9], 0), libc::ENODEV);
        }
        fails("write", sysfs::lab::write(&netdev, "tap"), libc::ENODEV);
    };
    without_the_module(all_are_gone);
    all_are_gone();
    drop((files, netdev));
    let again = Bus::named("again").create();
    same("directories", sysfs::lab::directories().len(), 1);
    drop(again);
}

fn nobody_loads_the_module_by_asking_for_a_socket() {
    without_the_module(|| {
        for user in [OWNER, STRANGER] {
            user.does(|| {
                for kind in [
                    libc::SOCK_RAW,
                    libc::SOCK_DGRAM,
                    libc::SOCK_SEQPACKET,
                    libc::SOCK_STREAM,
                ] {
                    let refused = socket(AF_IPN, kind, IPN_BROADCAST);
                    fails("a user's socket", refused.map(drop), libc::EAFNOSUPPORT);
                }
            });
        }
        let refused = socket(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST);
        fails("root's socket", refused.map(drop), libc::EAFNOSUPPORT);
        holds("no module was loaded", !loaded());
    });
    let file = ok(FILE, fs::read(FILE));
    let has = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    holds("the module names itself", has(b"name=af_ipn"));
    holds(
        "the module answers to no family's alias",
        !has(b"alias=net-pf-"),
    );
}

fn loads_and_unloads_fifty_times() {
    with_the_module_reloaded(|| {
        for round in 0..volume(50, "times") {
            load(c"");
            let bus = Bus::named(&round.to_string());
            let (one, two) = (bus.create(), bus.join());
            say_number(&one, round);
            hear_number(&two, round);
            drop((one, two));
            unload();
        }
    });
}

fn most_ports_of_a_network() {
    with_the_module_reloaded(|| {
        load(c"max_ports=100");
        let sock = open();
        ok("IPN_SO_NUMNODES = 100", sock.set(IPN_SO_NUMNODES, 100));
        fails(
            "IPN_SO_NUMNODES = 101",
            sock.set(IPN_SO_NUMNODES, 101),
            libc::EINVAL,
        );
        ok("bind", sock.bind(&Bus::new().addr));
        fails(
            "101 ports",
            sock.set(IPN_SO_CHANGE_NUMNODES, 101),
            libc::EINVAL,
        );
        drop(sock);
        unload();
        load(c"max_ports=5000");
        let bus = Bus::named("large");
        let creator = bus.create_with(&[(IPN_SO_NUMNODES, 5000)]);
        let far = open();
        ok("IPN_SO_PORT", far.set(IPN_SO_PORT, 4999));
        ok("connect to port 4999", far.connect(&bus.addr));
        say(&creator, b"far");
        hear(&far, b"far");
    });
}

fn most_bytes_of_a_network() {
    with_the_module_reloaded(|| {
        load(c"max_network_bytes=65536");
        OWNER.does(|| {
            // 1,514 bytes take 1,520 and 32, and there is room for one more than messages: 40 of them are too much, and
            // 36 with a page before them, another for the cursor, and two for what else there is.
            let bus = Bus::new();
            let sock = open();
            ok("IPN_SO_NUMNODES", sock.set(IPN_SO_NUMNODES, 1));
            for pool in [40, 36] {
                ok("IPN_SO_MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, pool));
                let what = format!("bind with a pool of {pool}");
                fails(what, sock.bind(&bus.addr), libc::ENOBUFS);
                same("a file", bus.path.exists(), false);
            }
            ok("IPN_SO_MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, 24));
            ok("bind with a pool of 24", sock.bind(&bus.addr));
        });
        let _root_is_exempt = Bus::named("large").create();
    });
}

fn most_networks_of_a_user() {
    with_the_module_reloaded(|| {
        load(c"max_user_networks=3");
        OWNER.does(|| {
            let bus = |n: u32| Bus::named(&n.to_string());
            let mut networks: Vec<_> = (0..3).map(|n| bus(n).create()).collect();
            let sock = open();
            fails(
                "bind of a fourth network",
                sock.bind(&bus(3).addr),
                libc::ENOBUFS,
            );
            same("a file", bus(3).path.exists(), false);
            ok("close", networks.remove(0).close());
            ok("bind once one has ended", sock.bind(&bus(3).addr));
            fails("bind of one more", open().bind(&bus(4).addr), libc::ENOBUFS);
            let _joined = bus(1).manage();
            drop(networks);
        });
        STRANGER.does(|| drop(Bus::named("stranger").create()));
        let _root_is_exempt: Vec<_> = (10..15)
            .map(|n| Bus::named(&n.to_string()).create())
            .collect();
    });
}

fn wrong_parameters_are_refused() {
    without_the_module(|| {
        let file = ok(FILE, fs::File::open(FILE));
        for (parameters, errno) in [
            (c"max_ports=-1", libc::EINVAL),
            (c"max_ports=0", libc::EINVAL),
            (c"max_ports=65536", libc::EINVAL),
            (c"max_ports=many", libc::EINVAL),
            (c"max_ports=99999999999", libc::ERANGE),
            (c"max_network_bytes=-1", libc::EINVAL),
        ] {
            fails(
                format_args!("loading with {parameters:?}"),
                module::load(&file, parameters),
                errno,
            );
        }
    });
}
