// SPDX-License-Identifier: GPL-2.0

//! How much memory the kernel takes for what is allocated: more than was asked for.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use crate::rust::bindings;
use kernel::alloc::{Allocator, Vec};

/// Bytes that a vector's memory takes.
pub(crate) fn of_vec<T, A: Allocator>(vec: &Vec<T, A>) -> u64 {
    let size = vec.capacity().saturating_mul(size_of::<T>());
    // SAFETY: Of memory so allocated, or none.
    unsafe { bindings::ipn_helper_allocated(vec.as_ptr().cast(), size) }
}

/// Bytes that a small piece of `size` bytes takes, wherever it is.
pub(crate) fn of_size(size: usize) -> u64 {
    // SAFETY: It only rounds a number up.
    unsafe { bindings::ipn_helper_kmalloc_size(size) }
}
