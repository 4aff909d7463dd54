// SPDX-License-Identifier: GPL-2.0
//! Rights where users are not what they seem: capabilities one by one, user namespaces, and mounts
//! that show files as another user's.

use crate::abi::*;
use crate::device::lab::{grab, tap};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::{Process, COMRADE, OWNER, STRANGER};
use crate::sys::privilege::*;
use crate::sys::socket::Sock;
use crate::sys::{mount, process};
use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, MetadataExt, PermissionsExt};
use std::path::PathBuf;

cases!["namespaces":
    root_without_its_capability_needs_the_mode_bits,
    root_without_net_admin_has_no_devices,
    bounds_are_lifted_by_the_capability_not_by_the_user,
    root_of_a_user_namespace_has_its_own_networks,
    root_of_a_user_namespace_is_nobody_to_others,
    root_of_a_user_namespace_is_bounded_as_its_user,
    root_of_a_user_namespace_has_devices_in_its_own_network_namespace_only,
    mapped_mount_shows_the_owner_as_another,
    mapped_mount_makes_files_of_the_mapped_user,
    mapped_mount_makes_no_files_of_users_that_it_does_not_map,
];

/// Runs a part in a process of its own and waits for its good end.
#[track_caller]
fn apart(part: impl FnOnce()) {
    Process::start(|_| part()).ends_well();
}

/// A network of `OWNER`'s with this mode, and the process that keeps it.
#[track_caller]
fn network_of_owner(mode: i32) -> (Bus, Process) {
    let bus = Bus::new();
    let keeper = Process::start(|line| {
        OWNER.become_it();
        process::umask(0);
        let _manager = bus.manage_new(&[(IPN_SO_MODE, mode)]);
        line.tell(0);
        line.hear();
    });
    keeper.line.hear();
    (bus, keeper)
}

/// A socket that asks for a network of 65 MiB, more than anybody has without a capability.
#[track_caller]
fn too_large() -> Sock {
    let sock = open();
    ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, 65535));
    ok("IPN_SO_MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, 1040));
    sock
}

fn root_without_its_capability_needs_the_mode_bits() {
    let (bus, _keeper) = network_of_owner(0o700);
    apart(|| {
        drop(bus.join());
        drop(bus.manage());
        ok("capset", give_up(&[CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH]));
        fails("connect", open().connect(&bus.addr), libc::EACCES);
        fails("bind", open().bind(&bus.addr), libc::EACCES);
    });
}

fn root_without_net_admin_has_no_devices() {
    apart(|| {
        ok("own network namespace", mount::own_network());
        let opened_before = Bus::new().manage_new(&[]);
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        let opened_after = Bus::named("second").manage_new(&[]);
        for manager in [&opened_before, &opened_after] {
            fails("a tap", tap(manager, ""), libc::EPERM);
            fails("a grab", grab(manager, "lo"), libc::EPERM);
        }
    });
}

fn bounds_are_lifted_by_the_capability_not_by_the_user() {
    apart(|| {
        ok("bind of root", too_large().bind(&Bus::new().addr));
        ok("capset", give_up(&[CAP_SYS_RESOURCE]));
        let bus = Bus::named("second");
        fails(
            "bind of root without CAP_SYS_RESOURCE",
            too_large().bind(&bus.addr),
            libc::ENOBUFS,
        );
        same("a file was left", bus.path.exists(), false);
    });
}

fn root_of_a_user_namespace_has_its_own_networks() {
    let (bus, _keeper) = network_of_owner(0);
    OWNER.does(|| {
        fails(
            "connect without a bit",
            open().connect(&bus.addr),
            libc::EACCES,
        );
        ok("own user namespace", own_user_namespace(0));
        // It is root over the files of the one user that it has.
        let port = bus.join();
        let own = Bus::named("own");
        let creator = own.create();
        say(&own.join(), b"inside");
        hear(&creator, b"inside");
        drop(port);
    });
    let file = fs::metadata(Bus::named("own").path);
    same("owner of the file", ok("stat", file).uid(), OWNER.id);
}

fn root_of_a_user_namespace_is_nobody_to_others() {
    let (bus, _keeper) = network_of_owner(0o700);
    STRANGER.does(|| {
        ok("own user namespace", own_user_namespace(0));
        fails("connect", open().connect(&bus.addr), libc::EACCES);
        fails("bind", open().bind(&bus.addr), libc::EACCES);
    });
}

fn root_of_a_user_namespace_is_bounded_as_its_user() {
    STRANGER.does(|| {
        ok("own user namespace", own_user_namespace(0));
        let bus = Bus::new();
        fails("bind", too_large().bind(&bus.addr), libc::ENOBUFS);
        same("a file was left", bus.path.exists(), false);
    });
}

fn root_of_a_user_namespace_has_devices_in_its_own_network_namespace_only() {
    STRANGER.does(|| {
        let opened_outside = Bus::named("outside").manage_new(&[]);
        ok("own user namespace", own_user_namespace(0));
        let manager = Bus::named("inside").manage_new(&[]);
        fails("a tap in the host's", tap(&manager, ""), libc::EPERM);
        fails("a grab in the host's", grab(&manager, "lo"), libc::EPERM);
        ok("own network namespace", mount::own_network());
        fails(
            "a tap of a socket that belongs to the host's",
            tap(&manager, ""),
            libc::EPERM,
        );
        fails(
            "a tap of a socket that was opened before",
            tap(&opened_outside, ""),
            libc::EPERM,
        );
        let manager = Bus::named("own").manage_new(&[]);
        same("name", ok("a tap", tap(&manager, "")), "ipn0".into());
    });
    // A user that may manage a network and use it can plug it into a namespace of its own.
    let (bus, _keeper) = network_of_owner(0o717);
    STRANGER.does(|| {
        ok(
            "own user and network namespaces",
            own_user_namespace(libc::CLONE_NEWNET),
        );
        same("name", ok("a tap", tap(&bus.manage(), "")), "ipn0".into());
    });
}

/// Shows the test's directory `plain` at `mapped`, with the files of `from` as those of `to`.
#[track_caller]
fn mapped_mount(from: u32, to: u32) -> (PathBuf, PathBuf) {
    ok("own mount namespace", mount::own_namespace());
    let [plain, mapped] = ["plain", "mapped"].map(|name| runner::directory().join(name));
    for directory in [&plain, &mapped] {
        ok("mkdir", fs::create_dir(directory));
    }
    // The root of the guest's file system may be one that cannot be mapped.
    ok("tmpfs", mount::mount("none", &plain, "tmpfs", 0));
    // Nobody writes to a directory whose owner is not mapped.
    ok("chown", chown(&plain, Some(from), Some(from)));
    ok(
        "chmod",
        fs::set_permissions(&plain, Permissions::from_mode(0o777)),
    );
    ok("mapped mount", mount_mapped(&plain, &mapped, (from, to)));
    (plain, mapped)
}

fn mapped_mount_shows_the_owner_as_another() {
    apart(|| {
        mapped_mount(OWNER.id, STRANGER.id);
        let (plain, mapped) = (Bus::named("plain/bus"), Bus::named("mapped/bus"));
        let keeper = Process::start(|line| {
            OWNER.become_it();
            let creator = plain.create();
            line.tell(0);
            line.hear();
            hear(&creator, b"through the mapped mount");
        });
        keeper.line.hear();
        STRANGER.does(|| {
            fails(
                "connect to the plain name",
                open().connect(&plain.addr),
                libc::EACCES,
            );
            drop(mapped.manage());
            say(&mapped.join(), b"through the mapped mount");
        });
        for user in [OWNER, COMRADE] {
            user.does(|| {
                let what = format!("user {} through the mapped mount", user.id);
                fails(&what, open().connect(&mapped.addr), libc::EACCES);
                fails(&what, open().bind(&mapped.addr), libc::EACCES);
            });
        }
        keeper.line.tell(0);
        keeper.ends_well();
    });
}

fn mapped_mount_makes_files_of_the_mapped_user() {
    apart(|| {
        let (plain, mapped) = mapped_mount(OWNER.id, STRANGER.id);
        STRANGER.does(|| {
            let _creator = Bus::named("mapped/bus").create();
            for (place, user) in [(&plain, OWNER), (&mapped, STRANGER)] {
                let file = ok("stat", fs::metadata(place.join("bus")));
                same(
                    format_args!("owner of {}/bus", place.display()),
                    (file.uid(), file.gid()),
                    (user.id, user.id),
                );
            }
        });
    });
}

fn mapped_mount_makes_no_files_of_users_that_it_does_not_map() {
    apart(|| {
        let (plain, _) = mapped_mount(OWNER.id, STRANGER.id);
        COMRADE.does(|| {
            let bus = Bus::named("mapped/bus");
            fails("bind", open().bind(&bus.addr), libc::EOVERFLOW);
        });
        let left = ok("readdir", fs::read_dir(plain)).count();
        holds(format_args!("{left} files are left"), left == 0);
    });
}
