// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/error.rs`.

use core::convert::Infallible;

/// Why a call of the kernel failed: a negative error number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(i32);

impl Error {
    /// From a negative error number.
    pub const fn from_errno(errno: i32) -> Self {
        Self(errno)
    }

    /// The negative error number.
    pub const fn to_errno(self) -> i32 {
        self.0
    }
}

impl core::fmt::Debug for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "errno {}", -self.0)
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<crate::alloc::AllocError> for Error {
    fn from(_: crate::alloc::AllocError) -> Self {
        code::ENOMEM
    }
}

/// What a call of the kernel gives.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

/// Errors by the names of `errno(3)`.
pub mod code {
    use super::Error;

    macro_rules! codes {
        ($($name:ident = $number:literal;)*) => {
            $(#[doc = concat!("`", stringify!($name), "`.")] pub const $name: Error = Error(-$number);)*
        };
    }

    codes! {
        EPERM = 1; ENOENT = 2; EINTR = 4; EAGAIN = 11; ENOMEM = 12; EACCES = 13; EFAULT = 14;
        EBUSY = 16; EEXIST = 17; ENODEV = 19; EINVAL = 22; ENOTTY = 25; EROFS = 30; EPIPE = 32;
        EMSGSIZE = 90; EOPNOTSUPP = 95; ERESTARTSYS = 512; ENOIOCTLCMD = 515;
    }
}
