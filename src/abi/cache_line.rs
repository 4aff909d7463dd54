// SPDX-License-Identifier: GPL-2.0

//! Where a cache line begins in a structure.
//!
//! Processors hand whole lines to each other. What one of them writes for every message must not lie
//! beside what others read for every message.

/// A field without a size, in a structure that is `repr(C)`: what follows begins a line of 64 bytes.
#[repr(align(64))]
pub(crate) struct CacheLine;
