// SPDX-License-Identifier: GPL-2.0

//! Memory.

pub(crate) mod allocated;
pub(crate) mod mmap;
pub(crate) mod piece;
pub(crate) mod shared_memory;
