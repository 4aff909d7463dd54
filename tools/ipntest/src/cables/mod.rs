// SPDX-License-Identifier: GPL-2.0
//! Cables: buses of several machines that are one.

pub mod account;
pub mod machine;
pub mod pgm;
pub mod traffic;
