// SPDX-License-Identifier: GPL-2.0

//! The Ethernet switch: `src/kvde_switch/`.

#![forbid(unsafe_code)]
// A frame must not be able to stop the kernel: nothing here may panic.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]

#[path = "../../../src/kvde_switch/fdb/mod.rs"]
pub mod fdb;
#[path = "../../../src/kvde_switch/forward.rs"]
pub mod forward;
#[path = "../../../src/kvde_switch/frame.rs"]
pub mod frame;
#[path = "../../../src/kvde_switch/options/mod.rs"]
pub mod options;
#[path = "../../../src/kvde_switch/port.rs"]
pub mod port;
#[path = "../../../src/kvde_switch/ports.rs"]
mod ports;
#[path = "../../../src/kvde_switch/verdict.rs"]
pub mod verdict;
#[path = "../../../src/kvde_switch/vlan.rs"]
pub mod vlan;
