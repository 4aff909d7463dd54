// SPDX-License-Identifier: GPL-2.0

//! Text for a reader who reads it piece by piece.

use core::fmt::{self, Write};

/// A window on a text that is being written: what lies before the window is passed over.
///
/// # Invariants
///
/// `len` is at most the length of `room`.
pub(crate) struct Text<'a> {
    room: &'a mut [u8],
    /// Bytes in the window.
    len: usize,
    /// Bytes to come that lie before it.
    skip: u64,
}

impl<'a> Text<'a> {
    /// A window from byte `from` of the text on, as long as `room`.
    pub(crate) fn new(room: &'a mut [u8], from: u64) -> Self {
        // INVARIANT: nothing is in it.
        Self {
            room,
            len: 0,
            skip: from,
        }
    }

    /// Bytes in the window.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Has `writer` write to what is left of the window; it tells how much it wrote.
    pub(crate) fn fill<E>(
        &mut self,
        writer: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let left = self.room.get_mut(self.len..).unwrap_or_default();
        let most = left.len();
        // INVARIANT: no more than what was left.
        self.len = self.len.wrapping_add(writer(left)?.min(most));
        Ok(())
    }

    /// Writes numbers that ascend: those that follow each other as a range, as in `0-3,7`.
    pub(crate) fn write_ranges(&mut self, numbers: impl Iterator<Item = u32>) -> fmt::Result {
        let mut numbers = numbers.peekable();
        let mut comma = "";
        while let Some(first) = numbers.next() {
            let mut last = first;
            while let Some(next) = numbers.next_if(|next| last.checked_add(1) == Some(*next)) {
                last = next;
            }
            write!(self, "{comma}{first}")?;
            if last != first {
                write!(self, "-{last}")?;
            }
            comma = ",";
        }
        Ok(())
    }
}

impl Write for Text<'_> {
    /// Fails when the text goes on beyond the window, which has its part all the same.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let passed = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(text.len());
        self.skip = self.skip.saturating_sub(passed as u64);
        let text = text.as_bytes().get(passed..).unwrap_or_default();
        let left = self.room.get_mut(self.len..).unwrap_or_default();
        left.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        let fits = text.len().min(left.len());
        // INVARIANT: no more than what was left.
        self.len = self.len.wrapping_add(fits);
        if fits == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}
