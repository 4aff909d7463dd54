// SPDX-License-Identifier: GPL-2.0
//! The file's mode bits: r to receive, w to send, x to manage.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::{Process, User, COMRADE, OWNER, STRANGER};
use crate::sys::process;
use crate::sys::socket::{Addr, Sock};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

cases!["rights":
    default_mode_is_for_the_owner_alone,
    mode_option_and_umask_make_the_mode,
    file_belongs_to_its_creator,
    mode_bits_decide_for_the_owner,
    mode_bits_decide_for_the_group,
    mode_bits_decide_for_others,
    root_may_receive_and_send_but_needs_an_x_to_manage,
    creator_has_every_right_whatever_the_mode,
    manager_receives_and_sends_as_the_mode_allows,
    right_to_receive_is_not_a_right_to_send,
    right_not_wanted_is_not_needed,
    rights_stay_with_a_port,
    directories_on_the_way_count,
    directory_must_be_writable_to_create,
];

#[track_caller]
fn set_mode(bus: &Bus, mode: u32) {
    ok(
        "chmod",
        fs::set_permissions(&bus.path, Permissions::from_mode(mode)),
    );
}

#[track_caller]
fn mode_of(bus: &Bus) -> u32 {
    ok("stat", fs::metadata(&bus.path)).permissions().mode() & 0o7777
}

fn default_mode_is_for_the_owner_alone() {
    let bus = Bus::new();
    let creator = bus.create();
    let file = ok("stat", fs::symlink_metadata(&bus.path));
    holds("the file is a socket", file.file_type().is_socket());
    same("mode", file.mode() & 0o7777, 0o700);
    same(
        "IPN_SO_MODE",
        ok("IPN_SO_MODE", creator.get(IPN_SO_MODE)),
        0o700,
    );
    STRANGER.does(|| {
        fails(
            "connect of a stranger",
            open().connect(&bus.addr),
            libc::EACCES,
        );
        fails("bind of a stranger", open().bind(&bus.addr), libc::EACCES);
    });
}

fn mode_option_and_umask_make_the_mode() {
    for mask in [0, 0o022, 0o027, 0o077, 0o777] {
        process::umask(mask);
        for mode in [0, 0o111, 0o640, 0o700, 0o755, 0o777] {
            let bus = Bus::named(&format!("{mask:o}.{mode:o}"));
            let creator = bus.manage_new(&[(IPN_SO_MODE, mode)]);
            same(
                format_args!("mode {mode:o}, umask {mask:o}"),
                mode_of(&bus),
                mode as u32 & !mask,
            );
            same(
                "IPN_SO_MODE afterwards",
                ok("IPN_SO_MODE", creator.get(IPN_SO_MODE)),
                mode,
            );
        }
    }
}

fn file_belongs_to_its_creator() {
    for user in [OWNER, COMRADE] {
        user.does(|| {
            let bus = Bus::named(&user.id.to_string());
            let _creator = bus.create();
            let file = ok("stat", fs::metadata(&bus.path));
            same(
                "user and group of the file",
                (file.uid(), file.gid()),
                (user.id, user.id),
            );
        });
    }
}

/// A network of user 1001 without any mode bits, and the process that keeps it.
fn owned_network() -> (Bus, Process) {
    let bus = Bus::new();
    let keeper = Process::start(|line| {
        OWNER.become_it();
        process::umask(0);
        let _manager = bus.manage_new(&[(IPN_SO_MODE, 0)]);
        line.tell(0);
        line.hear();
    });
    keeper.line.hear();
    (bus, keeper)
}

/// What a port may do: (receive, send). Nothing is queued for it.
fn powers(port: &Sock) -> (bool, bool) {
    let receives = match port.recv(&mut [0; 9], NOW).map_err(|e| e.raw_os_error()) {
        Err(Some(libc::EAGAIN)) => true,
        Err(Some(libc::EPIPE)) => false,
        other => panic!("recv of a new port: {other:?}, expected EAGAIN or EPIPE"),
    };
    let sends = match port
        .send(b"x", NOW | libc::MSG_NOSIGNAL)
        .map_err(|e| e.raw_os_error())
    {
        Ok(1) => true,
        Err(Some(libc::EPIPE)) => false,
        other => panic!("send of a new port: {other:?}, expected 1 or EPIPE"),
    };
    (receives, sends)
}

/// Tries all eight values of one digit of the mode as one user.
fn bits_decide(user: User, shift: u32) {
    let (bus, keeper) = owned_network();
    // Bits in the other positions must not help: they are the opposite.
    let visitor = Process::start(|line| {
        user.become_it();
        for bits in 0..8_u32 {
            line.tell(u64::from(bits));
            line.hear();
            let (r, w, x) = (bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
            let what = format!("user {} with {bits:o} as its digit", user.id);
            let port = open();
            if r || w {
                ok(format_args!("{what}: connect"), port.connect(&bus.addr));
                same(
                    format_args!("{what}: (receives, sends)"),
                    powers(&port),
                    (r, w),
                );
            } else {
                fails(
                    format_args!("{what}: connect"),
                    port.connect(&bus.addr),
                    libc::EACCES,
                );
            }
            let manager = open();
            if x {
                ok(format_args!("{what}: bind"), manager.bind(&bus.addr));
            } else {
                fails(
                    format_args!("{what}: bind"),
                    manager.bind(&bus.addr),
                    libc::EACCES,
                );
            }
        }
    });
    for _ in 0..8 {
        let bits = visitor.line.hear() as u32;
        let others = 0o777 & !(0o7 << shift);
        let opposite = ((bits ^ 7) * 0o111) & others;
        set_mode(&bus, (bits << shift) | opposite);
        visitor.line.tell(0);
    }
    visitor.ends_well();
    keeper.line.tell(0);
    keeper.ends_well();
}

fn mode_bits_decide_for_the_owner() {
    bits_decide(OWNER, 6);
}

fn mode_bits_decide_for_the_group() {
    bits_decide(COMRADE, 3);
}

fn mode_bits_decide_for_others() {
    bits_decide(STRANGER, 0);
}

fn root_may_receive_and_send_but_needs_an_x_to_manage() {
    let (bus, keeper) = owned_network();
    for mode in [0, 0o666, 0o111, 0o001, 0o777] {
        set_mode(&bus, mode);
        same(
            format_args!("root's powers with mode {mode:o}"),
            powers(&bus.join()),
            (true, true),
        );
        let manager = open();
        if mode & 0o111 == 0 {
            // The rule for every file: no x for anybody is no x for root.
            fails(
                format_args!("root's bind with mode {mode:o}"),
                manager.bind(&bus.addr),
                libc::EACCES,
            );
        } else {
            ok(
                format_args!("root's bind with mode {mode:o}"),
                manager.bind(&bus.addr),
            );
        }
    }
    keeper.line.tell(0);
    keeper.ends_well();
}

fn creator_has_every_right_whatever_the_mode() {
    OWNER.does(|| {
        let bus = Bus::new();
        process::umask(0o777);
        let creator = bus.create_with(&[(IPN_SO_MODE, 0o777)]);
        same("mode", mode_of(&bus), 0);
        same("the creator's powers", powers(&creator), (true, true));
        fails(
            "the same user's connect by name",
            open().connect(&bus.addr),
            libc::EACCES,
        );
        ok(
            "IPN_SO_CHANGE_NUMNODES",
            creator.set(IPN_SO_CHANGE_NUMNODES, 10),
        );
    });
}

fn manager_receives_and_sends_as_the_mode_allows() {
    let (bus, keeper) = owned_network();
    for (digit, powers_expected) in [(5, (true, false)), (3, (false, true)), (7, (true, true))] {
        set_mode(&bus, digit);
        STRANGER.does(|| {
            let manager = bus.manage();
            ok("connect of a manager", manager.connect(&Addr::null(0)));
            same(
                format_args!("powers of a manager with {digit:o}"),
                powers(&manager),
                powers_expected,
            );
            ok(
                "IPN_SO_CHANGE_NUMNODES",
                manager.set(IPN_SO_CHANGE_NUMNODES, 10),
            );
        });
    }
    set_mode(&bus, 1);
    STRANGER.does(|| {
        let manager = bus.manage();
        fails(
            "connect of a manager with x alone",
            manager.connect(&Addr::null(0)),
            libc::EACCES,
        );
    });
    keeper.line.tell(0);
    keeper.ends_well();
}

fn right_to_receive_is_not_a_right_to_send() {
    let (bus, keeper) = owned_network();
    set_mode(&bus, 0o042);
    let root = bus.join();
    let listener = Process::start(|line| {
        COMRADE.become_it();
        let port = bus.join();
        line.tell(0);
        line.hear();
        hear(&port, b"from one who may speak");
        hear(&port, b"for those who may listen");
        fails(
            "send without w",
            port.send(b"unheard", NOW | libc::MSG_NOSIGNAL),
            libc::EPIPE,
        );
    });
    listener.line.hear();
    let speaker = Process::start(|line| {
        STRANGER.become_it();
        let port = bus.join();
        say(&port, b"from one who may speak");
        line.tell(0);
        line.hear();
        fails("recv without r", port.recv(&mut [0; 99], NOW), libc::EPIPE);
    });
    speaker.line.hear();
    hear(&root, b"from one who may speak");
    say(&root, b"for those who may listen");
    for visitor in [listener, speaker] {
        visitor.line.tell(0);
        visitor.ends_well();
    }
    hear_nothing(&root);
    keeper.line.tell(0);
    keeper.ends_well();
}

fn right_not_wanted_is_not_needed() {
    let bus = Bus::new();
    process::umask(0);
    let _creator = bus.create_with(&[(IPN_SO_MODE, 0o704)]);
    STRANGER.does(|| {
        same("powers of a reader", powers(&bus.reader()), (true, false));
        let sock = open();
        ok("shutdown(SHUT_RD)", sock.shutdown(libc::SHUT_RD));
        fails(
            "connect of a writer with r alone",
            sock.connect(&bus.addr),
            libc::EACCES,
        );
    });
    set_mode(&bus, 0o702);
    STRANGER.does(|| {
        same("powers of a writer", powers(&bus.writer()), (false, true));
        let sock = open();
        ok("shutdown(SHUT_WR)", sock.shutdown(libc::SHUT_WR));
        fails(
            "connect of a reader with w alone",
            sock.connect(&bus.addr),
            libc::EACCES,
        );
    });
}

fn rights_stay_with_a_port() {
    let bus = Bus::new();
    process::umask(0);
    let creator = bus.create_with(&[(IPN_SO_MODE, 0o777)]);
    let visitor = Process::start(|line| {
        STRANGER.become_it();
        let (port, manager) = (bus.join(), bus.manage());
        line.tell(0);
        line.hear();
        hear(&port, b"after the chmod");
        say(&port, b"as well");
        ok(
            "IPN_SO_CHANGE_NUMNODES",
            manager.set(IPN_SO_CHANGE_NUMNODES, 9),
        );
        ok("connect of the manager", manager.connect(&Addr::null(0)));
        same(
            "its powers are those of when it bound",
            powers(&manager),
            (true, true),
        );
        fails("a new connect", open().connect(&bus.addr), libc::EACCES);
        fails("a new bind", open().bind(&bus.addr), libc::EACCES);
    });
    visitor.line.hear();
    set_mode(&bus, 0);
    say(&creator, b"after the chmod");
    visitor.line.tell(0);
    visitor.ends_well();
    hear(&creator, b"as well");
}

fn directories_on_the_way_count() {
    let closed = runner::directory().join("closed");
    ok("mkdir", fs::create_dir(&closed));
    let bus = Bus::named("closed/bus");
    process::umask(0);
    let _creator = bus.create_with(&[(IPN_SO_MODE, 0o777)]);
    ok(
        "chmod",
        fs::set_permissions(&closed, Permissions::from_mode(0o700)),
    );
    STRANGER.does(|| {
        fails("connect", open().connect(&bus.addr), libc::EACCES);
        fails("bind", open().bind(&bus.addr), libc::EACCES);
        fails(
            "bind of a new name",
            open().bind(&Bus::named("closed/new").addr),
            libc::EACCES,
        );
    });
    ok(
        "chmod",
        fs::set_permissions(&closed, Permissions::from_mode(0o711)),
    );
    STRANGER.does(|| drop((bus.join(), bus.manage())));
}

fn directory_must_be_writable_to_create() {
    let shown = runner::directory().join("shown");
    ok("mkdir", fs::create_dir(&shown));
    STRANGER.does(|| {
        let bus = Bus::named("shown/bus");
        let sock = open();
        fails(
            "bind where one may not create",
            sock.bind(&bus.addr),
            libc::EACCES,
        );
        let bus = Bus::new();
        ok("bind of the same socket elsewhere", sock.bind(&bus.addr));
    });
}
