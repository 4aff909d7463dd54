// SPDX-License-Identifier: GPL-2.0
//! The bounds of a user hold for all that the user is behind: its own networks, and those of whoever
//! lives in user namespaces of its making.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, User, OWNER, ROOT, STRANGER};
use crate::mapping::lab::Map;
use crate::module::parameters::Changed;
use crate::switch::lab::load_switch;
use crate::sys::privilege::{map_user_namespace, new_user_namespace, own_user_namespace};
use crate::sys::process::{become_user, process_id, umask};
use crate::sys::socket::{socket, Addr, Sock};
use std::fs;
use std::io;

cases!["accounts":
    subordinate_users_share_the_bound_of_their_user,
    subordinate_users_share_the_bytes_of_their_user,
    namespaces_in_namespaces_share_the_bound_of_the_outermost_owner,
    users_in_a_namespace_of_root_have_bounds_of_their_own,
    refused_networks_cost_no_account_anything,
    ended_networks_count_for_those_who_stay,
    ended_network_counts_for_its_owner_while_that_stays,
    manager_who_is_not_the_owner_makes_nothing_larger,
    resize_is_by_the_owner_s_right,
    failed_resize_leaves_the_account_as_it_was,
    ended_switch_gives_back_what_it_took_and_was_resized_to,
];

/// The first of the users that belong to others.
const SUBORDINATE: u32 = 100_000;

/// Runs a part in a new user namespace of `owner`'s, where it begins as the owner, is root, and may
/// become any of the users from 1 on, as `newuidmap` grants it.
#[track_caller]
fn in_namespace_of(owner: User, part: impl FnOnce()) {
    let inner = Process::start(|line| {
        if owner.id != ROOT.id {
            owner.become_it();
        }
        ok("own user namespace", new_user_namespace(0));
        line.tell(0);
        line.hear();
        part();
    });
    inner.line.hear();
    let map = format!("0 {} 1\n1 {SUBORDINATE} 1000", owner.id);
    ok("the map", map_user_namespace(inner.pid, &map));
    inner.line.tell(0);
    inner.ends_well();
}

fn bind(name: &str, options: &[(i32, i32)]) -> io::Result<Sock> {
    let sock = open();
    for &(option, value) in options {
        ok("option", sock.set(option, value));
    }
    sock.bind(&Bus::named(name).addr).map(|()| sock)
}

/// A name that no other process takes.
fn own(number: u32) -> String {
    format!("{}-{number}", process_id())
}

/// A user of the namespace makes so many networks, and keeps them until told.
#[track_caller]
fn keeper(user: u32, networks: u32) -> Process {
    let keeper = Process::start(|line| {
        ok("becoming a subordinate user", become_user(user, user, &[]));
        let made: Vec<Sock> = (0..networks)
            .map(|number| ok("bind", bind(&own(number), &[])))
            .collect();
        line.tell(0);
        line.hear();
        drop(made);
    });
    keeper.line.hear();
    keeper
}

/// A user of the namespace is refused a network.
#[track_caller]
fn is_refused(user: u32, options: &[(i32, i32)]) {
    Process::start(|_| {
        ok("becoming a subordinate user", become_user(user, user, &[]));
        let refused = bind(&own(0), options);
        fails(
            format_args!("bind of user {user}"),
            refused.map(drop),
            libc::ENOBUFS,
        );
    })
    .ends_well();
}

#[track_caller]
fn ends(keeper: Process) {
    keeper.line.tell(0);
    keeper.ends_well();
}

fn subordinate_users_share_the_bound_of_their_user() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "3");
    in_namespace_of(OWNER, || {
        let (one, two) = (keeper(1, 2), keeper(2, 1));
        is_refused(3, &[]);
        is_refused(1, &[]);
        is_refused(0, &[]);
        ends(one);
        // All that it had is free again, for anybody behind whom the same user is.
        let three = keeper(3, 2);
        is_refused(0, &[]);
        ends(three);
        ends(two);
        ends(keeper(0, 3));
    });
    // It ended with the namespace, for the user outside as well.
    OWNER.does(|| {
        let _made: Vec<_> = (0..3)
            .map(|n| ok("bind", bind(&n.to_string(), &[])))
            .collect();
        fails("bind", bind("more", &[]).map(drop), libc::ENOBUFS);
    });
    STRANGER.does(|| drop(ok("bind of another", bind("other", &[]))));
}

fn subordinate_users_share_the_bytes_of_their_user() {
    let _bound = Changed::to("af_ipn", "max_user_bytes", "3000000");
    load_switch();
    // A ring of 64 KiB for each port.
    let shape = [
        (IPN_SO_MTU, 1024 - 16),
        (IPN_SO_MSGPOOLSIZE, 64),
        (IPN_SO_NUMNODES, 2),
    ];
    in_namespace_of(OWNER, || {
        let one = Process::start(|line| {
            ok("becoming user 1", become_user(1, 1, &[]));
            let large = [(IPN_SO_MTU, 4096 - 16), (IPN_SO_MSGPOOLSIZE, 256)];
            let made = ok("bind", bind("large", &large));
            line.tell(0);
            line.hear();
            drop(made);
        });
        one.line.hear();
        let two = Process::start(|line| {
            ok("becoming user 2", become_user(2, 2, &[]));
            let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
            for (option, value) in shape {
                ok("option", sock.set(option, value));
            }
            ok("bind", sock.bind(&Bus::named("growing").addr));
            let grown = |ports| sock.set(IPN_SO_CHANGE_NUMNODES, ports);
            fails("32 ports", grown(32), libc::ENOBUFS);
            ok("8 ports", grown(8));
            line.tell(0);
            line.hear();
            ok("32 ports when there is room", grown(32));
            line.tell(0);
            line.hear();
            ok("2 ports", grown(2));
            line.tell(0);
            line.hear();
        });
        two.line.hear();
        ends(one);
        two.line.tell(0);
        two.line.hear();
        let large = [(IPN_SO_MTU, 4096 - 16), (IPN_SO_MSGPOOLSIZE, 256)];
        is_refused(3, &large);
        two.line.tell(0);
        two.line.hear();
        Process::start(|_| {
            ok("becoming user 3", become_user(3, 3, &[]));
            drop(ok("bind when there is room", bind("again", &large)));
        })
        .ends_well();
        ends(two);
    });
}

fn namespaces_in_namespaces_share_the_bound_of_the_outermost_owner() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "2");
    in_namespace_of(OWNER, || {
        let deep = Process::start(|line| {
            ok("becoming user 1", become_user(1, 1, &[]));
            for _ in 0..5 {
                ok("one namespace more", own_user_namespace(0));
            }
            let made = [ok("bind", bind("a", &[])), ok("bind", bind("b", &[]))];
            line.tell(0);
            line.hear();
            drop(made);
        });
        deep.line.hear();
        is_refused(0, &[]);
        is_refused(2, &[]);
        ends(deep);
        ends(keeper(2, 2));
    });
}

fn users_in_a_namespace_of_root_have_bounds_of_their_own() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "2");
    in_namespace_of(ROOT, || {
        let keepers = [1, 2, 3].map(|user| keeper(user, 2));
        is_refused(1, &[]);
        keepers.into_iter().for_each(ends);
    });
}

fn refused_networks_cost_no_account_anything() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "1");
    in_namespace_of(OWNER, || {
        let one = keeper(1, 1);
        for _ in 0..20 {
            is_refused(2, &[]);
        }
        ends(one);
        let two = keeper(2, 1);
        is_refused(1, &[]);
        ends(two);
        ends(keeper(1, 1));
    });
}

/// How one stays on a network: by a descriptor, or by a mapping alone.
type Way = (&'static str, fn(&Bus) -> Stays);

const WAYS: [Way; 3] = [
    ("port", |bus| Stays::On(bus.reader())),
    ("mapping", |bus| {
        let port = bus.reader();
        Stays::Shown(ok("mapping", Map::try_of(&port)))
    }),
    ("manager", |bus| Stays::On(bus.manage())),
];

enum Stays {
    On(#[expect(dead_code, reason = "it is held")] Sock),
    Shown(#[expect(dead_code, reason = "it is held")] Map),
}

/// Another stays on networks that their owner ends and leaves. It gets its account back, and they count
/// for the one who stays.
fn ended_networks_count_for_those_who_stay() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "2");
    for (way, stay) in WAYS {
        let buses = [1, 2].map(|number| Bus::named(&format!("{way}{number}")));
        let owner = Process::start(|line| {
            OWNER.become_it();
            umask(0);
            let made = buses
                .each_ref()
                .map(|bus| bus.manage_new(&[(IPN_SO_MODE, 0o777)]));
            line.tell(0);
            line.hear();
            for (sock, bus) in made.iter().zip(&buses) {
                ok("IPN_TERMINATE", sock.ioctl(IPN_TERMINATE));
                ok("unlink", std::fs::remove_file(&bus.path));
            }
            let again = bind(&format!("{way}3"), &[]);
            fails("bind while it stays", again.map(drop), libc::ENOBUFS);
            drop(made);
            let _again = ["4", "5"].map(|name| ok("bind", bind(&format!("{way}{name}"), &[])));
            line.tell(0);
            line.hear();
        });
        owner.line.hear();
        let stranger = Process::start(|line| {
            STRANGER.become_it();
            let stays = buses.each_ref().map(stay);
            line.tell(0);
            line.hear();
            let refused = bind(&format!("{way}6"), &[]);
            fails("bind of one who stays", refused.map(drop), libc::ENOBUFS);
            drop(stays);
            ok(
                "bind when it has left",
                bind(&format!("{way}7"), &[]).map(drop),
            );
        });
        stranger.line.hear();
        owner.line.tell(0);
        owner.line.hear();
        stranger.line.tell(0);
        stranger.ends_well();
        ends(owner);
    }
}

fn ended_network_counts_for_its_owner_while_that_stays() {
    let _bound = Changed::to("af_ipn", "max_user_networks", "1");
    let bus = Bus::new();
    OWNER.does(|| {
        umask(0);
        let made = bus.manage_new(&[(IPN_SO_MODE, 0o777)]);
        let stays = bus.reader();
        let map = ok("mapping", Map::try_of(&stays));
        ok("IPN_TERMINATE", made.ioctl(IPN_TERMINATE));
        let refused = || fails("bind", bind("more", &[]).map(drop), libc::ENOBUFS);
        refused();
        drop(made);
        refused();
        drop(stays);
        refused();
        drop(map);
        ok("bind when nothing is left", bind("more", &[]).map(drop));
    });
}

/// Its owner has made a network of 8 ports, which all may manage.
#[track_caller]
fn with_network_of_another(bus: &Bus, part: impl FnOnce(&Process)) {
    let owner = Process::start(|line| {
        OWNER.become_it();
        umask(0);
        let made = bus.manage_new(&[(IPN_SO_MODE, 0o777), (IPN_SO_NUMNODES, 8)]);
        line.tell(0);
        while line.hear() != 0 {
            ok("16 ports", made.set(IPN_SO_CHANGE_NUMNODES, 16));
            line.tell(0);
        }
    });
    owner.line.hear();
    part(&owner);
    ends(owner);
}

fn manager_who_is_not_the_owner_makes_nothing_larger() {
    let bus = Bus::new();
    with_network_of_another(&bus, |owner| {
        let ports = |number| bus.manage().set(IPN_SO_CHANGE_NUMNODES, number);
        STRANGER.does(|| {
            for number in [9, 64, 4096] {
                fails(format_args!("{number} ports"), ports(number), libc::EPERM);
            }
            // What the owner has made of it is there to be used.
            [2, 8, 4, 8].map(|number| ok("ports", ports(number)));
        });
        owner.line.tell(1);
        owner.line.hear();
        STRANGER.does(|| {
            ok("2 ports", ports(2));
            ok("16 ports", ports(16));
            fails("17 ports", ports(17), libc::EPERM);
        });
        ok("root, 32 ports", ports(32));
    });
}

fn resize_is_by_the_owner_s_right() {
    let bus = Bus::new();
    with_network_of_another(&bus, |_| {
        let ports = |number| bus.manage().set(IPN_SO_CHANGE_NUMNODES, number);
        let bound = Changed::to("af_ipn", "max_user_bytes", "4000000");
        fails("root, 4096 ports", ports(4096), libc::ENOBUFS);
        drop(bound);
        let bound = Changed::to("af_ipn", "max_network_bytes", "4000000");
        fails("root, 4096 ports", ports(4096), libc::ENOBUFS);
        drop(bound);
        ok("root, 4096 ports", ports(4096));
    });
    // Root's own are without bounds, as it has made them.
    let bus = Bus::named("roots");
    let made = bus.manage_new(&[]);
    let _bound = Changed::to("af_ipn", "max_user_bytes", "4000000");
    ok(
        "4096 ports of root's",
        made.set(IPN_SO_CHANGE_NUMNODES, 4096),
    );
}

/// A byte too much or too little that is left in the account changes what the owner may make next.
fn ended_switch_gives_back_what_it_took_and_was_resized_to() {
    let shape = [
        (IPN_SO_MTU, 1024 - 16),
        (IPN_SO_MSGPOOLSIZE, 64),
        (IPN_SO_NUMNODES, 16),
    ];
    load_switch();
    let make = |name: &str| {
        let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
        for (option, value) in shape {
            ok("option", sock.set(option, value));
        }
        let bus = Bus::named(name);
        let made = sock.bind(&bus.addr).map(|()| sock);
        // The name goes before the network does.
        match &made {
            Ok(_) => ok("unlink", fs::remove_file(&bus.path)),
            Err(error) => same("bind", error.raw_os_error(), Some(libc::ENOBUFS)),
        }
        made
    };
    let fits = |bound: u64| {
        let _bound = Changed::to("af_ipn", "max_user_bytes", &bound.to_string());
        let owner = Process::start(|line| {
            OWNER.become_it();
            let made = [make("one"), make("two")];
            line.tell(made.iter().all(Result::is_ok).into());
        });
        let fits = owner.line.hear() != 0;
        owner.ends_well();
        fits
    };
    // The least bound with which two of them can be.
    let (mut low, mut high) = (0, 1 << 24);
    holds("16 MiB are enough", fits(high));
    while high - low > 1 {
        let bound = (low + high) / 2;
        if fits(bound) {
            high = bound;
        } else {
            low = bound;
        }
    }
    for ports in [64, 16, 1, 33, 16] {
        OWNER.does(|| {
            let sock = ok("bind", make("resized"));
            ok("resize", sock.set(IPN_SO_CHANGE_NUMNODES, ports));
            ok("close", sock.close());
        });
        holds("the same bound is enough", fits(high));
        holds("and one byte less is not", !fits(high - 1));
    }
}

fn failed_resize_leaves_the_account_as_it_was() {
    let _bound = Changed::to("af_ipn", "max_user_bytes", "3000000");
    load_switch();
    // A ring of 64 KiB for each port: 2 MiB.
    let shape = [
        (IPN_SO_MTU, 1024 - 16),
        (IPN_SO_MSGPOOLSIZE, 64),
        (IPN_SO_NUMNODES, 32),
        (IPN_SO_PORT, 31),
    ];
    let large = [(IPN_SO_MTU, 4096 - 16), (IPN_SO_MSGPOOLSIZE, 256)];
    OWNER.does(|| {
        let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
        for (option, value) in shape {
            ok("option", sock.set(option, value));
        }
        ok("bind", sock.bind(&Bus::named("switch").addr));
        ok("connect", sock.connect(&Addr::null(0)));
        for (ports, error) in [(2, libc::EADDRINUSE), (64, libc::ENOBUFS)] {
            fails("ports", sock.set(IPN_SO_CHANGE_NUMNODES, ports), error);
            fails("bind", bind("large", &large).map(drop), libc::ENOBUFS);
        }
        ok("close", sock.close());
        ok("bind", bind("large", &large).map(drop));
    });
}
