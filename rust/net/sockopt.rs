// SPDX-License-Identifier: GPL-2.0

//! Values of socket options on their way from and to user space.
//!
//! C header: [`include/linux/sockptr.h`](srctree/include/linux/sockptr.h)

use crate::rust::bindings;
use core::{marker::PhantomData, mem::size_of};
use kernel::{error::to_result, prelude::*};

/// A value that a process sets.
///
/// # Invariants
///
/// `value` points to `len` bytes, the caller's or the kernel's; reading them may fail.
pub(crate) struct OptionReader {
    value: bindings::sockptr_t,
    len: usize,
}

impl OptionReader {
    /// Wraps what `proto_ops.setsockopt` is given.
    ///
    /// # Safety
    ///
    /// `value` must point to `len` bytes, of user space or of the kernel as it says.
    pub(crate) unsafe fn from_raw(value: bindings::sockptr_t, len: u32) -> Self {
        // INVARIANT: by this function's requirements.
        Self {
            value,
            len: len as usize,
        }
    }

    /// Reads an int. Shorter: `EINVAL`.
    pub(crate) fn int(&self) -> Result<i32> {
        let mut bytes = [0; size_of::<i32>()];
        if self.len < bytes.len() {
            return Err(EINVAL);
        }
        self.copy(&mut bytes)?;
        Ok(i32::from_ne_bytes(bytes))
    }

    /// Reads all bytes into the front of `to`. Longer than that: `EINVAL`.
    pub(crate) fn bytes<'a>(&self, to: &'a mut [u8]) -> Result<&'a [u8]> {
        let to = to.get_mut(..self.len).ok_or(EINVAL)?;
        self.copy(to)?;
        Ok(to)
    }

    /// Length of the value.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn copy(&self, to: &mut [u8]) -> Result {
        // SAFETY: `to` has room for its length, which both callers bound by `len`.
        to_result(unsafe {
            bindings::ipn_helper_sockopt_read(to.as_mut_ptr().cast(), self.value, to.len() as u32)
        })
    }
}

/// The place for a value that a process gets.
///
/// # Invariants
///
/// `place` is valid and this value's alone for `'a`.
pub(crate) struct OptionWriter<'a> {
    place: *mut bindings::sockopt_t,
    _place: PhantomData<&'a mut bindings::sockopt_t>,
}

impl OptionWriter<'_> {
    /// Wraps what `proto_ops.getsockopt_iter` is given.
    ///
    /// # Safety
    ///
    /// `place` must be valid and the caller's alone for `'a`.
    pub(crate) unsafe fn from_raw(place: *mut bindings::sockopt_t) -> Self {
        // INVARIANT: by this function's requirements.
        Self {
            place,
            _place: PhantomData,
        }
    }

    /// Writes an int. A place that is shorter: `EINVAL`.
    pub(crate) fn int(&mut self, value: i32) -> Result {
        if self.room() < size_of::<i32>() {
            return Err(EINVAL);
        }
        self.bytes(&value.to_ne_bytes())
    }

    /// Writes as many of `bytes` as the place has room for.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result {
        let len = bytes.len().min(self.room());
        // SAFETY: `place` is valid by the invariants, and `bytes` has `len` bytes.
        to_result(unsafe {
            bindings::ipn_helper_sockopt_write(self.place, bytes.as_ptr().cast(), len as i32)
        })
    }

    /// Reads what the caller has at the place now, as much as `to` takes.
    pub(crate) fn peek(&mut self, to: &mut [u8]) -> Result {
        let len = to.len().min(self.room());
        // SAFETY: `place` is valid by the invariants, and `to` has room for `len` bytes.
        to_result(unsafe {
            bindings::ipn_helper_sockopt_peek(self.place, to.as_mut_ptr().cast(), len as i32)
        })
    }

    /// Bytes that the place has room for.
    pub(crate) fn room(&self) -> usize {
        // SAFETY: `place` is valid by the invariants.
        usize::try_from(unsafe { (*self.place).optlen }).unwrap_or(0)
    }
}
