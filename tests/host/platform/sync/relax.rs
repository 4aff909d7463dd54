// SPDX-License-Identifier: GPL-2.0

//! `rust/sync/relax.rs`: others run.

pub(crate) use crate::words::yield_now as relax;
