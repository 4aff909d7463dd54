// SPDX-License-Identifier: GPL-2.0

//! What C code calls: it converts, calls, and converts back.

mod device;
mod netlink;
mod packet;
mod sysfs;
