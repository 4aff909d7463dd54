// SPDX-License-Identifier: GPL-2.0
//! What a socket of the family answers: names, options, messages, calls of every kind.

pub mod addresses;
pub mod batch;
pub mod errors;
pub mod fd_passing;
pub mod flags;
pub mod generic;
pub mod io_uring;
pub mod join;
pub mod listing;
pub mod memory;
pub mod messages;
pub mod names;
pub mod oob;
pub mod options;
pub mod scale;
pub mod slow_memory;
pub mod wrong_calls;
