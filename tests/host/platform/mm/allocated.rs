// SPDX-License-Identifier: GPL-2.0

//! `rust/allocated.rs`: what is allocated takes as much as was asked for.

use kernel::alloc::{Allocator, Vec};

pub(crate) fn of_vec<T, A: Allocator>(vec: &Vec<T, A>) -> u64 {
    vec.len().saturating_mul(size_of::<T>()) as u64
}

pub(crate) fn of_size(size: usize) -> u64 {
    size as u64
}
