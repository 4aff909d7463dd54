// SPDX-License-Identifier: GPL-2.0

//! Trace points that nobody listens to.

use super::super::fs::path::FileNumbers;

pub(crate) fn sent(_network: &FileNumbers, _port: u32, _len: u32) {}

pub(crate) fn traces_received() -> bool {
    false
}

pub(crate) fn received(_network: &FileNumbers, _port: u32, _from: u32, _len: u32) {}

pub(crate) fn dropped(_network: &FileNumbers, _port: u32, _count: u64, _reason: u32) {}

#[derive(Clone, Copy)]
pub(crate) enum Awaited {
    Room,
    Message,
}

pub(crate) fn waits(_network: &FileNumbers, _port: u32, _for_what: Awaited) {}

pub(crate) fn joined(_network: &FileNumbers, _port: u32, _can: (bool, bool, bool)) {}

pub(crate) fn left(_network: &FileNumbers, _port: u32) {}
