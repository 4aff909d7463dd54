// SPDX-License-Identifier: GPL-2.0

//! The base of `rust::sync::atomic` and `relax`: the standard library's.

pub(crate) use std::{sync::atomic::*, thread::yield_now};
