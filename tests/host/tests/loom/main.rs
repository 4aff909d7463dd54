// SPDX-License-Identifier: GPL-2.0

//! The concurrency of a network, in every order that threads and memory allow, with loom.
//!
//!     RUSTFLAGS='--cfg loom' cargo test --profile loom --test loom
//!
//! What runs is what is shipped: the files of `src/`, from the system call to the ring. What stands for
//! the kernel is in `platform/`. `world.rs` makes a network and its ports; `lossy.rs`, `lossless.rs`,
//! `own.rs`, `parts.rs`, `sleep.rs`, `batch.rs`, `mapped.rs`, `flows.rs`, `forward.rs`, `backlog.rs`,
//! `herd.rs`, `written.rs` and `reliable.rs` are the models. Each is small, for
//! loom goes through all of it; a lost wake-up is a deadlock, which it reports. `LOOM_MAX_PREEMPTIONS=3`
//! looks deeper than the models ask for.

#![cfg(loom)]

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
    pub(crate) mod membership;
    pub(crate) mod network;
    pub(crate) mod policy;
    pub(crate) mod registry;
    pub(crate) mod ring;
    pub(crate) mod socket;
    pub(crate) mod wakeup;
}
use src::{
    abi, calls, delivery, device, membership, network, policy, registry, ring, socket, wakeup,
};

#[allow(dead_code, reason = "the face of rust/, whole")]
#[path = "../../platform/mod.rs"]
mod rust;

/// The base of `rust::sync`.
mod words {
    pub(crate) use kernel::sync::{
        new_mutex as new_spinlock_bh, Mutex as SpinLockBh, MutexGuard as SpinLockBhGuard,
    };
    pub(crate) use loom::{sync::atomic::*, thread::yield_now};
}

#[path = "../../../../tools/ipn/src/reader.rs"]
mod reader;
#[path = "../../../../tools/ipn/src/writer.rs"]
mod writer;

/// The parameter `max_ports`.
pub(crate) const PORTS_MAX: u32 = 64;

#[path = "../common/records.rs"]
mod packing;
mod policies;
mod records;
use policies::POLICIES;

mod world;

mod backlog;
mod batch;
mod flows;
mod forward;
mod herd;
mod lossless;
mod lossy;
mod mapped;
mod observer;
mod own;
mod parts;
mod reliable;
mod sleep;
mod written;

/// Tries every order with so many preemptions, or what the environment says.
fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.max_branches = 100_000;
    builder.check(model);
}
