// SPDX-License-Identifier: GPL-2.0
//! Programs that a security module confines. The profiles are `tests/qemu/guest/apparmor.profiles`.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::Process;
use crate::sys::mount;
use crate::sys::privilege::forbid_socket_files;
use crate::sys::socket::socket;
use std::fs;
use std::path::Path;

cases!["confinement":
    apparmor_is_enforcing,
    apparmor_decides_who_has_the_family,
    apparmor_decides_where_networks_are_made,
    apparmor_does_not_stand_between_a_network_and_its_name,
    landlock_decides_whether_networks_are_made,
];

/// The profiles in the kernel's form.
const PROFILES: &str = "/etc/apparmor.bin";

/// Loads the profiles; the test sees the security file system at `security`.
#[track_caller]
fn load_profiles() {
    ok("own mount namespace", mount::own_namespace());
    let place = runner::directory().join("security");
    ok("mkdir", fs::create_dir(&place));
    ok("securityfs", mount::mount("none", &place, "securityfs", 0));
    let profiles = ok(PROFILES, fs::read(PROFILES));
    ok(
        "loading the profiles",
        fs::write(place.join("apparmor/.replace"), profiles),
    );
}

/// Does something in a process that a profile confines.
#[track_caller]
fn confined(profile: &str, deed: impl FnOnce()) {
    Process::start(|_| {
        let word = format!("changeprofile {profile}");
        ok(&word, fs::write("/proc/self/attr/current", &word));
        deed();
    })
    .ends_well();
}

fn apart(part: impl FnOnce()) {
    Process::start(|_| part()).ends_well();
}

fn apparmor_is_enforcing() {
    apart(|| {
        load_profiles();
        for profile in ["ipntest_no_family", "ipntest_open_only"] {
            confined(profile, || {
                let now = ok("current", fs::read_to_string("/proc/self/attr/current"));
                same("profile", now.trim(), &format!("{profile} (enforce)"));
            });
        }
    });
}

fn apparmor_decides_who_has_the_family() {
    apart(|| {
        load_profiles();
        let bus = Bus::new();
        let creator = bus.create();
        confined("ipntest_no_family", || {
            let opened = socket(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST);
            fails("socket", opened.map(drop), libc::EACCES);
        });
        confined("ipntest_open_only", || say(&bus.join(), b"confined"));
        hear(&creator, b"confined");
    });
}

fn apparmor_decides_where_networks_are_made() {
    apart(|| {
        load_profiles();
        for name in ["open", "closed"] {
            ok("mkdir", fs::create_dir(runner::directory().join(name)));
        }
        confined("ipntest_open_only", || {
            let _creator = Bus::named("open/bus").create();
            let refused = Bus::named("closed/bus");
            fails("bind", open().bind(&refused.addr), libc::EACCES);
            same("a file was left", refused.path.exists(), false);
        });
    });
}

/// It has no hook where a name is followed to a socket that is not AF_UNIX's: the mode bits decide.
fn apparmor_does_not_stand_between_a_network_and_its_name() {
    apart(|| {
        load_profiles();
        ok("mkdir", fs::create_dir("closed"));
        let bus = Bus::named("closed/bus");
        let creator = bus.create();
        confined("ipntest_open_only", || say(&bus.join(), b"by the mode"));
        hear(&creator, b"by the mode");
    });
}

fn landlock_decides_whether_networks_are_made() {
    apart(|| {
        let bus = Bus::new();
        let creator = bus.create();
        holds(
            "this kernel has Landlock",
            ok("Landlock", forbid_socket_files()),
        );
        let refused = Bus::named("refused");
        fails("bind", open().bind(&refused.addr), libc::EACCES);
        same("a file was left", Path::new(&refused.path).exists(), false);
        // It knows no right to connect to these names.
        say(&bus.join(), b"by the mode");
        hear(&creator, b"by the mode");
    });
}
