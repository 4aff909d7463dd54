// SPDX-License-Identifier: GPL-2.0
//! Errors by their names.

use std::io;

/// An error by the name that manual pages use.
pub fn describe(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => name(errno),
        None => error.to_string(),
    }
}

/// The name of an errno.
pub fn name(errno: i32) -> String {
    macro_rules! names {
        ($($name:ident)*) => { match errno {
            0 => "no error".into(),
            $(libc::$name => stringify!($name).into(),)*
            other => format!("errno {other}"),
        } };
    }
    names!(
        EPERM ENOENT EINTR EIO E2BIG EBADF EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENODEV ENOTDIR
        EISDIR EINVAL ENFILE EMFILE ENOTTY ENOSPC ESPIPE EROFS EPIPE ERANGE ENAMETOOLONG ENOSYS
        ELOOP EOVERFLOW ENOTSOCK EMSGSIZE EPROTO EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
        ESOCKTNOSUPPORT EOPNOTSUPP EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENOBUFS EISCONN ENOTCONN
        ESHUTDOWN ETIMEDOUT ECONNREFUSED EALREADY EINPROGRESS ECANCELED ECONNRESET ENOEXEC
    )
}
