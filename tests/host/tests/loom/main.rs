// SPDX-License-Identifier: GPL-2.0

//! The concurrency of a network, in every order that threads and memory allow, with loom.
//!
//!     RUSTFLAGS='--cfg loom' cargo test --release --test loom
//!
//! What is checked is the module's own ring, cursor, port and set of ports. What joins them in the
//! module needs the kernel, so its protocol is written down once more here: `delivery.rs`,
//! `members.rs`, `transfer.rs` and `wakeup.rs` follow `delivery/`, `network/members.rs`, `socket/` and
//! `wakeup/` in `src/` function by function, without what does not matter for the order of things. Change both together.
//!
//! In the way of a socket's wait queue is `queue.rs`. `lossy.rs`, `lossless.rs`, `own.rs`,
//! `sleep.rs`, `batch.rs`, `mapped.rs` and `forward.rs` are the models. Each is small, for loom goes through all of it; a
//! lost wake-up is a deadlock, which loom reports. `LOOM_MAX_PREEMPTIONS=3` looks deeper than the
//! models ask for.

#![cfg(loom)]

#[allow(dead_code, reason = "the models need a part of them")]
#[path = "../../../../src"]
mod src {
    pub(crate) mod abi;
    pub(crate) mod network {
        pub(crate) mod port_set;
    }
    pub(crate) mod ring;
}
use src::{abi, ring};

#[path = "../../platform"]
mod rust {
    pub(crate) mod glue {
        pub(crate) mod cursor_page;
    }
    pub(crate) mod sync {
        pub(crate) mod atomic;
    }
}
#[path = "../af_ipn/slots.rs"]
mod slots;

#[path = "../../../../tools/ipn/src/reader.rs"]
mod reader;

mod delivery;
mod endpoint;
mod members;
mod network;
mod queue;
mod transfer;
mod wakeup;

mod account;
mod batch;
mod forward;
mod lossless;
mod lossy;
mod mapped;
mod own;
mod sleep;

/// Tries every order with so many preemptions, or what the environment says.
fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.max_branches = 100_000;
    builder.check(model);
}
