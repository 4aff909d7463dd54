// SPDX-License-Identifier: GPL-2.0

//! `rust/sync/set_once.rs`, in one step where that takes two: the models have enough of them.

pub(crate) use kernel::sync::SetOnce;
