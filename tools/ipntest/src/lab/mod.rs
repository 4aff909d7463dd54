// SPDX-License-Identifier: GPL-2.0
//! What the tests are made with: the runner, checks, processes, a bus with ports.

pub mod amounts;
pub mod bus;
pub mod check;
pub mod client;
pub mod described;
pub mod far;
pub mod fuse;
pub mod host;
pub mod machine;
pub mod packet_oracle;
pub mod runner;
pub mod settings;
pub mod task;
