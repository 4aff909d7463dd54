// SPDX-License-Identifier: GPL-2.0
//! What only the fuzzer asks of the system; calls on sockets are `ipntest::sys`. `unsafe` is needed for
//! memory that is shared with the kernel, for requests, and for a port of the machine.
#![allow(unsafe_code)]

pub mod kcov;
#[cfg_attr(not(target_arch = "x86_64"), path = "serial.rs")]
pub mod port;
