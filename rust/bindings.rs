// SPDX-License-Identifier: GPL-2.0
//! Raw bindings of kernel interfaces, generated from `bindings_helper.h`.
#![allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    unsafe_op_in_unsafe_fn,
    unnameable_types,
    improper_ctypes,
    unreachable_pub,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    rustdoc::all
)]
type __kernel_size_t = usize;
type __kernel_ssize_t = isize;
type __kernel_ptrdiff_t = isize;
include!(env!("AF_IPN_BINDINGS"));
