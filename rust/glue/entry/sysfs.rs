// SPDX-License-Identifier: GPL-2.0

//! What the files in `/sys/kernel/ipn` call: `sysfs.c`.
//!
//! C header: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)

use crate::{
    rust::{bindings, glue::sysfs::Opener},
    socket::Network,
    sysfs,
    text::Text,
};
use core::fmt::Write;
use kernel::{
    error::from_result,
    ffi::{c_char, c_void},
    prelude::*,
    sync::{Arc, ArcBorrow},
    types::ForeignOwnable,
};

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
        // SAFETY: By this function's requirements.
        let opener = unsafe { Opener::of(file) };
        sysfs::run_command(&network.into(), &opener, text)?;
        Ok(len as isize)
    })
}
