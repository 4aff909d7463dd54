// SPDX-License-Identifier: GPL-2.0

//! What tasks do: system calls on a few descriptors and two names.

use proptest::{collection::vec, prelude::*};

/// Descriptors that the tasks of a scenario share.
pub(crate) const FILES: usize = 4;

/// Names in the directory.
pub(crate) const NAMES: usize = 2;

/// A scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// The network that is there at first, under the first name.
    pub(crate) make: Make,
    /// The descriptors with a port of it: the first has made it.
    pub(crate) ports: usize,
    /// What each task does.
    pub(crate) tasks: Vec<Task>,
}

/// What a task is and does.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Its user.
    pub(crate) uid: u32,
    /// One of so many chances of a fault of memory is taken; 0: none.
    pub(crate) faults: u32,
    /// Its system calls, one after the other.
    pub(crate) calls: Vec<Call>,
}

/// How a network is made, where a call makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Make {
    pub(crate) protocol: u32,
    pub(crate) lossless: bool,
    pub(crate) pool: u32,
    pub(crate) ports: u32,
    pub(crate) mode: u32,
    /// Messages in parts among others.
    pub(crate) long: bool,
}

/// A system call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// `socket` and `bind` and, with `connect`, a port: a descriptor in place of what was there.
    Create {
        file: usize,
        name: usize,
        make: Make,
        connect: bool,
    },
    /// `socket` and `connect`.
    Join {
        file: usize,
        name: usize,
        oob: bool,
        filter: bool,
        /// Several messages a call.
        records: bool,
    },
    /// `connect` of a bound socket, to the port of a number.
    Connect { file: usize, port: i32 },
    /// `sendmsg`, or `sendmmsg` of several.
    Send { file: usize, count: u32, wait: bool },
    /// `recvmsg`.
    Receive {
        file: usize,
        room: usize,
        flags: u32,
        wait: bool,
    },
    /// `poll` until something holds, or for a while.
    Poll { file: usize },
    /// `ioctl(FIONREAD)`.
    Length { file: usize },
    /// `shutdown`.
    Shutdown { file: usize, how: i32 },
    /// `close`, once the calls that run have ended.
    Close { file: usize },
    /// `ioctl(IPN_TERMINATE)`.
    Terminate { file: usize },
    /// `setsockopt(IPN_SO_CHANGE_NUMNODES)`.
    Resize { file: usize, ports: i32 },
    /// `setsockopt(IPN_SO_HANDLE_OOB)`.
    HandleOob { file: usize, wanted: i32 },
    /// `unlink`.
    Unlink { name: usize },
}

fn make() -> impl Strategy<Value = Make> {
    (
        prop_oneof![2 => Just(1u32), 1 => Just(crate::policies::SWITCH), 1 => Just(crate::policies::PAIRS)],
        any::<bool>(),
        1..4u32,
        1..5u32,
        prop_oneof![Just(0o777u32), Just(0o700), Just(0o744), Just(0o722)],
        any::<bool>(),
    )
        .prop_map(|(protocol, lossless, pool, ports, mode, long)| Make {
            protocol,
            lossless,
            pool,
            ports,
            mode,
            long: long && protocol == 1,
        })
}

fn call() -> impl Strategy<Value = Call> {
    let file = || 0..FILES;
    let name = || 0..NAMES;
    let flags = prop_oneof![3 => Just(0u32), 1 => Just(0x2), 1 => Just(0x20), 1 => Just(0x22)];
    prop_oneof![
        3 => (file(), name(), make(), any::<bool>()).prop_map(|(file, name, make, connect)| {
            Call::Create { file, name, make, connect }
        }),
        3 => (file(), name(), any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.3)).prop_map(
            |(file, name, oob, filter, records)| Call::Join { file, name, oob, filter, records }
        ),
        1 => (file(), -1..4i32).prop_map(|(file, port)| Call::Connect { file, port }),
        8 => (file(), 1..4u32, any::<bool>())
            .prop_map(|(file, count, wait)| Call::Send { file, count, wait }),
        8 => (file(), prop_oneof![6..20usize, 38..44usize], flags, any::<bool>()).prop_map(|(file, room, flags, wait)| {
            Call::Receive { file, room, flags, wait }
        }),
        2 => file().prop_map(|file| Call::Poll { file }),
        1 => file().prop_map(|file| Call::Length { file }),
        1 => (file(), 0..3i32).prop_map(|(file, how)| Call::Shutdown { file, how }),
        1 => file().prop_map(|file| Call::Close { file }),
        1 => file().prop_map(|file| Call::Terminate { file }),
        1 => (file(), 1..6i32).prop_map(|(file, ports)| Call::Resize { file, ports }),
        1 => (file(), 0..2i32).prop_map(|(file, wanted)| Call::HandleOob { file, wanted }),
        1 => name().prop_map(|name| Call::Unlink { name }),
    ]
}

fn task() -> impl Strategy<Value = Task> {
    let uid = prop_oneof![2 => Just(1000u32), 1 => Just(1001), 1 => Just(0)];
    let faults = prop_oneof![3 => Just(0u32), 1 => 4..12u32];
    (uid, faults, vec(call(), 1..8)).prop_map(|(uid, faults, calls)| Task { uid, faults, calls })
}

/// Two or three tasks.
pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    (make(), 0..FILES, vec(task(), 2..4)).prop_map(|(make, ports, tasks)| Scenario {
        make,
        ports,
        tasks,
    })
}
