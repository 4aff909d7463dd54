// SPDX-License-Identifier: GPL-2.0

//! Names and files.

pub(crate) mod path;
pub(crate) mod proc;
