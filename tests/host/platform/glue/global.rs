// SPDX-License-Identifier: GPL-2.0

//! `rust/global.rs`: one registry in each run.

use crate::registry::names::Registry;
use kernel::sync::{Mutex, MutexGuard};

#[cfg(loom)]
loom::lazy_static! {
    static ref REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());
}

#[cfg(not(loom))]
shuttle::lazy_static! {
    static ref REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());
}

/// The networks.
pub(crate) fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock()
}
