// SPDX-License-Identifier: GPL-2.0

//! What stands for the kernel's crate on the host: the face of it that AF_IPN's logic uses.
//!
//! Names and meanings are those of `rust/kernel/`. What may fail there for want of memory fails here
//! when [`alloc::fail_when`] says so. Nothing is pinned: what the kernel makes in place is made and
//! then moved, before another thread has seen it.

pub mod alloc;
pub mod error;
pub mod init;
pub mod rbtree;
pub mod sync;
pub mod time;
pub mod workqueue;

/// Types of C.
pub mod ffi {
    pub use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};
}

/// What every file of the kernel's Rust code begins with.
pub mod prelude {
    pub use crate::{
        alloc::{flags::*, KBox, KVVec, KVec},
        error::{code::*, Error, Result},
        init::{Init, PinInit},
        pin_init, try_pin_init,
    };
    pub use core::ffi::CStr;
    pub use kernel_macros::pin_data;
}

/// Pages of memory.
pub mod page {
    /// Bytes of one.
    pub const PAGE_SIZE: usize = 4096;
}

/// Numbers of requests, as `include/uapi/asm-generic/ioctl.h` makes them.
pub mod ioctl {
    const fn number(direction: u32, kind: u32, nr: u32, size: usize) -> u32 {
        (direction << 30) | ((size as u32) << 16) | (kind << 8) | nr
    }

    /// A request without an argument.
    #[allow(non_snake_case)]
    pub const fn _IO(kind: u32, nr: u32) -> u32 {
        number(0, kind, nr, 0)
    }

    /// A request that reads a `T`.
    #[allow(non_snake_case)]
    pub const fn _IOR<T>(kind: u32, nr: u32) -> u32 {
        number(2, kind, nr, size_of::<T>())
    }

    /// A request that reads and writes a `T`.
    #[allow(non_snake_case)]
    pub const fn _IOWR<T>(kind: u32, nr: u32) -> u32 {
        number(3, kind, nr, size_of::<T>())
    }

    /// The number within its type.
    #[allow(non_snake_case)]
    pub const fn _IOC_NR(request: u32) -> u32 {
        request & 0xff
    }
}

/// Memory of user space: there is none to be had here.
pub mod uaccess {
    use crate::error::{code::EFAULT, Result};

    /// An address of user space.
    pub struct UserPtr;

    impl UserPtr {
        /// From a number.
        pub fn from_addr(_address: usize) -> Self {
            Self
        }
    }

    /// Some of its memory.
    pub struct UserSlice;

    impl UserSlice {
        /// From an address on.
        pub fn new(_at: UserPtr, _len: usize) -> Self {
            Self
        }

        /// To read.
        pub fn reader(self) -> Self {
            self
        }

        /// To write.
        pub fn writer(self) -> Self {
            self
        }

        /// Reads.
        pub fn read_slice(&mut self, _to: &mut [u8]) -> Result {
            Err(EFAULT)
        }

        /// Writes.
        pub fn write_slice(&mut self, _bytes: &[u8]) -> Result {
            Err(EFAULT)
        }
    }
}
