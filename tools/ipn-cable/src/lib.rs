// SPDX-License-Identifier: GPL-2.0

//! What all cables have in common. A cable joins a reliable bus (`SOCK_RDM`) to those of
//! other machines by an [`Engine`], which carries frames from each cable to all others;
//! `Documentation/cables.md` says how.
//!
//! A cable over another engine is a program with one line in its `main`: [`program`].

#![deny(unsafe_code)]

mod bus;
mod carry;
mod deliver;
mod engine;
mod failure;
mod frame;
mod identity;
mod inlet;
mod outlet;
mod program;
mod stop;
mod table;
mod told;
mod turn;
mod url;
pub mod value;

pub use engine::{Arrival, Engine, Sent, Source, LONGEST, PATIENCE};
pub use failure::Failure;
pub use program::program;
pub use table::Table;
pub use url::Url;

#[cfg(test)]
mod network_tests;
