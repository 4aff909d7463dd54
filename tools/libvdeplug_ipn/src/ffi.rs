// SPDX-License-Identifier: GPL-2.0

//! The interface of `libvdeplug_mod.h`: what crosses from C and back.
//!
//! A function returns what libvdeplug documents, with `errno` set. A panic ends
//! here, as `EIO`.

use crate::connection::{Connection, Request};
use ipn::{Errno, RecvFlags, SendFlags};
use rustix::fd::AsRawFd;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// `LIBVDEPLUG_INTERFACE_VERSION`: the one that this plugin was written for.
const INTERFACE_VERSION: c_int = 1;

/// `struct vde_open_args`.
#[repr(C)]
struct OpenArgs {
    port: c_int,
    group: *mut c_char,
    mode: libc::mode_t,
}

/// `struct vdeconn`: libvdeplug fills the first two members.
#[repr(C)]
struct VdeConn {
    handle: *mut c_void,
    module: *const Module,
    connection: Connection,
}

/// `struct vdeplug_module`.
#[repr(C)]
struct Module {
    flags: c_int,
    vde_open_real:
        unsafe extern "C" fn(*mut c_char, *mut c_char, c_int, *mut OpenArgs) -> *mut VdeConn,
    vde_recv: unsafe extern "C" fn(*mut VdeConn, *mut c_void, libc::size_t, c_int) -> libc::ssize_t,
    vde_send:
        unsafe extern "C" fn(*mut VdeConn, *const c_void, libc::size_t, c_int) -> libc::ssize_t,
    vde_datafd: unsafe extern "C" fn(*mut VdeConn) -> c_int,
    vde_ctlfd: unsafe extern "C" fn(*mut VdeConn) -> c_int,
    vde_close: unsafe extern "C" fn(*mut VdeConn) -> c_int,
}

// SAFETY: it is never written to; the pointers are to functions.
unsafe impl Sync for Module {}

/// The table that libvdeplug looks for in a plugin.
#[no_mangle]
#[allow(non_upper_case_globals)]
static vdeplug_ops: Module = Module {
    flags: 0,
    vde_open_real: open,
    vde_recv: recv,
    vde_send: send,
    vde_datafd: data_fd,
    vde_ctlfd: control_fd,
    vde_close: close,
};

/// Sets `errno`.
fn set_errno(errno: Errno) {
    // SAFETY: the C library gives each thread a place for it.
    unsafe { *libc::__errno_location() = errno.raw_os_error() }
}

/// Runs a function of the table: its value, or -1 and `errno`.
fn guarded(run: impl FnOnce() -> Result<usize, Errno>) -> libc::ssize_t {
    let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Errno::IO));
    match result {
        Ok(value) => value as libc::ssize_t,
        Err(errno) => {
            set_errno(errno);
            -1
        }
    }
}

/// The bytes of a C string, none for a null pointer.
///
/// # Safety
///
/// A pointer that is not null is to a string that ends in a NUL and lasts for `'a`.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    match text.is_null() {
        true => &[],
        // SAFETY: the caller vouches for it.
        false => unsafe { CStr::from_ptr(text) }.to_bytes(),
    }
}

/// `vde_open_real`: null and `errno` on failure, whose reason goes to standard
/// error, as libvdeplug's own plugins do with a wrong URL.
///
/// # Safety
///
/// libvdeplug calls it: the strings and `args` are null or last for the call.
unsafe extern "C" fn open(
    url: *mut c_char,
    description: *mut c_char,
    version: c_int,
    args: *mut OpenArgs,
) -> *mut VdeConn {
    let mut opened = ptr::null_mut();
    guarded(|| {
        // SAFETY: libvdeplug gives null or strings.
        let (url, description) = unsafe { (bytes(url), bytes(description)) };
        let mut request = Request {
            description: String::from_utf8_lossy(description).into_owned(),
            ..Request::default()
        };
        // SAFETY: null, or a structure of the caller's.
        if let Some(args) = unsafe { args.as_ref() } {
            if version != INTERFACE_VERSION {
                return Err(Errno::INVAL);
            }
            request.port = match args.port {
                0 => None,
                // A negative number stands for port 0, as with vde_switch.
                port => Some(u32::try_from(port).unwrap_or(0)),
            };
            request.mode = (args.mode != 0).then_some(args.mode);
            // SAFETY: null or a string.
            request.group = !unsafe { bytes(args.group) }.is_empty();
        }
        let connection = Connection::open(url, &request).map_err(|failure| {
            let url = String::from_utf8_lossy(url);
            // In a host program that has no standard error there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "libvdeplug_ipn: ipn://{url}: {failure}");
            failure.errno()
        })?;
        opened = Box::into_raw(Box::new(VdeConn {
            handle: ptr::null_mut(),
            module: ptr::null(),
            connection,
        }));
        Ok(0)
    });
    opened
}

/// The connection behind libvdeplug's pointer.
///
/// # Safety
///
/// `conn` came from `open` and was not closed; it is not closed during `'a`.
unsafe fn connection<'a>(conn: *mut VdeConn) -> Result<&'a Connection, Errno> {
    // SAFETY: the caller vouches for it. libvdeplug writes to the other members
    // only, before it hands the pointer out.
    let conn = unsafe { conn.as_ref() }.ok_or(Errno::BADF)?;
    Ok(&conn.connection)
}

/// `vde_recv`.
///
/// # Safety
///
/// libvdeplug calls it, with what `open` returned and `close` was not given, or null; `buffer` has
/// `len` bytes.
unsafe extern "C" fn recv(
    conn: *mut VdeConn,
    buffer: *mut c_void,
    len: libc::size_t,
    flags: c_int,
) -> libc::ssize_t {
    guarded(|| {
        // SAFETY: libvdeplug's callers use a connection only while it is open.
        let connection = unsafe { connection(conn) }?;
        let buffer: &mut [u8] = match len {
            0 => &mut [],
            _ if buffer.is_null() || isize::try_from(len).is_err() => return Err(Errno::FAULT),
            // SAFETY: the caller's buffer is of that length and no other thread's during
            // the call; only the kernel writes to it, and nothing reads it.
            _ => unsafe { std::slice::from_raw_parts_mut(buffer.cast(), len) },
        };
        connection.recv(buffer, RecvFlags::from_bits_retain(flags as u32))
    })
}

/// `vde_send`.
///
/// # Safety
///
/// libvdeplug calls it, with what `open` returned and `close` was not given, or null; `frame` has
/// `len` bytes.
unsafe extern "C" fn send(
    conn: *mut VdeConn,
    frame: *const c_void,
    len: libc::size_t,
    flags: c_int,
) -> libc::ssize_t {
    guarded(|| {
        // SAFETY: libvdeplug's callers use a connection only while it is open.
        let connection = unsafe { connection(conn) }?;
        let frame: &[u8] = match len {
            0 => &[],
            _ if frame.is_null() || isize::try_from(len).is_err() => return Err(Errno::FAULT),
            // SAFETY: the caller's frame is of that length and does not change
            // during the call.
            _ => unsafe { std::slice::from_raw_parts(frame.cast(), len) },
        };
        connection.send(frame, SendFlags::from_bits_retain(flags as u32))
    })
}

/// `vde_datafd`.
///
/// # Safety
///
/// libvdeplug calls it, with what `open` returned and `close` was not given, or null.
unsafe extern "C" fn data_fd(conn: *mut VdeConn) -> c_int {
    // SAFETY: libvdeplug's callers use a connection only while it is open.
    guarded(|| Ok(unsafe { connection(conn) }?.data_fd().as_raw_fd() as usize)) as c_int
}

/// `vde_ctlfd`.
///
/// # Safety
///
/// libvdeplug calls it, with what `open` returned and `close` was not given, or null.
unsafe extern "C" fn control_fd(conn: *mut VdeConn) -> c_int {
    // SAFETY: libvdeplug's callers use a connection only while it is open.
    guarded(|| Ok(unsafe { connection(conn) }?.control_fd().as_raw_fd() as usize)) as c_int
}

/// `vde_close`: frees the connection.
///
/// # Safety
///
/// libvdeplug calls it, with what `open` returned and `close` was not given, or null.
unsafe extern "C" fn close(conn: *mut VdeConn) -> c_int {
    guarded(|| {
        if conn.is_null() {
            return Err(Errno::BADF);
        }
        // SAFETY: it came from `Box::into_raw` in `open`, and is closed once.
        drop(unsafe { Box::from_raw(conn) });
        Ok(0)
    }) as c_int
}
