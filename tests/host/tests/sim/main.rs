// SPDX-License-Identifier: GPL-2.0

//! Simulation: the family whole, as it is shipped, under schedules that a seed decides.
//!
//! The files are those of `src/`; what stands for the kernel is in `platform/`: `kernel/` for its
//! crate, `rust/` for the wrappers. Every access of a shared word, every lock, every allocation and
//! every page of user memory is a step after which another task may run, or which may fail.
//!
//! `scenario.rs` says what tasks do, `world.rs` does it, `oracle.rs` judges, `chaos.rs` tries
//! scenarios and shortens one that fails; `table.rs` is the table of every call in every state, which the
//! oracles read, and `states.rs` tries all of it that there is here, on sockets of `stage.rs`; `answers.rs`, `exchange.rs` and `ports.rs` have what each call
//! answers to one task (`caller.rs`), `gathered.rs` what comes in records and with its sender, and what is counted,
//! `told.rs` what is told of networks and ports; `live.rs` has those in which everybody must get on, `sleepers.rs` what one who sleeps leaves to others,
//! `readiness.rs` those in which `poll` and edges must say what calls do.

#![cfg(not(loom))]

#[allow(
    dead_code,
    unused_imports,
    clippy::all,
    reason = "the module uses more of them, and they are linted with it"
)]
#[path = "../../../../src"]
mod src {
    pub(crate) mod abi;
    pub(crate) mod calls;
    pub(crate) mod delivery;
    pub(crate) mod device;
    pub(crate) mod listing;
    pub(crate) mod membership;
    pub(crate) mod network;
    pub(crate) mod policy;
    pub(crate) mod registry;
    pub(crate) mod ring;
    pub(crate) mod socket;
    pub(crate) mod wakeup;
}
use src::{
    abi, calls, delivery, device, listing, membership, network, policy, registry, ring, socket,
    wakeup,
};

#[allow(dead_code, reason = "the face of rust/, whole")]
#[path = "../../platform/mod.rs"]
mod rust;

/// The base of `rust::sync`.
mod words {
    pub(crate) use kernel::sync::{
        new_mutex as new_spinlock_bh, Mutex as SpinLockBh, MutexGuard as SpinLockBhGuard,
    };
    pub(crate) use shuttle::{sync::atomic::*, thread::yield_now};
}

/// The parameter `max_ports`.
pub(crate) const PORTS_MAX: u32 = 64;

#[path = "../common/seen_oracle.rs"]
mod seen_oracle;

#[path = "../common/records.rs"]
mod packing;
mod policies;
use policies::POLICIES;

mod answers;
mod caller;
mod chaos;
mod devices;
mod exchange;
mod figures;
mod live;
mod networks;
mod observer;
mod oracle;
mod pairs;
mod ports;
mod readiness;
mod records;
mod reliable;
mod scenario;
mod sleepers;
mod stage;
mod states;
mod table;
mod told;
mod wakes;
mod world;
