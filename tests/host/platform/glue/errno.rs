// SPDX-License-Identifier: GPL-2.0

//! The pure core's error numbers as the kernel's.

use crate::abi::errno::Errno;
use kernel::error::Error;

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Error::from_errno(i32::from(errno.number()).saturating_neg())
    }
}
