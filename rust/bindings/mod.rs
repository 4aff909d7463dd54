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

/// What the pure core believes of the interface is what the header says.
const _: () = {
    use crate::{
        abi::uapi,
        ring::{self, cursor},
        rust::glue::ring_memory::{NOTICES_AT, POSITIONS_AT},
    };
    use core::mem::{offset_of, size_of};
    macro_rules! same {
        ($($name:ident)*) => { $(assert!(uapi::$name as i64 == $name as i64);)* };
    }
    same! {
        IPN_ANY IPN_BROADCAST IPN_PROTO_MAX IPN_SO_PORT IPN_SO_DESCR IPN_SO_CHANGE_NUMNODES IPN_SO_HANDLE_OOB
        IPN_SO_WANT_OOB_NUMNODES IPN_SO_MTU IPN_SO_NUMNODES IPN_SO_MSGPOOLSIZE IPN_SO_FLAGS
        IPN_SO_MODE IPN_PORTNO_ANY IPN_DESCRLEN IPN_MTU_MIN IPN_MTU_MAX IPN_MTU_DEFAULT
        IPN_NUMNODES_MIN IPN_NUMNODES_DEFAULT IPN_MSGPOOLSIZE_MIN IPN_MSGPOOLSIZE_MAX
        IPN_MSGPOOLSIZE_DEFAULT IPN_MODE_DEFAULT IPN_FLAG_LOSSLESS IPN_FLAG_EXCL IPN_FLAG_FLEXMTU
        IPN_FLAG_TERMINATED IPN_OOB_NUMNODE_TAG IPN_MAP_RING IPN_MAP_CURSOR IPN_RING_MAGIC
        IPN_RING_VERSION
    }
    assert!(crate::policy::targets::PREFIX_MAX == IPN_PREFIX_MAX as usize);
    macro_rules! laid_out {
        ($($ours:path, $at:expr, $theirs:ident: $($member:ident)*;)*) => { $($(
            assert!($at + offset_of!($ours, $member) == offset_of!($theirs, $member));
        )*)* };
    }
    laid_out! {
        ring::Format, 0, ipn_ring: magic version pool slots stride slots_at mtu flags;
        ring::Positions, POSITIONS_AT, ipn_ring: reserved published;
        ring::Notices, NOTICES_AT, ipn_ring: awaiting_room;
        ring::Header, 0, ipn_slot: len from stamp;
        cursor::Place, 0, ipn_cursor: position own lost;
    }
    assert!(size_of::<ring::Header>() == offset_of!(ipn_slot, data));
    assert!(uapi::UNIX_PATH_MAX + 2 == size_of::<sockaddr_un>());
};
