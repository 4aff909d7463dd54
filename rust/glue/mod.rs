// SPDX-License-Identifier: GPL-2.0

//! What only this module needs of the kernel.

pub(crate) mod cred;
pub(crate) mod cursor_page;
mod errno;
pub(crate) mod global;
pub(crate) mod kernel_socket;
pub(crate) mod netdev;
mod packet;
pub(crate) mod parameters;
pub(crate) mod policy_module;
pub(crate) mod ring_memory;
pub(crate) mod sysfs;
