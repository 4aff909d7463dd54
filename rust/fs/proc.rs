// SPDX-License-Identifier: GPL-2.0

//! A file of text under `/proc/net`.
//!
//! C header: [`include/linux/proc_fs.h`](srctree/include/linux/proc_fs.h)

use crate::rust::{bindings, fs::path::HeldPath};
use core::marker::PhantomData;
use kernel::{
    ffi::{c_int, c_void},
    prelude::*,
    seq_file::SeqFile,
};

/// What writes a file's text.
pub(crate) trait Show: 'static {
    /// The file's name.
    const NAME: &'static CStr;

    /// Writes all of it.
    fn show(file: &SeqFile);
}

/// A file that is there until this is dropped.
///
/// # Invariants
///
/// The file exists, and its `show` function is ours.
pub(crate) struct ProcFile<T: Show>(PhantomData<T>);

impl<T: Show> ProcFile<T> {
    /// Makes the file, readable by all. No memory, or no such file system: `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The name is a string, and `show` lives as long as the module.
        if !unsafe { bindings::ipn_helper_proc_create(T::NAME.as_char_ptr(), Some(Self::show)) } {
            return Err(ENOMEM);
        }
        // INVARIANT: just made.
        Ok(Self(PhantomData))
    }

    /// The `show` of the file's `seq_file`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with the file that is being read.
    unsafe extern "C" fn show(file: *mut bindings::seq_file, _value: *mut c_void) -> c_int {
        // SAFETY: The kernel gives the file that is being read.
        T::show(unsafe { SeqFile::from_raw(file.cast()) });
        0
    }
}

impl<T: Show> Drop for ProcFile<T> {
    fn drop(&mut self) {
        // SAFETY: By the invariants the file exists; this waits for those who read it.
        unsafe { bindings::ipn_helper_proc_remove(T::NAME.as_char_ptr()) }
    }
}

/// Writes a path as the reader sees it, with blanks and backslashes in octal.
pub(crate) fn show_path(file: &SeqFile, path: &HeldPath) {
    // SAFETY: Both are valid.
    unsafe {
        bindings::ipn_helper_seq_path(core::ptr::from_ref(file).cast_mut().cast(), path.as_ptr())
    }
}
