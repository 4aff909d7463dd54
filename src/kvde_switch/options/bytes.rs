// SPDX-License-Identifier: GPL-2.0

//! Structures of the user interface as bytes: fields one after the other, in the machine's order.

use super::error::OptionError;

/// What came of reading or writing.
type Result<T> = core::result::Result<T, OptionError>;

/// Reads fields from the front. Where there are too few bytes, or too many at the end: `Invalid`.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next so many bytes.
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(OptionError::Invalid)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_ne_bytes(self.take()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_ne_bytes(self.take()?))
    }

    /// The last field.
    pub(super) fn last_u16(mut self) -> Result<u16> {
        let field = self.u16()?;
        self.end().map(|()| field)
    }

    /// The last field.
    pub(super) fn last_u32(mut self) -> Result<u32> {
        let field = self.u32()?;
        self.end().map(|()| field)
    }

    /// The last field.
    pub(super) fn last_u64(mut self) -> Result<u64> {
        let field = u64::from_ne_bytes(self.take()?);
        self.end().map(|()| field)
    }

    const fn end(&self) -> Result<()> {
        match self.0 {
            [] => Ok(()),
            _ => Err(OptionError::Invalid),
        }
    }
}

/// Writes fields to the front. Where there is too little room: `Invalid`.
pub(super) struct Writer<'a> {
    place: &'a mut [u8],
    written: Result<usize>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(place: &'a mut [u8]) -> Self {
        Self {
            place,
            written: Ok(0),
        }
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.written = self.written.and_then(|at| {
            let end = at.saturating_add(bytes.len());
            let place = self.place.get_mut(at..end).ok_or(OptionError::Invalid)?;
            place.copy_from_slice(bytes);
            Ok(end)
        });
        self
    }

    pub(super) fn u16(self, field: u16) -> Self {
        self.bytes(&field.to_ne_bytes())
    }

    pub(super) fn u32(self, field: u32) -> Self {
        self.bytes(&field.to_ne_bytes())
    }

    pub(super) fn u64(self, field: u64) -> Self {
        self.bytes(&field.to_ne_bytes())
    }

    /// How many bytes were written.
    pub(super) fn end(self) -> Result<usize> {
        self.written
    }
}
