// SPDX-License-Identifier: GPL-2.0

//! What stands for `rust/` on the host: the same faces, over what `kernel/` has.

pub(crate) mod fs {
    pub(crate) mod path;
}
pub(crate) mod glue {
    pub(crate) mod arrival;
    pub(crate) mod cursor_page;
    mod errno;
    pub(crate) mod global;
    pub(crate) mod netdev;
    pub(crate) mod netlink;
    pub(crate) mod parameters;
    pub(crate) mod policy_module;
    pub(crate) mod ring_memory;
    pub(crate) mod sysfs;
    pub(crate) mod trace;
}
pub(crate) mod mm {
    pub(crate) mod allocated;
    pub(crate) mod mmap;
    pub(crate) mod piece;
    pub(crate) mod shared_memory;
}
pub(crate) mod net {
    pub(crate) mod family;
    pub(crate) mod fdinfo;
    pub(crate) mod filter;
    pub(crate) mod message;
    pub(crate) mod namespace;
    pub(crate) mod socket;
    pub(crate) mod sockopt;
}
pub(crate) mod sync {
    pub(crate) mod atomic;
    pub(crate) mod bottom_halves;
    pub(crate) mod lock;
    pub(crate) mod relax;
    pub(crate) mod set_once;
    pub(crate) mod wait_queue;
}
pub(crate) mod task {
    pub(crate) mod clock;
    pub(crate) mod cred;
    pub(crate) mod current;
    pub(crate) mod identity;
    pub(crate) mod pause;
    pub(crate) mod workers;
}
