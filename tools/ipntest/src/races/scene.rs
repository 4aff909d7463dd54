// SPDX-License-Identifier: GPL-2.0
//! What races are about: a network, and a port that things happen to.

use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::sys::socket::{Addr, Sock};
use std::fs::File;

/// A network, its creator's port, and a manager's port that things happen to.
pub struct Scene {
    pub bus: Bus,
    pub keeper: Sock,
    pub port: Sock,
    /// `/dev/null`.
    pub nothing: File,
}

impl Scene {
    /// With a network of these options.
    pub fn set(options: &[(i32, i32)]) -> Scene {
        let bus = Bus::new();
        let keeper = bus.create_with(options);
        let port = bus.manage();
        ok("connect", port.connect(&Addr::null(0)));
        Scene {
            bus,
            keeper,
            port,
            nothing: ok("/dev/null", File::open("/dev/null")),
        }
    }

    /// The same for another thread.
    pub fn copy(&self) -> Scene {
        Scene {
            bus: self.bus.clone(),
            keeper: self.keeper.clone(),
            port: self.port.clone(),
            nothing: ok("dup", self.nothing.try_clone()),
        }
    }
}
