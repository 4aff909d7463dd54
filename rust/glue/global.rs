// SPDX-License-Identifier: GPL-2.0

//! The module's one global value, behind a mutex.

use crate::registry::Registry;
use kernel::{prelude::*, sync::global_lock};

global_lock! {
    // SAFETY: `init` below initialises it, once, before the family is registered.
    pub(crate) unsafe(uninit) static REGISTRY: Mutex<Registry> = Registry::new();
}

/// Makes [`static@REGISTRY`] usable. The module calls this first of all, and once.
pub(crate) fn init(_module: &'static ThisModule) {
    // SAFETY: The kernel calls a module's init once, and nobody has locked it before.
    unsafe { REGISTRY.init() };
}
