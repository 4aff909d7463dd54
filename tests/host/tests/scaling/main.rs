// SPDX-License-Identifier: GPL-2.0

//! How senders would fare on many processors: a simulation.
//!
//! The family as it is shipped sends some messages, and `words.rs`, which is what its atomic words and its spinlocks are
//! made of here, notes which cache lines each of these sends reads and writes and which locks it takes (`trace.rs`).
//! Then each of many processors does over and over what the sends of one sender did (`machine.rs`): it has a clock of
//! its own, a line that another has written last takes its time to come, and a lock has one owner. What is assumed is
//! in `machine.rs` and `kinds.rs`, and told in Documentation/performance.md.
//!
//!     AF_IPN_SCALING=/tmp/scaling cargo test --test scaling       # and the table goes there

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

mod words;

/// The parameter `max_ports`: a sender and a receiver for each of 64 processors.
pub(crate) const PORTS_MAX: u32 = 128;

#[allow(dead_code, reason = "of its policies one is used here")]
#[path = "../sim/policies.rs"]
mod policies;
use policies::POLICIES;

/// The simulation's calls of one task.
#[allow(dead_code, reason = "some of them are used here")]
#[path = "../sim/caller.rs"]
mod caller;

/// What `caller.rs` runs a task by.
mod chaos {
    /// The one task that there is; it makes as many steps as it likes.
    pub(crate) fn schedules(run: fn(&()), _schedules: usize) {
        let mut config = shuttle::Config::new();
        config.stack_size = 0x40000;
        config.max_steps = shuttle::MaxSteps::None;
        config.failure_persistence = shuttle::FailurePersistence::None;
        let scheduler = shuttle::scheduler::RoundRobinScheduler::new(1);
        shuttle::Runner::new(scheduler, config).run(move || run(&()));
    }
}

mod kinds;
mod machine;
mod machine_tests;
mod table;
mod trace;
mod trace_tests;
