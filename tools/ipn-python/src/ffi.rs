// SPDX-License-Identifier: GPL-2.0

//! The bytes of Python's objects, for the kernel to read and write in place.

use crate::error::value_error;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Bytes of an object that has some: `bytes`, `bytearray`, `memoryview`, an array.
///
/// # Invariants
///
/// The bytes lie one after the other, and stay where they are as long as this exists.
pub struct Bytes(PyBuffer<u8>);

impl Bytes {
    /// Takes hold of an object's bytes. No contiguous bytes: `ValueError` or `BufferError`.
    pub fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::get(object)?;
        if !buffer.is_c_contiguous() {
            return Err(value_error(
                "the buffer's bytes do not lie one after the other",
            ));
        }
        // INVARIANT: It was just looked at, and an exported buffer does not move.
        Ok(Self(buffer))
    }

    /// The same of bytes that can be written. Else: `ValueError`.
    pub fn writable(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = Self::of(object)?;
        match bytes.0.readonly() {
            true => Err(value_error("the buffer cannot be written")),
            false => Ok(bytes),
        }
    }

    /// To be read by the kernel.
    pub fn as_slice(&self) -> &[u8] {
        match self.0.len_bytes() {
            0 => &[],
            // SAFETY: By the invariants. Another thread may write there while the kernel reads, as
            // with any call that takes a buffer; nothing here looks at the bytes.
            len => unsafe { std::slice::from_raw_parts(self.0.buf_ptr().cast(), len) },
        }
    }

    /// To be written by the kernel. Only on what [`Bytes::writable`] gave.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match self.0.len_bytes() {
            0 => &mut [],
            // SAFETY: By the invariants; it can be written, and see `as_slice`.
            len => unsafe { std::slice::from_raw_parts_mut(self.0.buf_ptr().cast(), len) },
        }
    }
}
