// SPDX-License-Identifier: GPL-2.0

//! The module's one global value, behind a mutex.

use crate::{registry::names::Registry, rust::sync::once::Once};
use core::ops::DerefMut;
use kernel::{prelude::*, sync::global_lock};

/// Whether [`static@REGISTRY`] was initialised.
static READY: Once = Once::new();

global_lock! {
    // SAFETY: Only `registry` below uses it, after it has seen to its one `init`.
    unsafe(uninit) static REGISTRY: Mutex<Registry> = Registry::new();
}

/// The registry of networks, locked. May sleep.
pub(crate) fn registry() -> impl DerefMut<Target = Registry> {
    // SAFETY: `READY` lets one caller through, once, and the others wait for it.
    READY.call(|| unsafe { REGISTRY.init() });
    REGISTRY.lock()
}
