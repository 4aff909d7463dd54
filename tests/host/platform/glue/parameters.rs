// SPDX-License-Identifier: GPL-2.0

//! `rust/parameters.rs`.

use crate::network::shape::{Limits, Quota};

pub(crate) fn limits() -> Limits {
    Limits {
        ports: crate::PORTS_MAX,
        bytes: 1 << 20,
    }
}

pub(crate) fn quota() -> Quota {
    Quota {
        networks: 8,
        bytes: 4 << 20,
    }
}
