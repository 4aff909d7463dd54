// SPDX-License-Identifier: GPL-2.0
//! `ipn cable`: networks of several machines that are one.

pub mod command;
pub mod described;
mod lab;
pub mod vxlan;
