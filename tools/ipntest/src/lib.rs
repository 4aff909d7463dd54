// SPDX-License-Identifier: GPL-2.0
//! What the tests have in common with other programs that call the family as nobody should: raw
//! calls, the interface's numbers, reports.

#![deny(unsafe_code)]

pub mod abi;
pub mod errno;
pub mod ktap;
pub mod pace;
pub mod sys;
pub mod table;
