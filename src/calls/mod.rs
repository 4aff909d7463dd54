// SPDX-License-Identifier: GPL-2.0

//! System calls on a socket.

mod family;
mod fdinfo;
mod ioctl;
pub(crate) mod names;
mod sockopt;
