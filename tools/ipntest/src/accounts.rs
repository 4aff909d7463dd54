// SPDX-License-Identifier: GPL-2.0
//! The bounds of a user hold for all that the user is behind: its own networks, and those of whoever
//! lives in user namespaces of its making.

use crate::abi::*;
use crate::bus::*;
use crate::check::{fails, ok};
use crate::parameters::Changed;
use crate::runner::cases;
use crate::switch_lab::load_switch;
use crate::sys::privilege::{map_user_namespace, new_user_namespace, own_user_namespace};
use crate::sys::process::{become_user, process_id};
use crate::sys::socket::{socket, Sock};
use crate::task::{Process, User, OWNER, ROOT, STRANGER};
use std::io;

cases!["accounts":
    subordinate_users_share_the_bound_of_their_user,
    subordinate_users_share_the_bytes_of_their_user,
    namespaces_in_namespaces_share_the_bound_of_the_outermost_owner,
    users_in_a_namespace_of_root_have_bounds_of_their_own,
    refused_networks_cost_no_account_anything,
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
