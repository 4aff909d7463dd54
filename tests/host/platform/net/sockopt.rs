// SPDX-License-Identifier: GPL-2.0

//! `rust/sockopt.rs`: values of options.

use crate::{abi::errno::Errno, rust::task::current as task};
use kernel::prelude::*;

/// A value that a task sets.
pub(crate) struct OptionReader(pub(crate) Vec<u8>);

impl OptionReader {
    pub(crate) fn int(&self) -> Result<i32> {
        let bytes = self.0.first_chunk().ok_or(Errno::INVAL)?;
        fault()?;
        Ok(i32::from_ne_bytes(*bytes))
    }

    pub(crate) fn bytes<'a>(&self, to: &'a mut [u8]) -> Result<&'a [u8]> {
        let to = to.get_mut(..self.0.len()).ok_or(Errno::INVAL)?;
        fault()?;
        to.copy_from_slice(&self.0);
        Ok(to)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The place for a value that a task gets.
pub(crate) struct OptionWriter<'a>(pub(crate) &'a mut Vec<u8>, pub(crate) usize);

impl OptionWriter<'_> {
    pub(crate) fn int(&mut self, value: i32) -> Result {
        if self.1 < 4 {
            return Err(Errno::INVAL.into());
        }
        self.bytes(&value.to_ne_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result {
        fault()?;
        self.0.clear();
        self.0.extend(bytes.iter().take(self.1));
        Ok(())
    }

    pub(crate) fn peek(&mut self, to: &mut [u8]) -> Result {
        fault()?;
        for (to, from) in to.iter_mut().zip(self.0.iter()) {
            *to = *from;
        }
        Ok(())
    }

    pub(crate) fn room(&self) -> usize {
        self.1
    }
}

fn fault() -> Result {
    if task::fails() {
        Err(EFAULT)
    } else {
        Ok(())
    }
}
