// SPDX-License-Identifier: GPL-2.0

//! Where the family's own options and control messages are.

use ipn_abi as abi;
use std::ffi::c_int;

/// The level of the family's own options and control messages.
pub(crate) const LEVEL: c_int = abi::IPN_ANY as c_int;
