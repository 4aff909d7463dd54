// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The numbers and structures of the `AF_IPN` socket family, under the names that they have in
//! `<linux/af_ipn.h>`, `<linux/ipn_netlink.h>` and `<linux/ipn_switch.h>`.
//!
//! For programs that make the system calls themselves; the crate `ipn` wraps them. What they mean is
//! in af_ipn(7).

#![no_std]
#![deny(unsafe_code)]

mod af_ipn;
mod ipn_netlink;
mod ipn_switch;

pub use af_ipn::*;
pub use ipn_netlink::*;
pub use ipn_switch::*;

/// The address family: 13, or what the environment variable `AF_IPN` held when this crate was built
/// (as `make AF_IPN=...` does for the module).
pub const AF_IPN: u16 = match option_env!("AF_IPN") {
    Some(number) => match u16::from_str_radix(number, 10) {
        Ok(number) => number,
        Err(_) => panic!("the environment variable AF_IPN is not a number"),
    },
    None => af_ipn::AF_IPN,
};

/// The protocol family, the same number.
pub const PF_IPN: u16 = AF_IPN;
