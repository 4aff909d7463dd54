// SPDX-License-Identifier: GPL-2.0

//! What `/proc/PID/fdinfo` shows of a socket: lines of a key and a value.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use crate::rust::fs::{path::HeldPath, proc::show_path};
use core::fmt::Arguments;
use kernel::{seq_file::SeqFile, seq_print};

/// The text, to which lines are added.
pub(crate) struct FdInfo<'a>(&'a SeqFile);

impl<'a> FdInfo<'a> {
    /// That of a descriptor.
    pub(in crate::rust) fn new(file: &'a SeqFile) -> Self {
        Self(file)
    }

    /// Adds a line.
    pub(crate) fn add(&self, key: &str, value: Arguments<'_>) {
        seq_print!(self.0, "{key}:\t{value}\n");
    }

    /// Adds a line with a path, as the reader sees it.
    pub(crate) fn add_path(&self, key: &str, path: &HeldPath) {
        seq_print!(self.0, "{key}:\t");
        show_path(self.0, path);
        seq_print!(self.0, "\n");
    }
}
