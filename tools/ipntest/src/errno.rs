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

macro_rules! names {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name)),*] };
}

const NAMES: &[(&str, i32)] = names!(
    EPERM ENOENT EINTR EIO E2BIG EBADF EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENODEV ENOTDIR
    EISDIR EINVAL ENFILE EMFILE ENOTTY ENOSPC ESPIPE EROFS EPIPE ERANGE ENAMETOOLONG ENOSYS
    ELOOP EOVERFLOW ENOTSOCK EMSGSIZE EPROTO EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
    ESOCKTNOSUPPORT EOPNOTSUPP EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENOBUFS EISCONN ENOTCONN
    ESHUTDOWN ETIMEDOUT ECONNREFUSED EALREADY EINPROGRESS ECANCELED ECONNRESET ENOEXEC
    EDOM ENODATA ESRCH EXDEV ENXIO
);

/// The name of an errno.
pub fn name(errno: i32) -> String {
    let found = NAMES.iter().find(|(_, number)| *number == errno);
    match (errno, found) {
        (0, _) => "no error".into(),
        (_, Some((name, _))) => (*name).into(),
        (other, None) => format!("errno {other}"),
    }
}

/// The errno of that name.
pub fn number(name: &str) -> Option<i32> {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number)
}
