// SPDX-License-Identifier: GPL-2.0
//! Questions to the netlink family as no program asks them, in the initial network namespace and in another:
//! it refuses them or answers, and goes on as before.

use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, OWNER};
use crate::seen::family::{Family, NETWORK_GET, PORT_GET};
use crate::sys::mount;
use crate::sys::privilege::own_user_namespace;
use fastrand::Rng;

cases!["hostile_questions":
    garbage_is_refused_or_answered,
    commands_that_are_none_are_refused,
    answers_may_find_little_room,
    questions_may_be_huge,
    answers_may_be_left_unread,
];

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// The same, with `NLM_F_DUMP`.
const DUMP: u16 = 0x301;

/// Does it as root, as root of another network namespace, and as a user in namespaces of its own; in each the
/// network has a port, which the family tells of afterwards as before.
#[track_caller]
fn everywhere(deed: fn(&Family)) {
    let bus = Bus::new();
    let _keeper = bus.create();
    crate::lab::client::open_to(&bus, 0o766);
    let here = || {
        let _port = bus.join();
        deed(&Family::new());
        let family = Family::new();
        holds("the network is told", family.network(&bus).is_some());
        holds("its port is told", !family.ports(&bus).is_empty());
    };
    here();
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        here();
    })
    .ends_well();
    OWNER.does(|| {
        let unshared = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", unshared);
        here();
    });
}

/// Reads an answer to its end, or until it says that there is none.
fn read(family: &Family) -> bool {
    loop {
        match family.part(65536) {
            Ok((_, false)) => {}
            Ok((_, true)) => return true,
            Err(_) => return false,
        }
    }
}

fn garbage_is_refused_or_answered() {
    everywhere(|family| {
        let mut rng = Rng::with_seed(7);
        let (mut answered, mut refused) = (0, 0);
        for round in 0..400 {
            let mut rest = vec![0_u8; rng.usize(0..200)];
            rng.fill(&mut rest);
            if round % 16 == 0 {
                rest.clear();
            }
            // Most begin as attributes: a length that is nearly right, a number that is known.
            if rest.len() >= 4 && round % 4 != 0 {
                let len = rng.u16(0..rest.len() as u16 + 8);
                rest[..2].copy_from_slice(&len.to_ne_bytes());
                rest[2..4].copy_from_slice(&rng.u16(0..40).to_ne_bytes());
            }
            let command = if rng.bool() { NETWORK_GET } else { PORT_GET };
            ok("send", family.ask_as(DUMP, command, &rest));
            match read(family) {
                true => answered += 1,
                false => refused += 1,
            }
        }
        holds("some are answered", answered > 0);
        holds("some are refused", refused > 0);
    });
}

fn commands_that_are_none_are_refused() {
    everywhere(|family| {
        for command in (0..=255).filter(|command| ![NETWORK_GET, PORT_GET].contains(command)) {
            for flags in [REQUEST, DUMP] {
                ok("send", family.ask_as(flags, command, &[]));
                let what = format!("command {command}");
                fails(what, family.part(65536).map(drop), libc::EOPNOTSUPP);
            }
        }
        for command in [NETWORK_GET, PORT_GET] {
            ok("send", family.ask_as(REQUEST, command, &[]));
            fails("no dump", family.part(65536).map(drop), libc::EOPNOTSUPP);
        }
    });
}

fn answers_may_find_little_room() {
    everywhere(|_| {
        for room in [0, 1, 15, 16, 20, 100, 400] {
            let family = Family::new();
            ok("send", family.ask(PORT_GET, &[]));
            let mut parts = 0;
            // A part that does not fit is cut, as recv(2) cuts a message.
            while family.has_event() && parts < 1000 {
                ok("recv", family.cut(room));
                parts += 1;
            }
            holds("it ends", parts < 1000);
        }
    });
}

fn questions_may_be_huge() {
    everywhere(|family| {
        for len in [4096, 32768, 65000] {
            let mut rest = vec![0_u8; len];
            rest[..2].copy_from_slice(&(len as u16).to_ne_bytes());
            rest[2..4].copy_from_slice(&100_u16.to_ne_bytes());
            // An attribute of no meaning is passed over, or refused; one that is too long for a message is not sent.
            if family.ask_as(DUMP, NETWORK_GET, &rest).is_ok() {
                read(family);
            }
        }
    });
}

fn answers_may_be_left_unread() {
    everywhere(|_| {
        for _ in 0..50 {
            let family = Family::new();
            ok("send", family.ask(PORT_GET, &[]));
            let again = family.ask(PORT_GET, &[]);
            same("sent again", again.is_ok(), true);
        }
    });
}
