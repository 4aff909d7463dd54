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
    clashing_extern_declarations,
    improper_ctypes,
    unreachable_pub,
    clippy::all,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    rustdoc::all
)]
// How bindgen reads bit fields; the name is unknown to older compilers.
#![cfg_attr(CONFIG_RUSTC_HAS_UNNECESSARY_TRANSMUTES, allow(unnecessary_transmutes))]
type __kernel_size_t = usize;
type __kernel_ssize_t = isize;
type __kernel_ptrdiff_t = isize;
include!(env!("AF_IPN_BINDINGS"));

mod policy_layout;
