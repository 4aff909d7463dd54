// SPDX-License-Identifier: GPL-2.0

//! What the switch needs of the kernel.

pub(crate) mod parameters;
pub(crate) mod random;
