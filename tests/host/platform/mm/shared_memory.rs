// SPDX-License-Identifier: GPL-2.0

//! `rust/shared_memory.rs`: nothing is mapped here.

/// Memory that tasks may map.
pub(crate) struct SharedMemory;
