// SPDX-License-Identifier: GPL-2.0

//! What a port's owner says of it.

use crate::abi::{
    errno::{Errno, Result},
    uapi::IPN_DESCRLEN,
};
use core::ffi::CStr;

/// What a port's owner says of it: a text that ends with a NUL.
///
/// # Invariants
///
/// The last byte is NUL.
#[derive(Clone, Copy)]
pub(crate) struct Description([u8; IPN_DESCRLEN]);

impl Description {
    /// No text.
    // INVARIANT: all bytes are NUL.
    pub(crate) const EMPTY: Self = Self([0; IPN_DESCRLEN]);

    /// Takes the text up to its first NUL. None within `IPN_DESCRLEN` bytes: `EINVAL`.
    pub(crate) fn parse(given: &[u8]) -> Result<Self> {
        if given.len() > IPN_DESCRLEN {
            return Err(Errno::INVAL);
        }
        let len = given.iter().position(|&b| b == 0).unwrap_or(given.len());
        if len >= IPN_DESCRLEN {
            return Err(Errno::INVAL);
        }
        let mut text = [0; IPN_DESCRLEN];
        text.iter_mut()
            .zip(given.iter().take(len))
            .for_each(|(to, from)| *to = *from);
        // INVARIANT: at most `IPN_DESCRLEN - 1` bytes were written.
        Ok(Self(text))
    }

    /// The text.
    pub(crate) fn text(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    /// The text with its NUL.
    pub(crate) fn text_with_nul(&self) -> &[u8] {
        let len = self.0.iter().position(|&b| b == 0).unwrap_or(0);
        self.0.get(..=len).unwrap_or(&[0])
    }
}
