// SPDX-License-Identifier: GPL-2.0
//! The switch, `kvde_switch`.

pub mod bridge_frames;
pub mod bridge_oracle;
pub mod floods;
pub mod flows;
pub mod forward;
pub mod lab;
pub mod lossless;
pub mod module;
pub mod options;
pub mod tool;
pub mod vlan;
