// SPDX-License-Identifier: GPL-2.0

//! The pure logic of AF_IPN, built for the host.
//!
//! Each module takes in the very files of `src/` by path. They need nothing but `core`, which this
//! crate holds them to; the tests are in `tests/`, one file per noun.

#![no_std]
#![forbid(unsafe_code)]

pub mod kvde_switch;
