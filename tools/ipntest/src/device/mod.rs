// SPDX-License-Identifier: GPL-2.0
//! Ports that are network devices: taps and grabbed interfaces.

pub mod calls;
pub mod exchange;
pub mod floods;
pub mod frames;
pub mod grab;
pub mod groups;
pub mod kinds;
pub mod lab;
pub mod link;
pub mod losses;
pub mod monitor;
pub mod offload;
pub mod oracle;
pub mod packets;
pub mod races;
pub mod rights;
pub mod socket;
pub mod standing;
pub mod tap;
pub mod tool;
pub mod unfinished;
