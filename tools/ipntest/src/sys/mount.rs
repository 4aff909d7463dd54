// SPDX-License-Identifier: GPL-2.0
//! Mounts in a namespace of our own, and changes of root.

use super::{cvt, cvt_long};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
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

fn owned(fd: libc::c_long) -> io::Result<OwnedFd> {
    let fd = cvt_long(fd)? as i32;
    // SAFETY: a call has just opened it for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A mount that has no place: who holds its root finds what is in it, and it goes with the last of
/// them.
pub fn without_place(kind: &str) -> io::Result<OwnedFd> {
    // `FSCONFIG_CMD_CREATE` of `include/uapi/linux/mount.h`.
    const CREATE: u32 = 6;
    let kind = CString::new(kind)?;
    // SAFETY: a C string.
    let context = owned(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), 0) })?;
    let null = ptr::null::<u8>();
    // SAFETY: the descriptor of `fsopen`, and null pointers where the command takes nothing.
    let created = unsafe {
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            CREATE,
            null,
            null,
            0,
        )
    };
    cvt_long(created)?;
    // SAFETY: the descriptor of `fsopen`; no pointers.
    owned(unsafe { libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), 0, 0) })
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
