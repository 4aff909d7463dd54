// SPDX-License-Identifier: GPL-2.0

//! Safe wrappers of kernel interfaces, the only place for `unsafe`.
//!
//! [`net`], [`sync`], [`mm`], [`fs`] and [`task`] wrap what the kernel crate lacks; [`glue`] is what only
//! this module needs.

pub(crate) mod bindings;
pub(crate) mod fs;
pub(crate) mod glue;
#[cfg(CONFIG_KUNIT = "y")]
mod kunit;
pub(crate) mod mm;
pub(crate) mod net;
pub(crate) mod sync;
pub(crate) mod task;
