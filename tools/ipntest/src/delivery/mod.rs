// SPDX-License-Identifier: GPL-2.0
//! Which messages arrive: lossless and lossy networks, long messages, filters, records.

pub mod filters;
pub mod lossless;
pub mod lossy;
pub mod parts;
pub mod records;
pub mod refused;
