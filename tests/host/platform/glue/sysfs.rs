// SPDX-License-Identifier: GPL-2.0

//! `rust/sysfs.rs`: directories that nobody looks into.

use crate::{rust::fs::path::FileNumbers, socket::Network};
use kernel::{prelude::*, sync::Arc};

pub(crate) struct Directory {
    _network: Arc<Network>,
}

impl Directory {
    pub(crate) fn new(network: Arc<Network>, _file: &FileNumbers) -> Result<Self> {
        kernel::alloc::attempt()?;
        Ok(Self { _network: network })
    }
}
