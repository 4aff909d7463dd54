// SPDX-License-Identifier: GPL-2.0
//! Mounts in a namespace of our own, and changes of root.

use super::cvt;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

fn text(path: impl AsRef<Path>) -> io::Result<CString> {
    Ok(CString::new(path.as_ref().as_os_str().as_bytes())?)
}

/// A mount namespace for this process alone; nothing it mounts is seen outside.
pub fn own_namespace() -> io::Result<()> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: C strings and null pointers, as the call allows for a change of propagation.
    cvt(unsafe { libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), flags, ptr::null()) })
        .map(drop)
}

/// `mount(2)` without options.
pub fn mount(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    kind: &str,
    flags: libc::c_ulong,
) -> io::Result<()> {
    mount_with(from, to, kind, flags, "")
}

/// `mount(2)` with the file system's own options.
pub fn mount_with(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    kind: &str,
    flags: libc::c_ulong,
    options: &str,
) -> io::Result<()> {
    let (from, to, kind) = (text(from)?, text(to)?, CString::new(kind)?);
    let options = CString::new(options)?;
    // SAFETY: C strings.
    cvt(unsafe {
        libc::mount(
            from.as_ptr(),
            to.as_ptr(),
            kind.as_ptr(),
            flags,
            options.as_ptr().cast(),
        )
    })
    .map(drop)
}

/// `umount2(2)`.
pub fn unmount(place: impl AsRef<Path>) -> io::Result<()> {
    let place = text(place)?;
    // SAFETY: a C string.
    cvt(unsafe { libc::umount2(place.as_ptr(), 0) }).map(drop)
}

/// Stops all changes of the file system of a file, or lets them go on.
pub fn set_frozen(file: &File, frozen: bool) -> io::Result<()> {
    // `FIFREEZE` and `FITHAW` of `include/uapi/linux/fs.h`.
    let request = if frozen { 0xc004_5877 } else { 0xc004_5878 };
    // SAFETY: the argument of these is not looked at.
    cvt(unsafe { libc::ioctl(file.as_raw_fd(), request, 0) }).map(drop)
}

/// `unshare(2)` of the network namespace.
pub fn own_network() -> io::Result<()> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}
