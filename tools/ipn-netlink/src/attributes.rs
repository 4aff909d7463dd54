// SPDX-License-Identifier: GPL-2.0

//! The attributes of a message.

use crate::Error;
use ipn::{unescape, DropReason, FileNumbers};
use ipn_abi::{IPN_A_INODE, IPN_A_MAJOR, IPN_A_MINOR, IPN_A_PATH};
use netlink_packet_core::NlasIterator;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Attributes by their numbers. Of several with a number the first counts; those that this program is
/// too old for are left alone.
#[derive(Debug)]
pub(crate) struct Attributes<'a>(Vec<(u32, &'a [u8])>);

impl<'a> Attributes<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut found = Vec::new();
        for attribute in NlasIterator::new(bytes) {
            let attribute = attribute.map_err(|error| Error::Message(error.to_string()))?;
            found.push((attribute.kind(), attribute.into_inner()));
        }
        // The header of an attribute has four bytes, its length may count less than was there.
        let values = found.into_iter().filter_map(|(kind, whole)| {
            let length = u16::from_ne_bytes(*whole.first_chunk()?);
            Some((u32::from(kind), whole.get(4..length.into())?))
        });
        Ok(Self(values.collect()))
    }

    fn bytes(&self, number: u32) -> Option<&'a [u8]> {
        let found = self.0.iter().find(|(kind, _)| *kind == number);
        found.map(|(_, value)| *value)
    }

    /// A number of 32 bits, if it is there.
    pub(crate) fn u32(&self, number: u32) -> Result<Option<u32>, Error> {
        let Some(value) = self.bytes(number) else {
            return Ok(None);
        };
        match <[u8; 4]>::try_from(value) {
            Ok(value) => Ok(Some(u32::from_ne_bytes(value))),
            Err(_) => Err(wrong_length(number, value.len())),
        }
    }

    /// A number of 64 bits, if it is there. One that the kernel shortens to 32, as it may, is one too.
    pub(crate) fn u64(&self, number: u32) -> Result<Option<u64>, Error> {
        let Some(value) = self.bytes(number) else {
            return Ok(None);
        };
        match <[u8; 8]>::try_from(value) {
            Ok(value) => Ok(Some(u64::from_ne_bytes(value))),
            Err(_) => Ok(self.u32(number)?.map(u64::from)),
        }
    }

    /// Counters by reason, in the order of these; those that are not told are 0.
    pub(crate) fn drops(&self, number: u32) -> Result<Vec<(DropReason, u64)>, Error> {
        let within = Attributes::parse(self.bytes(number).unwrap_or_default())?;
        // 0 only aligns.
        let reasons = within.0.iter().filter(|(reason, _)| *reason != 0);
        let counts = reasons.filter_map(|(reason, _)| {
            let count = within.u64(*reason).transpose()?;
            Some(count.map(|count| (DropReason::from(*reason), count)))
        });
        let mut counts = counts.collect::<Result<Vec<_>, _>>()?;
        counts.sort();
        counts.dedup_by_key(|(reason, _)| *reason);
        Ok(counts)
    }

    /// A text, without the NUL at its end.
    pub(crate) fn text(&self, number: u32) -> Option<OsString> {
        let value = self.bytes(number)?;
        let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(OsString::from_vec(text.to_vec()))
    }

    /// Where the network is; empty: that is not told.
    pub(crate) fn path(&self) -> PathBuf {
        let text = self.text(IPN_A_PATH).unwrap_or_default();
        OsString::from_vec(unescape(text.as_bytes())).into()
    }

    /// The file of the network.
    pub(crate) fn file(&self) -> Result<FileNumbers, Error> {
        Ok(FileNumbers::new(
            there(self.u32(IPN_A_MAJOR)?, "device")?,
            there(self.u32(IPN_A_MINOR)?, "device")?,
            there(self.u64(IPN_A_INODE)?, "inode")?,
        ))
    }
}

/// What has to be there.
pub(crate) fn there<T>(value: Option<T>, what: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::Message(format!("a message has no {what}")))
}

fn wrong_length(number: u32, length: usize) -> Error {
    Error::Message(format!("attribute {number} has {length} bytes"))
}
