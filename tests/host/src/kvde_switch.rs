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

#[path = "../../../src/kvde_switch/fdb.rs"]
pub mod fdb;
#[path = "../../../src/kvde_switch/forward.rs"]
pub mod forward;
#[path = "../../../src/kvde_switch/frame.rs"]
pub mod frame;
#[path = "../../../src/kvde_switch/mac_store.rs"]
mod mac_store;
#[path = "../../../src/kvde_switch/mac_table.rs"]
pub mod mac_table;
#[path = "../../../src/kvde_switch/option_bytes.rs"]
mod option_bytes;
#[path = "../../../src/kvde_switch/options.rs"]
pub mod options;
#[path = "../../../src/kvde_switch/port.rs"]
pub mod port;
#[path = "../../../src/kvde_switch/ranking.rs"]
mod ranking;
#[path = "../../../src/kvde_switch/siphash.rs"]
pub mod siphash;
#[path = "../../../src/kvde_switch/slot.rs"]
mod slot;
#[path = "../../../src/kvde_switch/verdict.rs"]
pub mod verdict;
#[path = "../../../src/kvde_switch/vlan.rs"]
pub mod vlan;
