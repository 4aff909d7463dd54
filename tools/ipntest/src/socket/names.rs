// SPDX-License-Identifier: GPL-2.0
//! A network is the file behind its name, whatever happens to the name.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::{Process, OWNER, STRANGER};
use crate::sys::mount;
use crate::sys::socket::{socket, Addr, Sock};
use std::fs::{self, Permissions};
use std::os::unix::fs::{symlink, DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

cases!["names":
    network_answers_to_its_new_name,
    hard_link_is_another_name,
    symbolic_link_leads_to_the_network,
    bind_mount_leads_to_the_network,
    relative_path_is_fine,
    unlinked_network_goes_on_without_a_name,
    name_is_free_again_after_unlink,
    replaced_name_leads_to_the_new_network,
    stale_name_is_refused_until_unlinked,
    stale_link_of_an_ended_network_is_refused,
    other_kinds_of_file_are_refused,
    other_families_do_not_reach_the_network,
    broken_paths_are_named_for_what_they_are,
    read_only_file_system_takes_no_new_network,
    network_on_a_file_system_gone_read_only_can_be_joined,
    network_namespaces_do_not_matter,
    refused_bind_leaves_no_file,
    memory_is_had_before_the_name,
    one_of_many_simultaneous_binds_creates,
    last_close_against_connect_never_confuses,
    name_is_never_there_without_its_network,
    connect_is_an_access_of_the_file,
];

/// A word goes over, so both are on one network.
#[track_caller]
fn are_together(one: &Sock, two: &Sock) {
    say(one, b"are you there");
    hear(two, b"are you there");
}

fn network_answers_to_its_new_name() {
    let (bus, moved) = (Bus::new(), Bus::named("moved"));
    let creator = bus.create();
    ok("rename", fs::rename(&bus.path, &moved.path));
    fails(
        "connect to the old name",
        open().connect(&bus.addr),
        libc::ENOENT,
    );
    are_together(&creator, &moved.join());
    moved.manage();
    let other = bus.create();
    are_together(&other, &bus.join());
    hear_nothing(&creator);
}

fn hard_link_is_another_name() {
    let (bus, link) = (Bus::new(), Bus::named("link"));
    let creator = bus.create();
    ok("link", fs::hard_link(&bus.path, &link.path));
    are_together(&creator, &link.join());
    link.manage();
    ok("unlink of the first name", fs::remove_file(&bus.path));
    are_together(&creator, &link.join());
}

fn symbolic_link_leads_to_the_network() {
    let (bus, link) = (Bus::new(), Bus::named("link"));
    let creator = bus.create();
    ok("symlink", symlink(&bus.path, &link.path));
    are_together(&creator, &link.join());
    let manager = link.manage();
    ok(
        "connect of the manager by the other name",
        manager.connect(&bus.addr),
    );
    are_together(&creator, &manager);

    let dangling = Bus::named("dangling");
    ok("symlink", symlink("nowhere", &dangling.path));
    fails(
        "connect through a dangling link",
        open().connect(&dangling.addr),
        libc::ENOENT,
    );
    fails(
        "bind through a dangling link",
        open().bind(&dangling.addr),
        libc::EADDRINUSE,
    );
    same(
        "a file at the end of the link",
        runner::directory().join("nowhere").exists(),
        false,
    );
}

fn bind_mount_leads_to_the_network() {
    let (bus, inner) = (Bus::new(), Bus::named("mnt/bus"));
    let creator = bus.create();
    ok("mkdir", fs::create_dir(runner::directory().join("mnt")));
    let visitor = Process::start(|line| {
        ok("own mount namespace", mount::own_namespace());
        let (from, to) = (runner::directory(), runner::directory().join("mnt"));
        ok("bind mount", mount::mount(from, &to, "", libc::MS_BIND));
        let port = inner.join();
        inner.manage();
        say(&port, b"from the other namespace");
        line.tell(0);
        line.hear();
    });
    visitor.line.hear();
    hear(&creator, b"from the other namespace");
    fails(
        "the same name outside",
        open().connect(&inner.addr),
        libc::ENOENT,
    );
    visitor.line.tell(0);
    visitor.ends_well();
}

fn relative_path_is_fine() {
    let here = Addr::of("./bus");
    let creator = open();
    ok("bind to a relative path", creator.bind(&here));
    ok("connect", creator.connect(&here));
    ok("mkdir", fs::create_dir("below"));
    ok("chdir", std::env::set_current_dir("below"));
    let port = open();
    fails(
        "connect to the same words elsewhere",
        port.connect(&here),
        libc::ENOENT,
    );
    ok(
        "connect to another path to it",
        port.connect(&Addr::of("../bus")),
    );
    are_together(&creator, &port);
}

fn unlinked_network_goes_on_without_a_name() {
    let bus = Bus::new();
    let (creator, port) = (bus.create(), bus.join());
    ok("unlink", fs::remove_file(&bus.path));
    are_together(&creator, &port);
    are_together(&port, &creator);
    fails(
        "connect to the name that is gone",
        open().connect(&bus.addr),
        libc::ENOENT,
    );
}

fn name_is_free_again_after_unlink() {
    let bus = Bus::new();
    let old = (bus.create(), bus.join());
    ok("unlink", fs::remove_file(&bus.path));
    let new = (bus.create(), bus.join());
    are_together(&old.0, &old.1);
    are_together(&new.0, &new.1);
    for port in [&old.0, &old.1, &new.0, &new.1] {
        hear_nothing(port);
    }
}

fn replaced_name_leads_to_the_new_network() {
    let (bus, next) = (Bus::new(), Bus::named("next"));
    let (old, new) = (bus.create(), next.create());
    ok(
        "rename over the old name",
        fs::rename(&next.path, &bus.path),
    );
    are_together(&new, &bus.join());
    hear_nothing(&old);
}

fn stale_name_is_refused_until_unlinked() {
    let bus = Bus::new();
    for _ in 0..3 {
        drop(bus.create());
        fails(
            "connect to a stale name",
            open().connect(&bus.addr),
            libc::ECONNREFUSED,
        );
        fails(
            "bind to a stale name",
            open().bind(&bus.addr),
            libc::ECONNREFUSED,
        );
        ok("unlink", fs::remove_file(&bus.path));
    }
}

fn stale_link_of_an_ended_network_is_refused() {
    let (bus, link) = (Bus::new(), Bus::named("link"));
    let creator = bus.create();
    ok("link", fs::hard_link(&bus.path, &link.path));
    ok("unlink", fs::remove_file(&bus.path));
    drop(creator);
    let _new = bus.create();
    fails(
        "connect to the ended network's link",
        open().connect(&link.addr),
        libc::ECONNREFUSED,
    );
    fails("bind to it", open().bind(&link.addr), libc::ECONNREFUSED);
    bus.join();
}

fn other_kinds_of_file_are_refused() {
    let directory = runner::directory();
    ok("write", fs::write(directory.join("plain"), b"x"));
    ok("mkdir", fs::create_dir(directory.join("directory")));
    let _unix = ok(
        "an AF_UNIX socket",
        UnixListener::bind(directory.join("unix")),
    );
    for name in [
        "plain",
        "directory",
        "unix",
        "/dev/null",
        "/",
        "/proc/self/status",
        ".",
    ] {
        let addr = Bus::named(name).addr;
        let (one, two) = (open(), open());
        fails(
            format_args!("connect to {name}"),
            one.connect(&addr),
            libc::ECONNREFUSED,
        );
        fails(
            format_args!("bind to {name}"),
            two.bind(&addr),
            libc::ECONNREFUSED,
        );
    }
    same(
        "the plain file is as it was",
        ok("read", fs::read("plain")),
        b"x".to_vec(),
    );
}

fn other_families_do_not_reach_the_network() {
    let bus = Bus::new();
    let creator = bus.create();
    let unix = UnixStream::connect(&bus.path);
    same(
        "AF_UNIX connect",
        unix.map(drop).map_err(|e| e.raw_os_error()),
        Err(Some(libc::ECONNREFUSED)),
    );
    let unix = ok(
        "socket(AF_UNIX)",
        socket(libc::AF_UNIX, libc::SOCK_DGRAM, 0),
    );
    let addr = bus.addr.clone().with_family(libc::AF_UNIX);
    fails(
        "AF_UNIX sendto",
        unix.sendto(b"x", NOW, &addr),
        libc::ECONNREFUSED,
    );
    fails("AF_UNIX bind", unix.bind(&addr), libc::EADDRINUSE);
    same(
        "open",
        fs::File::open(&bus.path)
            .map(drop)
            .map_err(|e| e.raw_os_error()),
        Err(Some(libc::ENXIO)),
    );
    are_together(&creator, &bus.join());
}

fn broken_paths_are_named_for_what_they_are() {
    let directory = runner::directory();
    ok("write", fs::write(directory.join("plain"), b"x"));
    ok("symlink", symlink("loop", directory.join("loop")));
    for (name, errno) in [
        ("missing/bus", libc::ENOENT),
        ("plain/bus", libc::ENOTDIR),
        ("loop/bus", libc::ELOOP),
    ] {
        let addr = Bus::named(name).addr;
        fails(
            format_args!("connect to {name}"),
            open().connect(&addr),
            errno,
        );
        fails(format_args!("bind to {name}"), open().bind(&addr), errno);
    }
    fails(
        "connect to a name that does not exist",
        open().connect(&Bus::new().addr),
        libc::ENOENT,
    );
}

/// As that of an AF_UNIX socket (`unix_find_bsd` in net/unix/af_unix.c): by who has found it, and by no other.
fn connect_is_an_access_of_the_file() {
    let mnt = runner::directory().join("mnt");
    ok("mkdir", fs::create_dir(&mnt));
    Process::start(|_| {
        ok("own mount namespace", mount::own_namespace());
        let strict = libc::MS_STRICTATIME;
        ok("tmpfs", mount::mount("none", &mnt, "tmpfs", strict));
        let accessed = |path: &Path| {
            let last = ok("stat", fs::metadata(path)).accessed();
            // The kernel's clock of files goes on by a jiffy at a time.
            std::thread::sleep(Duration::from_millis(20));
            ok("access time", last)
        };
        let (bus, unix) = (Bus::at(mnt.join("bus")), mnt.join("unix"));
        let (keeper, _listener) = (bus.create(), ok("listen", UnixListener::bind(&unix)));
        let before = [&bus.path, &unix].map(|path| accessed(path));
        let _joined = (bus.join(), ok("connect", UnixStream::connect(&unix)));
        let after = [&bus.path, &unix].map(|path| accessed(path));
        same(
            "a connect counts",
            after[0] > before[0],
            after[1] > before[1],
        );
        holds("for both", after[0] > before[0]);
        say(&keeper, b"x");
        ok("stat", fs::metadata(&bus.path));
        same("a message", accessed(&bus.path), after[0]);
        let closed = Permissions::from_mode(0o000);
        ok("chmod", fs::set_permissions(&bus.path, closed));
        STRANGER.does(|| fails("connect", open().connect(&bus.addr), libc::EACCES));
        same("a refusal", accessed(&bus.path), after[0]);
    })
    .ends_well();
}

/// In a process of its own: a tmpfs at `mnt`, made read-only after `prepare`.
fn on_a_read_only_file_system(prepare: impl FnOnce() -> Vec<Sock>, test: impl FnOnce()) {
    let mnt = runner::directory().join("mnt");
    ok("mkdir", fs::DirBuilder::new().mode(0o755).create(&mnt));
    Process::start(|_| {
        ok("own mount namespace", mount::own_namespace());
        ok("mount of a tmpfs", mount::mount("none", &mnt, "tmpfs", 0));
        let kept = prepare();
        let read_only = libc::MS_REMOUNT | libc::MS_RDONLY;
        ok(
            "remount read-only",
            mount::mount("none", &mnt, "tmpfs", read_only),
        );
        test();
        drop(kept);
    })
    .ends_well();
}

fn read_only_file_system_takes_no_new_network() {
    on_a_read_only_file_system(Vec::new, || {
        let sock = open();
        fails("bind", sock.bind(&Bus::named("mnt/bus").addr), libc::EROFS);
        ok(
            "bind of the same socket elsewhere",
            sock.bind(&Bus::new().addr),
        );
    });
}

fn network_on_a_file_system_gone_read_only_can_be_joined() {
    let bus = Bus::named("mnt/bus");
    on_a_read_only_file_system(
        || vec![bus.create()],
        || {
            bus.manage();
            are_together(&bus.join(), &bus.join());
        },
    );
}

fn network_namespaces_do_not_matter() {
    let bus = Bus::new();
    let creator = bus.create();
    let visitor = Process::start(|line| {
        ok("own network namespace", mount::own_network());
        say(&bus.join(), b"from the other namespace");
        line.tell(0);
    });
    visitor.line.hear();
    hear(&creator, b"from the other namespace");
    visitor.ends_well();
}

fn refused_bind_leaves_no_file() {
    let bus = Bus::new();
    let bound = Bus::named("bound").manage_new(&[]);
    fails(
        "bind of a bound socket",
        bound.bind(&bus.addr),
        libc::EINVAL,
    );
    let connected = Bus::named("bound").join();
    fails(
        "bind of a connected socket",
        connected.bind(&bus.addr),
        libc::EISCONN,
    );
    fails(
        "bind of the wrong family",
        open().bind(&bus.addr.clone().with_family(libc::AF_UNIX)),
        libc::EINVAL,
    );
    same("a file", bus.path.exists(), false);
    bus.create();
}

/// A name is made with its directory locked: a network that is not to be had does not come so far.
fn memory_is_had_before_the_name() {
    let bus = Bus::new();
    let directory = bus.path.parent().expect("a directory");
    let all = fs::Permissions::from_mode(0o777);
    ok("chmod", fs::set_permissions(directory, all));
    // To make or to remove a name there leaves a later time; the kernel's clock ticks 250 times a second.
    let changed = || {
        thread::sleep(Duration::from_millis(20));
        ok(
            "the directory",
            fs::metadata(directory).and_then(|d| d.modified()),
        )
    };
    let before = changed();
    let too_large = || {
        let sock = open();
        ok("MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, 65536));
        ok("MTU", sock.set(IPN_SO_MTU, 65535));
        sock
    };
    OWNER.does(|| fails("bind", too_large().bind(&bus.addr), libc::ENOBUFS));
    same(
        "whether there was a name meanwhile",
        changed() != before,
        false,
    );
    let _network = bus.create_with(&[(IPN_SO_MODE, 0o777)]);
    let with_name = changed();
    same("whether there is a name", with_name != before, true);
    // One that exists is joined, whatever the shape.
    OWNER.does(|| ok("bind", too_large().bind(&bus.addr)));
    same(
        "whether there was another name",
        changed() != with_name,
        false,
    );
}

fn one_of_many_simultaneous_binds_creates() {
    const RACERS: usize = 4;
    for round in 0..40 {
        let bus = Bus::named(&round.to_string());
        let start = Arc::new(Barrier::new(RACERS));
        let racers: Vec<_> = (0..RACERS)
            .map(|_| {
                let (bus, start) = (bus.clone(), start.clone());
                thread::spawn(move || {
                    let sock = open();
                    start.wait();
                    let bound = sock.bind(&bus.addr);
                    if bound.is_err() {
                        // Between the name and the network behind it there is a moment.
                        fails_with(
                            "bind in a race",
                            bound,
                            &[libc::EADDRINUSE, libc::ECONNREFUSED],
                        );
                        return None;
                    }
                    ok("connect", sock.connect(&Addr::null(0)));
                    Some(sock)
                })
            })
            .collect();
        let ports: Vec<_> = racers
            .into_iter()
            .filter_map(|r| r.join().expect("a racer ends well"))
            .collect();
        let probe = bus.join();
        say(&probe, b"everyone");
        same("at least one bind succeeded", ports.is_empty(), false);
        ports.iter().for_each(|port| hear(port, b"everyone"));
    }
}

fn last_close_against_connect_never_confuses() {
    for round in 0..100 {
        let bus = Bus::named(&round.to_string());
        let last = bus.create();
        let start = Arc::new(Barrier::new(2));
        let joiner = {
            let (bus, start) = (bus.clone(), start.clone());
            thread::spawn(move || {
                let sock = open();
                start.wait();
                (sock.connect(&bus.addr), sock)
            })
        };
        start.wait();
        (0..round * 20).for_each(|_| std::hint::spin_loop());
        ok("close", last.close());
        match joiner.join().expect("the joiner ends well") {
            (Ok(()), port) => are_together(&bus.join(), &port),
            (refused, _) => {
                fails(
                    "connect against the last close",
                    refused,
                    libc::ECONNREFUSED,
                );
                fails(
                    "connect afterwards",
                    open().connect(&bus.addr),
                    libc::ECONNREFUSED,
                );
            }
        }
    }
}

/// A process that tries until the name is there joins.
fn name_is_never_there_without_its_network() {
    for round in 0..100 {
        let bus = Bus::named(&round.to_string());
        let theirs = bus.clone();
        let joiner = thread::spawn(move || {
            let sock = open();
            loop {
                match sock.connect(&theirs.addr) {
                    Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
                    joined => return ok("connect", joined),
                }
            }
        });
        let _creator = bus.create();
        joiner.join().expect("the joiner ends well");
    }
}
