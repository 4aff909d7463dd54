// SPDX-License-Identifier: GPL-2.0

//! What only this module needs of the kernel. Each file is of a layer of `src/`.

pub(crate) mod arrival;
pub(crate) mod cursor_page;
mod entry;
mod errno;
pub(crate) mod global;
mod interface;
pub(crate) mod kernel_socket;
pub(crate) mod netdev;
pub(crate) mod netlink;
pub(crate) mod parameters;
pub(crate) mod policy_module;
pub(crate) mod ring_memory;
pub(crate) mod sysfs;
pub(crate) mod trace;
