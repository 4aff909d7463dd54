// SPDX-License-Identifier: GPL-2.0
//! Who is told of which ports.

use super::family::*;
use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::client::open_to;
use crate::lab::runner::cases;
use crate::lab::task::{Process, User, COMRADE, OWNER, STRANGER};
use crate::sys::message::Control;
use crate::sys::privilege::{give_up, own_user_namespace, CAP_NET_ADMIN};
use crate::sys::process;
use crate::sys::socket::{socketpair, Sock};
use std::os::fd::AsRawFd;

cases!["seen_rights":
    everybody_is_told_of_networks,
    owner_is_told_of_all_ports_and_others_of_their_own,
    who_is_bound_is_told_of_all_ports,
    root_without_net_admin_is_told_as_others_are,
    descriptor_of_roots_tells_another_no_more,
    descriptor_of_anothers_tells_root_no_more,
    numbers_are_those_of_the_readers_namespaces,
    only_net_admin_listens,
];

/// A network of `OWNER`'s with a port, open to all, with a port of each of others; the processes that keep them.
#[track_caller]
fn network(others: &[User]) -> (Bus, Vec<Process>) {
    let bus = Bus::new();
    let mut keepers = Vec::new();
    for user in [&[OWNER], others].concat() {
        let keeper = Process::start(|line| {
            user.become_it();
            process::umask(0);
            let _port = match user.id == OWNER.id {
                true => bus.create_with(&[(IPN_SO_MODE, 0o766)]),
                false => bus.join(),
            };
            line.tell(0);
            line.hear();
        });
        keeper.line.hear();
        keepers.push(keeper);
    }
    (bus, keepers)
}

fn users(family: &Family, bus: &Bus) -> Vec<u64> {
    let told = family.ports(bus).into_iter();
    told.map(|told| told.number(UID).unwrap()).collect()
}

const ALL: [u64; 3] = [1001, 1002, 1003];

fn everybody_is_told_of_networks() {
    let (bus, _keepers) = network(&[COMRADE, STRANGER]);
    open_to(&bus, 0);
    for user in [OWNER, COMRADE, STRANGER] {
        user.does(|| {
            let told = Family::new().network(&bus).expect("it is told");
            same("ports", told.number(PORTS), Some(3));
            same("owner", told.number(OWNER_ID), Some(1001));
        });
    }
}

fn owner_is_told_of_all_ports_and_others_of_their_own() {
    let (bus, _keepers) = network(&[COMRADE, STRANGER]);
    same("root", users(&Family::new(), &bus), ALL.to_vec());
    OWNER.does(|| same("owner", users(&Family::new(), &bus), ALL.to_vec()));
    for user in [COMRADE, STRANGER] {
        user.does(|| same("own", users(&Family::new(), &bus), vec![user.id.into()]));
    }
    User {
        id: 1099,
        groups: &[],
    }
    .does(|| same("none", users(&Family::new(), &bus), vec![]));
}

fn who_is_bound_is_told_of_all_ports() {
    let (bus, _keepers) = network(&[COMRADE, STRANGER]);
    open_to(&bus, 0o767);
    STRANGER.does(|| {
        let family = Family::new();
        same("before", users(&family, &bus), vec![1003]);
        let manager = bus.manage();
        same("bound", users(&family, &bus), ALL.to_vec());
        drop(manager);
        same("afterwards", users(&family, &bus), vec![1003]);
    });
    // A port by itself manages nothing, whatever the file would allow.
    COMRADE.does(|| same("own", users(&Family::new(), &bus), vec![1002]));
}

fn root_without_net_admin_is_told_as_others_are() {
    let (bus, _keepers) = network(&[]);
    Process::start(|_| {
        let _port = bus.join();
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        same("own", users(&Family::new(), &bus), vec![0]);
    })
    .ends_well();
}

fn descriptor_of_roots_tells_another_no_more() {
    let (bus, _keepers) = network(&[COMRADE]);
    let family = Family::new();
    COMRADE.does(|| same("own", users(&family, &bus), vec![1002]));
}

/// Who gives root a socket to ask by learns nothing by that.
fn descriptor_of_anothers_tells_root_no_more() {
    let (bus, _keepers) = network(&[COMRADE]);
    let pair = socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0);
    let (ours, theirs) = ok("socketpair", pair);
    COMRADE.does(|| {
        let asks = Family::new().into_sock();
        let control = [Control::rights(asks.as_raw_fd())];
        ok("sendmsg", theirs.sendmsg(&[b"x"], &control, None, 0));
    });
    let message = ok("recvmsg", ours.recvmsg(8, 0));
    let passed = message.rights().pop().expect("a descriptor was passed");
    let family = Family::new();
    same("root's", users(&family, &bus), vec![1001, 1002]);
    let family = family.by(Sock::from(passed));
    same("another's", users(&family, &bus), vec![]);
}

fn numbers_are_those_of_the_readers_namespaces() {
    let (bus, keepers) = network(&[COMRADE]);
    let pids: Vec<_> = keepers
        .iter()
        .map(|keeper| Some(keeper.pid as u64))
        .collect();
    let mine = bus.join();
    OWNER.does(|| {
        ok("unshare", own_user_namespace(libc::CLONE_NEWPID));
        Process::start(|_| {
            let told = Family::new().ports(&bus);
            let numbers = |attribute| told.iter().map(move |told| told.number(attribute));
            // Root here is the owner; all others are nobody.
            let expected = [0, 65534, 65534].map(Some);
            same("uids", numbers(UID).collect::<Vec<_>>(), expected.to_vec());
            same("gids", numbers(GID).collect::<Vec<_>>(), expected.to_vec());
            same("pids", numbers(PID).collect::<Vec<_>>(), vec![Some(0); 3]);
            let port = bus.join();
            let told = Family::new().ports(&bus);
            same(
                "mine",
                told[3].number(PID),
                Some(process::process_id() as u64),
            );
            same("mine", told[3].number(UID), Some(0));
            drop(port);
            let network = Family::new().network(&bus).expect("it is told");
            same("owner", network.number(OWNER_ID), Some(0));
        })
        .ends_well();
    });
    let told = Family::new().ports(&bus);
    let told: Vec<_> = told.iter().map(|told| told.number(PID)).collect();
    same("pids", &told[..2], &pids[..]);
    drop(mine);
}

fn only_net_admin_listens() {
    ok("root", Family::new().listen());
    for user in [OWNER, COMRADE, STRANGER] {
        user.does(|| fails("listening", Family::new().listen(), libc::EPERM));
    }
    OWNER.does(|| {
        ok("unshare", own_user_namespace(0));
        fails("root of its own", Family::new().listen(), libc::EPERM);
    });
    Process::start(|_| {
        ok("capset", give_up(&[CAP_NET_ADMIN]));
        fails(
            "without the capability",
            Family::new().listen(),
            libc::EPERM,
        );
        holds("it asks", Family::new().dump(NETWORK_GET, &[]).is_ok());
    })
    .ends_well();
}
