// SPDX-License-Identifier: GPL-2.0

//! Who is on networks, and what happens to them: what the kernel tells by netlink.

mod cables;
pub mod drops;
mod graph;
mod json;
mod kernel;
mod metrics;
mod ports;
mod process;
mod short;
mod snapshot;
mod top;
mod users;
mod watch;

pub use cables::cables;
pub use graph::graph;
pub use kernel::{networks, overrun};
pub use metrics::prometheus;
pub use ports::show as ports;
pub use top::top;
pub use users::Users;
pub use watch::watch;
