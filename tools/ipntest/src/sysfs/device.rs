// SPDX-License-Identifier: GPL-2.0
//! Network devices that are attached by writing to `/sys/kernel/ipn/NETWORK/netdev`.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::client::{name, open_to, program, succeeds};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, Process, User, OWNER};
use crate::sys::message::Control;
use crate::sys::module;
use crate::sys::mount;
use crate::sys::privilege::{give_up, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_NET_ADMIN};
use crate::sys::socket::socketpair;
use crate::sysfs::lab::*;
use std::env;
use std::fs::{self, File, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{chown, chroot, PermissionsExt};
use std::process::Command;

cases!["sysfs_device":
    tap_is_made_and_given_back,
    others_see_it,
    device_is_grabbed_and_given_back,
    stays_when_nobody_else_is_there,
    one_that_a_process_serves_ends_with_it,
    other_words_change_nothing,
    errors_are_those_of_the_requests,
    only_its_own_devices_are_given_back,
    needs_the_right_of_the_writer_and_of_the_opener,
    device_is_in_the_namespace_of_the_writer,
    network_whose_file_the_writer_does_not_find_gets_no_device,
    holds_the_module,
];

/// The one who runs the tests.
const ROOT: User = User { id: 0, groups: &[] };

fn tap_is_made_and_given_back() {
    own_network();
    let bus = Bus::new();
    let port = bus.create();
    ok("tap lan0", tell(&bus, "tap lan0\n"));
    link_up("lan0");
    let host = listener("lan0");
    say(&port, &frame(1, 60));
    hears(&host, &frame(1, 60));
    ok("send of the host", host.send(&frame(2, 60), 0));
    hears(&port, &frame(2, 60));
    same("taken", value(&bus, "taken"), "0-1".into());
    ok("tap", tell(&bus, "tap"));
    same("a tap with a name of the kernel's", exists("ipn0"), true);
    ok("release lan0", tell(&bus, "\trelease   lan0 \n"));
    same("lan0", exists("lan0"), false);
    same("ipn0", exists("ipn0"), true);
    // What the requests made is given back here too, and the other way round.
    let manager = bus.manage();
    ok("a tap", tap(&manager, "mine"));
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    ok("release mine", tell(&bus, "release mine"));
    same("mine", exists("mine"), false);
    succeeds(program("ipn", ROOT, &["release", "ipn0"]), b"");
    same("ipn0", exists("ipn0"), false);
    same("taken", value(&bus, "taken"), "0".into());
}

fn others_see_it() {
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    let file = netdev(&bus);
    let other = Process::start(|line| {
        own_network();
        ok("tap", write(&file, "tap lan0"));
        let links = ok("ip", Command::new("ip").args(["link", "show"]).output());
        let links = String::from_utf8_lossy(&links.stdout).into_owned();
        holds("ip link shows it", links.contains(": lan0: "));
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    // The listing is that of the initial network namespace.
    let shown = succeeds(program("ipn", ROOT, &["show", name(&bus)]), b"");
    let shown = String::from_utf8_lossy(&shown);
    let port = shown
        .lines()
        .any(|line| line == "  ports    1 of 64 in use");
    holds("ipn show tells of the port", port);
    other.line.tell(0);
    other.ends_well();
}

fn device_is_grabbed_and_given_back() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let port = bus.create();
    let (host, far) = (listener(device), listener(peer));
    ok("grab", tell(&bus, &format!("grab {device}\n")));
    ok("send", far.send(&frame(1, 60), 0));
    hears(&port, &frame(1, 60));
    say(&port, &frame(2, 60));
    hears(&far, &frame(2, 60));
    hears_no_frame(&host);
    let again = tell(&bus, &format!("grab {device}"));
    fails("grab of what is grabbed", again, libc::EBUSY);
    ok("release", tell(&bus, &format!("release {device}\n")));
    ok("send", far.send(&frame(3, 60), 0));
    hears(&host, &frame(3, 60));
    hears_no_frame(&port);
}

fn stays_when_nobody_else_is_there() {
    own_network();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    ok("tap", tell(&bus, "tap"));
    ok("close", creator.close());
    link_up("ipn0");
    let (port, host) = (bus.join(), listener("ipn0"));
    say(&port, &frame(1, 60));
    hears(&host, &frame(1, 60));
    ok("IPN_TERMINATE", bus.manage().ioctl(IPN_TERMINATE));
    fails("tap", tell(&bus, "tap"), libc::ECONNREFUSED);
    ok("close", port.close());
    same("taken", value(&bus, "taken"), "0".into());
    ok("release", tell(&bus, "release ipn0"));
    same("ipn0", exists("ipn0"), false);
}

fn one_that_a_process_serves_ends_with_it() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    ok("tap", tell(&bus, "tap"));
    let manager = bus.manage();
    ok("IPN_JOIN_NETDEV", about(&manager, IPN_JOIN_NETDEV, "ipn0"));
    ok("release", tell(&bus, "release ipn0"));
    same("ipn0 while served", exists("ipn0"), true);
    ok("close", manager.close());
    same("ipn0", exists("ipn0"), false);
}

fn other_words_change_nothing() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    let long = "tap ".repeat(2000);
    for text in [
        "\n",
        " ",
        "tab",
        "Tap",
        "tap1",
        "tap a b",
        "tap a\ntap b\n",
        "grab",
        "grab \n",
        "grab lo lo",
        "release",
        "release\n",
        "release a b",
        "tap aaaaaaaaaaaaaaaa",
        "grab aaaaaaaaaaaaaaaa",
        "release aaaaaaaaaaaaaaaa",
        "tap a\0b",
        "tap\0",
        "\0",
        "tap a/b",
        "tap .",
        "tap ..",
        "tap a:b",
        "tap %d%d",
        "tap %s",
        "\u{ff}",
        long.as_str(),
    ] {
        // A longer text is cut to a page.
        let mut file = &netdev(&bus);
        let refused = std::io::Write::write(&mut file, text.as_bytes());
        fails(
            format_args!("{:?}", &text[..text.len().min(30)]),
            refused,
            libc::EINVAL,
        );
    }
    same(
        "bytes written of none",
        ok("write", std::io::Write::write(&mut &netdev(&bus), b"")),
        0,
    );
    same("taken", value(&bus, "taken"), String::new());
    same("ipn0", exists("ipn0"), false);
    ok("tap", tell(&bus, "tap aaaaaaaaaaaaaaa"));
    same("the longest name", exists("aaaaaaaaaaaaaaa"), true);
}

fn errors_are_those_of_the_requests() {
    own_network();
    veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 2)]);
    fails("tap lo", tell(&bus, "tap lo"), libc::EEXIST);
    fails("grab lo", tell(&bus, "grab lo"), libc::EINVAL);
    fails("grab of nothing", tell(&bus, "grab none"), libc::ENODEV);
    ip("link add br0 type bridge");
    fails("grab of a bridge", tell(&bus, "grab br0"), libc::ELOOP);
    let ports = [bus.join(), bus.join()];
    fails(
        "tap on a full network",
        tell(&bus, "tap"),
        libc::EADDRNOTAVAIL,
    );
    fails(
        "grab on a full network",
        tell(&bus, "grab v0"),
        libc::EADDRNOTAVAIL,
    );
    drop(ports);
    ok("tap", tell(&bus, "tap there"));
    open_to(&bus, 0o600);
    fails("tap without an x", tell(&bus, "tap"), libc::EACCES);
    fails("grab without an x", tell(&bus, "grab v0"), libc::EACCES);
    let release = tell(&bus, "release there");
    fails("release without an x", release, libc::EACCES);
    open_to(&bus, 0o700);
    ok("release", tell(&bus, "release there"));
    same("taken", value(&bus, "taken"), String::new());

    let small = Bus::named("small");
    let _small = small.manage_new(&[(IPN_SO_MTU, 81)]);
    fails("tap on MTU 81", tell(&small, "tap"), libc::EINVAL);
    let mine = Bus::named("mine");
    let _mine = mine.manage_new(&[(IPN_SO_FLAGS, IPN_FLAG_EXCL)]);
    fails(
        "tap on an exclusive network",
        tell(&mine, "tap"),
        libc::EEXIST,
    );
    same("ipn0", exists("ipn0"), false);

    ok("IPN_TERMINATE", keeper.ioctl(IPN_TERMINATE));
    fails("tap once ended", tell(&bus, "tap"), libc::ECONNREFUSED);
    fails("grab once ended", tell(&bus, "grab v0"), libc::ECONNREFUSED);
}

fn only_its_own_devices_are_given_back() {
    own_network();
    let [device, _] = veth();
    let (bus, other) = (Bus::new(), Bus::named("other"));
    let _keepers = [bus.manage_new(&[]), other.manage_new(&[])];
    ok("tap", tell(&other, "tap lan0"));
    let release = |name: &str| tell(&bus, &format!("release {name}"));
    fails("release of nothing", release("none"), libc::ENODEV);
    fails("release of lo", release("lo"), libc::ENODEV);
    fails("release of a free device", release(device), libc::ENODEV);
    fails("release of another network's", release("lan0"), libc::EPERM);
    same("lan0", exists("lan0"), true);
    same("taken", value(&other, "taken"), "0".into());
}

fn needs_the_right_of_the_writer_and_of_the_opener() {
    own_network();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    let mine = bus.manage();
    ok("a tap", tap(&mine, "lan0"));
    let refused = |what: &str, file: &File| {
        for text in ["tap", "grab lan0", "release lan0", "nonsense"] {
            fails(
                format_args!("{what}: {text}"),
                write(file, text),
                libc::EPERM,
            );
        }
    };
    let file = netdev(&bus);
    let (ours, theirs) = ok(
        "socketpair",
        socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0),
    );
    Process::start(|_| {
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        refused("what root has opened", &file);
        let weak = netdev(&bus);
        refused("what it opens itself", &weak);
        let control = [Control::rights(weak.as_raw_fd())];
        ok("sendmsg", theirs.sendmsg(&[b"x"], &control, None, 0));
    })
    .ends_well();
    let message = ok("recvmsg", ours.recvmsg(8, 0));
    let passed = message.rights().pop().expect("a descriptor was passed");
    refused("what a weak root has opened", &File::from(passed));
    same("taken", value(&bus, "taken"), "0".into());
    ok("tap", write(&file, "tap"));
    drop(keeper);
}

fn device_is_in_the_namespace_of_the_writer() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let file = netdev(&bus);
    let other = Process::start(|line| {
        own_network();
        ok("tap", write(&file, "tap lan0"));
        same("lan0 there", exists("lan0"), true);
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    same("lan0 here", exists("lan0"), false);
    fails(
        "release from here",
        write(&file, "release lan0"),
        libc::ENODEV,
    );
    is_full(&bus);
    other.line.tell(0);
    other.ends_well();
    // With the last process the namespace goes, and the tap with it.
    wait_until("its port is free", || open().connect(&bus.addr).is_ok());
}

/// From another root, beyond a directory that is shut, or under a mount nobody joins a network by its
/// name; so nobody puts a device there.
fn network_whose_file_the_writer_does_not_find_gets_no_device() {
    own_network();
    let jail = directory().join("jail");
    for place in [&jail, &directory().join("shut")] {
        ok("mkdir", fs::create_dir(place));
    }
    let [outside, inside, shut] = ["bus", "jail/bus", "shut/bus"].map(Bus::named);
    let keepers = [&outside, &inside, &shut].map(|bus| bus.manage_new(&[]));
    veth();
    ok("tap", tell(&outside, "tap lan9"));
    let refused = |what: &str, bus: &File| {
        for text in ["tap", "grab v0"] {
            let refused = write(bus, text);
            fails(format_args!("{text} {what}"), refused, libc::EACCES);
        }
    };
    let taken = |what: &str, bus: &File| {
        ok(what, write(bus, "tap lan0"));
        ok("release", write(bus, "release lan0"));
    };
    let [at_outside, at_inside, at_shut] = [&outside, &inside, &shut].map(netdev);
    Process::start(|_| {
        ok("chroot", chroot(&jail));
        ok("chdir", env::set_current_dir("/"));
        refused("from another root", &at_outside);
        taken("tap under another name", &at_inside);
        // Its own device the caller may have back, wherever the file is.
        ok("release", write(&at_outside, "release lan9"));
    })
    .ends_well();
    Process::start(|_| {
        let shut = directory().join("shut");
        ok("chown", chown(&shut, Some(OWNER.id), None));
        let closed = Permissions::from_mode(0o700);
        ok("chmod", fs::set_permissions(&shut, closed));
        taken("tap by one who may search all", &at_shut);
        let searching = [CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH];
        ok("capset", give_up(&searching));
        refused("beyond a shut directory", &at_shut);
    })
    .ends_well();
    Process::start(|_| {
        ok("own mount namespace", mount::own_namespace());
        taken("tap in a mount namespace of its own", &at_inside);
        ok("tmpfs", mount::mount("tmpfs", &jail, "tmpfs", 0));
        refused("under a mount", &at_inside);
        // One that the caller may manage, and no other.
        let other = inside.manage_new(&[]);
        refused("under another network's file", &at_inside);
        // Nor does a refusal hold what was found there.
        ok("close", other.close());
        wait_until("the mount can go", || mount::unmount(&jail).is_ok());
    })
    .ends_well();
    ok("unlink", fs::remove_file(&inside.path));
    refused("without a name", &at_inside);
    for at in [&at_outside, &at_inside, &at_shut] {
        fails(
            "a release of nothing",
            write(at, "release lan0"),
            libc::ENODEV,
        );
    }
    drop(keepers);
}

fn holds_the_module() {
    own_network();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let file = netdev(&bus);
    ok("tap", write(&file, "tap"));
    ok("close", creator.close());
    let busy = [libc::EAGAIN, libc::EBUSY];
    fails_with("unloading", module::unload(c"af_ipn"), &busy);
    ok("release", write(&file, "release ipn0"));
}
