// SPDX-License-Identifier: GPL-2.0

//! What decides in `src/`: the very files that go into the module, against naive oracles.
//!
//! The items of those files are the module's own, so this test is a crate that takes their place in
//! the module: `crate::ring` is `src/ring.rs`. What they get from `rust/` in the kernel, `atomic.rs`,
//! `cursor_page.rs` and `policy_module.rs`, has stand-ins beside this file. The tests of `src/NOUN.rs` are in
//! `NOUN_tests.rs`.

#![cfg(not(loom))]

#[allow(dead_code, reason = "the rest of the module uses more of them")]
#[path = "../../../../src"]
mod src {
    pub(crate) mod accounts;
    pub(crate) mod address;
    pub(crate) mod cache_line;
    pub(crate) mod cursor;
    pub(crate) mod device_command;
    pub(crate) mod errno;
    pub(crate) mod frame;
    pub(crate) mod oob;
    pub(crate) mod options;
    pub(crate) mod policy;
    pub(crate) mod port;
    pub(crate) mod port_set;
    pub(crate) mod rights;
    pub(crate) mod ring;
    pub(crate) mod tally;
    pub(crate) mod targets;
    pub(crate) mod text;
    pub(crate) mod uapi;
}
use src::{
    accounts, address, cache_line, cursor, device_command, errno, frame, oob, options, policy,
    port, port_set, rights, ring, tally, targets, text, uapi,
};

mod address_oracle;
mod atomic;
mod cursor_page;
mod description_oracle;
mod frame_oracle;
mod oob_oracle;
mod options_oracle;
mod policy_module;
mod port_set_oracle;
mod ring_oracle;
mod ring_pair;
mod slots;
mod targets_oracle;

mod accounts_tests;
mod address_tests;
mod cursor_tests;
mod description_tests;
mod device_command_tests;
mod errno_tests;
mod frame_tests;
mod oob_tests;
mod options_tests;
mod policy_tests;
mod port_set_tests;
mod port_tests;
mod rights_tests;
mod ring_tests;
mod ring_threads;
mod tally_tests;
mod targets_tests;
mod text_tests;
mod uapi_tests;
