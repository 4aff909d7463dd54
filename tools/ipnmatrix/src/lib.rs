// SPDX-License-Identifier: GPL-2.0

//! The extremes at which the family is tested (`ipntest`): the settings that there are, which of them work, which are refused with what error, and few of either that have
//! between them every two of their values.

#![deny(unsafe_code)]

pub mod cell;
pub mod dimension;
pub mod pairwise;

pub use cell::{Cell, Reason};
