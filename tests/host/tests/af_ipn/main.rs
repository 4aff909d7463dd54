// SPDX-License-Identifier: GPL-2.0

//! What decides in `src/`: the very files that go into the module, against naive oracles.
//!
//! The items of those files are the module's own, so this test is a crate that takes their place in
//! the module: `crate::ring` is `src/ring/`. What they get from `rust/` in the kernel stands in
//! `tests/host/platform/`. The tests of a file `NOUN.rs` are in `NOUN_tests.rs`.

#![cfg(not(loom))]

#[allow(dead_code, reason = "the rest of the module uses more of them")]
#[path = "../../../../src"]
mod src {
    pub(crate) mod abi;
    pub(crate) mod device {
        pub(crate) mod command;
        pub(crate) mod frame;
    }
    pub(crate) mod network {
        pub(crate) mod address;
        pub(crate) mod departed;
        pub(crate) mod flows;
        pub(crate) mod oob;
        pub(crate) mod port_set;
        pub(crate) mod shape;
        pub(crate) mod window;
    }
    pub(crate) mod policy;
    pub(crate) mod registry {
        pub(crate) mod accounts;
    }
    pub(crate) mod ring;
    pub(crate) mod socket {
        pub(crate) mod description;
        pub(crate) mod rights;
    }
    pub(crate) mod text;
}
use src::{abi, device, network, policy, registry, ring, socket, text};

#[allow(dead_code, reason = "the tests use a part of them")]
#[path = "../../platform"]
mod rust {
    pub(crate) mod glue {
        pub(crate) mod cursor_page;
        #[path = "../../tests/af_ipn/policy_module.rs"]
        pub(crate) mod policy_module;
    }
    pub(crate) mod mm {
        pub(crate) mod shared_memory;
    }
    pub(crate) mod sync {
        pub(crate) mod atomic;
        pub(crate) mod relax;
        #[path = "../../../../rust/sync/set_once.rs"]
        pub(crate) mod set_once;
    }
}

mod words;

#[allow(dead_code, reason = "the tests use a part of it")]
#[path = "../../../../tools/ipn/src/reader.rs"]
mod mapped_reader;
use mapped_reader as reader;

#[path = "../../../../tools/ipn/src/writer.rs"]
mod writer;

#[path = "../common/seen_oracle.rs"]
mod seen_oracle;

mod address_oracle;
mod description_oracle;
mod frame_oracle;
mod heap;
mod oob_oracle;
mod options_oracle;
mod port_set_oracle;
mod ring_oracle;
mod ring_pair;
mod targets_oracle;

mod accounts_tests;
mod address_tests;
mod cursor_tests;
mod departed_tests;
mod description_tests;
mod device_command_tests;
mod drops_tests;
mod errno_tests;
mod flows_tests;
mod frame_tests;
mod mapped_reader_tests;
mod oob_tests;
mod options_tests;
mod pace_tests;
mod policy_tests;
mod port_set_tests;
mod port_tests;
mod reader_tests;
mod record_tests;
mod rights_tests;
mod ring_lengths_tests;
mod ring_tests;
mod ring_threads;
mod seen_tests;
mod sequence_tests;
mod set_once_tests;
mod statistics_tests;
mod tally_tests;
mod targets_tests;
mod text_tests;
mod told_tests;
mod uapi_tests;
mod window_tests;
mod writer_tests;
mod written;
