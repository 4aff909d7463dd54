// SPDX-License-Identifier: GPL-2.0

//! What the module and user space have agreed on, and what every layer above needs.

pub(crate) mod cache_line;
pub(crate) mod errno;
pub(crate) mod record;
pub(crate) mod sequence;
pub(crate) mod statistics;
pub(crate) mod uapi;
pub(crate) mod words;
