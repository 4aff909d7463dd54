// SPDX-License-Identifier: GPL-2.0

//! What capture files call what a network carries.

/// That of networks that are no switches: `LINKTYPE_USER0`.
pub const USER0: u16 = 147;
/// Ethernet frames: `LINKTYPE_ETHERNET`.
pub const ETHERNET: u16 = 1;
