// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/ipn`, with a directory for each network.
//!
//! The tables that the kernel wants in C are in `sysfs.c`.

use crate::{
    network::Network,
    rust::{
        bindings,
        fs::path::{FileNumbers, HeldPath},
    },
    sysfs,
    text::Text,
};
use core::{fmt::Write, ptr::NonNull};
use kernel::{
    error::{from_err_ptr, from_result, to_result},
    ffi::{c_char, c_int, c_void},
    prelude::*,
    sync::{Arc, ArcBorrow},
    types::ForeignOwnable,
};

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
        let names = names();
        // SAFETY: All that it is given is valid; names have a static lifetime, and the network stays
        // until `drop`, or until this has failed.
        let directory = from_err_ptr(unsafe {
            bindings::ipn_helper_sysfs_add(file.as_raw(), network.as_ptr(), &names)
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

/// The names of a directory's files.
fn names() -> bindings::ipn_file_names {
    const { assert!(sysfs::VALUES.len() <= bindings::IPN_VALUES_MAX as usize) };
    let mut names = bindings::ipn_file_names {
        list: sysfs::LIST.as_char_ptr(),
        commands: sysfs::COMMANDS.as_char_ptr(),
        ..Default::default()
    };
    for (to, (name, _)) in names.values.iter_mut().zip(&sysfs::VALUES) {
        *to = name.as_char_ptr();
    }
    names
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
    /// Whether the opener, and the caller, may change devices of the caller's network namespace
    /// (`CAP_NET_ADMIN`).
    pub(crate) fn may_change_devices(&self) -> bool {
        // SAFETY: The file is open by the invariants, and a process calls.
        unsafe { bindings::ipn_helper_opener_net_admin(self.0) }
    }
}

/// A window of `room` bytes at `to`, from byte `from` of a text on.
///
/// # Safety
///
/// `to` must have room for as many bytes, which nobody else uses for as long as `'a`.
unsafe fn window<'a>(to: *mut c_char, from: u64, room: usize) -> Text<'a> {
    // SAFETY: By this function's requirements; afterwards they are initialised.
    let room = unsafe {
        core::ptr::write_bytes(to, 0, room);
        core::slice::from_raw_parts_mut(to.cast(), room)
    };
    Text::new(room, from)
}

/// Reads the value of a network's file, as a line: how long it is.
///
/// # Safety
///
/// The kernel calls it, with the network of a directory and `room` bytes at `to`.
#[no_mangle]
unsafe extern "C" fn ipn_rust_sysfs_value(
    network: *mut c_void,
    number: usize,
    to: *mut c_char,
    room: usize,
) -> isize {
    from_result(|| {
        // SAFETY: A directory has its network until nobody reads it any more.
        let network = unsafe { <Arc<Network> as ForeignOwnable>::borrow(network) };
        // SAFETY: By this function's requirements.
        let mut text = unsafe { window(to, 0, room) };
        let (_, show) = sysfs::VALUES.get(number).ok_or(EIO)?;
        show(&network, &mut text)?;
        text.write_char('\n').map_err(|_| EFBIG)?;
        Ok(text.len() as isize)
    })
}

/// Reads what is in a network's list from byte `from` on: how much there is.
///
/// # Safety
///
/// The kernel calls it, with the network of a directory and `room` bytes at `to`.
#[no_mangle]
unsafe extern "C" fn ipn_rust_sysfs_list(
    network: *mut c_void,
    to: *mut c_char,
    from: i64,
    room: usize,
) -> isize {
    from_result(|| {
        // SAFETY: A directory has its network until nobody reads it any more.
        let network = unsafe { <Arc<Network> as ForeignOwnable>::borrow(network) };
        // SAFETY: By this function's requirements.
        let mut text = unsafe { window(to, u64::try_from(from)?, room) };
        // When the window is full there is no need for the rest.
        let _ = sysfs::list(&network, &mut text).and_then(|()| text.write_char('\n'));
        Ok(text.len() as isize)
    })
}

/// Does what is written to a network's file: how much was written.
///
/// # Safety
///
/// The kernel calls it, with the network of a directory, the file that is written to and `len` bytes
/// at `text`.
#[no_mangle]
unsafe extern "C" fn ipn_rust_sysfs_command(
    network: *mut c_void,
    file: *mut bindings::file,
    text: *const c_char,
    len: usize,
) -> isize {
    from_result(|| {
        // SAFETY: A directory has its network until nobody writes to it any more.
        let network: ArcBorrow<'_, Network> =
            unsafe { <Arc<Network> as ForeignOwnable>::borrow(network) };
        // SAFETY: By this function's requirements.
        let text = unsafe { core::slice::from_raw_parts(text.cast(), len) };
        // INVARIANT: by this function's requirements.
        sysfs::obey(&network.into(), &Opener(file), text)?;
        Ok(len as isize)
    })
}

/// `/sys/kernel/ipn`; gone when dropped.
///
/// # Invariants
///
/// The directory is there.
pub(crate) struct Root(());

impl Root {
    /// Makes the directory. No memory: `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: It is undone before the module goes.
        to_result(unsafe { bindings::ipn_helper_sysfs_register() })?;
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
