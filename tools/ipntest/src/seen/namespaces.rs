// SPDX-License-Identifier: GPL-2.0
//! What is told in another network namespace than the initial one: of the networks that its own sockets use.

use super::family::*;
use crate::abi::*;
use crate::device::lab::tap;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process, User, COMRADE, OWNER, ROOT, STRANGER};
use crate::sys::mount;
use crate::sys::privilege::{give_up, own_user_namespace, CAP_NET_ADMIN};
use crate::sys::process;

cases!["seen_namespaces":
    networks_that_are_not_used_there_are_not_told,
    manager_is_told_of_all_ports,
    port_is_told_of_and_no_other,
    ports_of_its_root_that_were_taken_elsewhere_are_not_told,
    root_of_it_is_told_of_the_ports_that_were_taken_there,
    root_is_told_of_all,
    device_is_that_of_the_reader,
    socket_from_elsewhere_tells_as_there,
    listener_hears_of_what_is_used_there,
    end_is_told_wherever_the_network_is_used,
    listening_takes_net_admin_over_it,
    command_shows_ones_own_network,
];

/// A network of `OWNER`'s with its port, open to all, and the process that keeps it.
#[track_caller]
fn network() -> (Bus, Process) {
    let bus = Bus::new();
    let keeper = Process::start(|line| {
        OWNER.become_it();
        process::umask(0);
        let _port = bus.create_with(&[(IPN_SO_MODE, 0o766)]);
        line.tell(0);
        line.hear();
    });
    keeper.line.hear();
    (bus, keeper)
}

/// Does something as root of namespaces of users and of networks that this user has made.
#[track_caller]
fn apart(user: User, deed: impl FnOnce()) {
    user.does(|| {
        let unshared = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", unshared);
        deed();
    });
}

fn numbers(told: &[Told], attribute: u16) -> Vec<u64> {
    let numbers = told.iter().map(|told| told.number(attribute));
    numbers.map(|number| number.expect("it is told")).collect()
}

fn networks_that_are_not_used_there_are_not_told() {
    let (bus, _keeper) = network();
    for user in [OWNER, COMRADE, STRANGER] {
        apart(user, || {
            let family = Family::new();
            for command in [NETWORK_GET, PORT_GET] {
                let told = ok("a dump", family.dump(command, &[]));
                same("told", told.len(), 0);
            }
            holds("nor by its name", family.network(&bus).is_none());
            let port = bus.join();
            holds("once it is used there", family.network(&bus).is_some());
            drop(port);
            holds("no more", family.network(&bus).is_none());
        });
    }
}

fn manager_is_told_of_all_ports() {
    let (bus, _keeper) = network();
    let comrade = Process::start(|line| {
        COMRADE.become_it();
        let _port = bus.join();
        line.tell(0);
        line.hear();
    });
    comrade.line.hear();
    apart(OWNER, || {
        let family = Family::new();
        let _manager = bus.manage();
        let network = family.network(&bus).expect("it is told");
        same("owner", network.number(OWNER_ID), Some(0));
        let told = family.ports(&bus);
        same("users", numbers(&told, UID), vec![0, 65534]);
    });
    // Who may not manage it is not told.
    apart(STRANGER, || {
        fails("bind", open().bind(&bus.addr), libc::EACCES);
        same("ports", Family::new().ports(&bus).len(), 0);
    });
}

fn port_is_told_of_and_no_other() {
    let (bus, _keeper) = network();
    STRANGER.does(|| {
        let _before = bus.join();
        let unshared = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", unshared);
        let _port = bus.join();
        let family = Family::new();
        let network = family.network(&bus).expect("it is told");
        same("owner", network.number(OWNER_ID), Some(65534));
        same("ports that there are", network.number(PORTS), Some(3));
        let told = family.ports(&bus);
        same("its port", numbers(&told, PORT), vec![2]);
        same("its user", numbers(&told, UID), vec![0]);
    });
}

fn ports_of_its_root_that_were_taken_elsewhere_are_not_told() {
    let (bus, _keeper) = network();
    let _outside = bus.join();
    let _manager = bus.manage();
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        let family = Family::new();
        holds("it is not used there", family.network(&bus).is_none());
        let _port = bus.join();
        same("ports", numbers(&family.ports(&bus), PORT), vec![2]);
    })
    .ends_well();
}

fn root_of_it_is_told_of_the_ports_that_were_taken_there() {
    let (bus, _keeper) = network();
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        let stranger = Process::start(|line| {
            STRANGER.become_it();
            let _port = bus.join();
            line.tell(0);
            line.hear();
        });
        stranger.line.hear();
        let family = Family::new();
        same("root", numbers(&family.ports(&bus), PORT), vec![0, 1]);
        COMRADE.does(|| {
            let network = Family::new().network(&bus);
            holds("everybody there is told of the network", network.is_some());
            same("and of no port", Family::new().ports(&bus).len(), 0);
        });
    })
    .ends_well();
}

fn root_is_told_of_all() {
    let (bus, _keeper) = network();
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        let family = Family::new();
        holds("the network", family.network(&bus).is_some());
        same("its ports", numbers(&family.ports(&bus), UID), vec![1001]);
    })
    .ends_well();
}

fn device_is_that_of_the_reader() {
    let (bus, _keeper) = network();
    open_to(&bus, 0o777);
    let inside = Process::start(|line| {
        STRANGER.become_it();
        let unshared = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", unshared);
        let manager = bus.manage();
        let name = ok("a tap", tap(&manager, "inside"));
        let told = Family::new().ports(&bus).pop().expect("it is told");
        same("name", told.text(IFNAME), Some(name));
        holds("number", told.number(IFINDEX).is_some());
        line.tell(0);
        line.hear();
    });
    inside.line.hear();
    let told = Family::new().ports(&bus).pop().expect("it is told");
    same("kind", told.number(KIND), Some(2));
    same("no name here", told.text(IFNAME), None);
}

fn socket_from_elsewhere_tells_as_there() {
    let (bus, _keeper) = network();
    let outside = Family::new();
    apart(STRANGER, || {
        holds("the network", outside.network(&bus).is_some());
        same("no port", outside.ports(&bus).len(), 0);
    });
}

fn listener_hears_of_what_is_used_there() {
    let (bus, keeper) = network();
    let (number, outside) = (inode(&bus), Family::new());
    ok("listening", outside.listen());
    let visitor = Process::start(|line| {
        line.hear();
        drop(bus.join());
        line.tell(0);
        line.hear();
    });
    apart(STRANGER, || {
        let family = Family::new();
        ok("listening", family.listen());
        let own = Bus::named("own");
        let port = own.create();
        let made = family.event_of(inode(&own), NETWORK_MADE);
        same("owner", made.number(OWNER_ID), Some(0));
        let taken = family.event_of(inode(&own), PORT_TAKEN);
        same("uid", taken.number(UID), Some(0));
        same("pid", taken.number(PID), Some(process::process_id() as u64));
        let number_of_own = inode(&own);
        drop(port);
        family.event_of(number_of_own, PORT_LEFT);
        family.event_of(number_of_own, NETWORK_ENDED);
        // A port that comes and goes elsewhere is not told.
        visitor.line.tell(0);
        visitor.line.hear();
        let port = bus.join();
        let taken = family.event();
        same("the next", taken.command, PORT_TAKEN);
        same("of the network", taken.number(INODE), Some(number));
        keeper.line.tell(0);
        outside.event_of(number, PORT_TAKEN);
        wait_until("its creator has left", || {
            outside.event_of(number, PORT_LEFT).number(UID) == Some(1001)
        });
        holds("nor one that leaves there", !family.has_event());
        drop(port);
        family.event_of(number, PORT_LEFT);
        family.event_of(number, NETWORK_ENDED);
    });
}

fn end_is_told_wherever_the_network_is_used() {
    let bus = Bus::new();
    let manager = bus.create_with(&[(IPN_SO_MODE, 0o766)]);
    open_to(&bus, 0o766);
    let inside = Process::start(|line| {
        STRANGER.become_it();
        let unshared = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", unshared);
        let (number, _port) = (inode(&bus), bus.join());
        let family = Family::new();
        ok("listening", family.listen());
        line.tell(0);
        let ended = family.event_of(number, NETWORK_ENDED);
        same("flags", ended.number(FLAGS), Some(0x1000));
    });
    inside.line.hear();
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    inside.ends_well();
}

fn listening_takes_net_admin_over_it() {
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        ok("root", Family::new().listen());
        for user in [OWNER, COMRADE, STRANGER] {
            user.does(|| fails("listening", Family::new().listen(), libc::EPERM));
        }
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        fails(
            "without the capability",
            Family::new().listen(),
            libc::EPERM,
        );
    })
    .ends_well();
}

fn command_shows_ones_own_network() {
    let (bus, _keeper) = network();
    let lines = |user: User| {
        let mut command = program("unshare", user, &["-rn", "ipn", "show", "--ports"]);
        command.arg(name(&bus));
        let output = run(command, b"");
        same("status", output.status.code(), Some(0));
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (text.lines().count(), complaint)
    };
    same("its owner", lines(OWNER), (2, String::new()));
    let (count, complaint) = lines(STRANGER);
    same("another", count, 1);
    holds(
        format_args!("it says why: {complaint}"),
        complaint.contains("network namespace"),
    );
    let all = program("unshare", ROOT, &["-n", "ipn", "show", "--ports"]);
    let text = String::from_utf8(succeeds(all, b"")).expect("it is text");
    holds("root", text.contains(name(&bus)));
}
