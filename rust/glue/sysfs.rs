// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/ipn`, with a directory for each network.
//!
//! The tables that the kernel wants in C are in `sysfs.c`.
//!
//! C headers: [`include/linux/kobject.h`](srctree/include/linux/kobject.h), [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)

use crate::{
    rust::{
        bindings,
        fs::path::{FileNumbers, HeldPath},
    },
    socket::Network,
    text::Text,
};
use core::ptr::NonNull;
use kernel::{
    error::{from_err_ptr, to_result},
    ffi::{c_int, c_void},
    prelude::*,
    sync::Arc,
    types::ForeignOwnable,
};

/// The files of a network's directory.
pub(crate) struct Files {
    /// Names of those with one value each.
    pub(crate) values: [&'static CStr; bindings::IPN_VALUES_MAX as usize],
    /// Name of the list.
    pub(crate) list: &'static CStr,
    /// Name of the one that is written to.
    pub(crate) commands: &'static CStr,
}

/// A network's directory, which is there until this is dropped.
///
/// # Invariants
///
/// `directory` is in `/sys/kernel/ipn`, and `network`, which its files are about, came from
/// `Arc::into_foreign`.
pub(crate) struct Directory {
    directory: NonNull<bindings::ipn_directory>,
    network: NonNull<c_void>,
}

// SAFETY: It belongs to no thread, and networks are `Send` and `Sync`.
unsafe impl Send for Directory {}

impl Directory {
    /// Makes the directory, called `MAJOR:MINOR:INODE`. From now on it is read and written.
    ///
    /// Another has that name: `EADDRINUSE`. No memory: `ENOMEM`.
    pub(crate) fn new(network: Arc<Network>, file: &FileNumbers) -> Result<Self> {
        let network = NonNull::new(network.into_foreign()).ok_or(ENOMEM)?;
        // SAFETY: All that it is given is valid; the network stays
        // until `drop`, or until this has failed.
        let directory = from_err_ptr(unsafe {
            bindings::ipn_helper_sysfs_add(file.as_raw(), network.as_ptr())
        });
        match directory.map(NonNull::new) {
            // INVARIANT: just made.
            Ok(Some(directory)) => Ok(Self { directory, network }),
            failed => {
                // SAFETY: It came from `into_foreign` above, and nobody has it any more.
                drop(unsafe { Arc::<Network>::from_foreign(network.as_ptr()) });
                failed.and(Err(ENOMEM))
            }
        }
    }
}

impl Drop for Directory {
    /// Waits for those who are reading it or writing to it.
    fn drop(&mut self) {
        // SAFETY: By the invariants it is there, and the network is ours. Nobody has the network
        // from the directory once it is removed.
        unsafe {
            bindings::ipn_helper_sysfs_remove(self.directory.as_ptr());
            drop(Arc::<Network>::from_foreign(self.network.as_ptr()));
        }
    }
}

/// Writes a path as the reader sees it, with blanks and backslashes in octal.
///
/// Longer than a page: `ENAMETOOLONG`.
pub(crate) fn write_path(text: &mut Text<'_>, path: &HeldPath) -> Result {
    text.fill(|room| {
        // One byte is left for the end of the line.
        let len = c_int::try_from(room.len().saturating_sub(1))?;
        // SAFETY: The path is valid, and `room` has as many bytes.
        let len =
            unsafe { bindings::ipn_helper_path_text(path.as_ptr(), room.as_mut_ptr().cast(), len) };
        to_result(len)?;
        Ok(len as usize)
    })
}

/// Who opened a file that is being written to.
///
/// # Invariants
///
/// It is an open file.
pub(crate) struct Opener(*mut bindings::file);

impl Opener {
    /// Who opened `file`.
    ///
    /// # Safety
    ///
    /// It must stay open as long as this lives.
    pub(crate) unsafe fn of(file: *mut bindings::file) -> Self {
        // INVARIANT: by this function's requirements.
        Self(file)
    }

    /// Whether the opener, and the caller, may change devices of the caller's network namespace
    /// (`CAP_NET_ADMIN`).
    pub(crate) fn may_change_devices(&self) -> bool {
        // SAFETY: The file is open by the invariants, and a process calls.
        unsafe { bindings::ipn_helper_opener_net_admin(self.0) }
    }
}

/// `/sys/kernel/ipn`; gone when dropped.
///
/// # Invariants
///
/// The directory is there.
pub(crate) struct Root(());

impl Root {
    /// Makes the directory; networks' directories have these files. No memory: `ENOMEM`.
    pub(crate) fn new(files: &Files) -> Result<Self> {
        let mut names = bindings::ipn_file_names {
            list: files.list.as_char_ptr(),
            commands: files.commands.as_char_ptr(),
            ..Default::default()
        };
        for (to, name) in names.values.iter_mut().zip(files.values) {
            *to = name.as_char_ptr();
        }
        // SAFETY: The names live as long as the module. It is undone before that goes.
        to_result(unsafe { bindings::ipn_helper_sysfs_register(&names) })?;
        // INVARIANT: just made.
        Ok(Self(()))
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is there. Networks hold the module, so it is empty.
        unsafe { bindings::ipn_helper_sysfs_unregister() }
    }
}
