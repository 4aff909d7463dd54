// SPDX-License-Identifier: GPL-2.0
//! The errors that af_ipn(7), and the pages that it names, give each call: those of the table of every
//! call in every state, and others.

use crate::program::{Call, Receiver, Sender};
use ipntest::abi::SIOCSIFHWADDR;
use ipntest::abi::*;
use ipntest::table::{self, numbers};
use libc::*;

/// Looking a path up: path_resolution(7).
const PATH: &[i32] = &[ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG];

/// A signal or the end of memory can meet any call that waits or takes some.
const ANY_TIME: &[i32] = &[EINTR, ENOMEM];

/// What a name that a test does not choose so may bring, and bounds of users.
const BIND: &[i32] = &[
    EACCES, EADDRINUSE, EEXIST, ENOBUFS, EPROTO, EPROTOTYPE, EROFS,
];
const CONNECT: &[i32] = &[
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    ENOBUFS,
    EPROTO,
    EPROTOTYPE,
];
/// No memory for a copy.
const SEND: &[i32] = &[ENOBUFS];
/// The one writer of a network has written what can not be: the table knows no network of one writer.
const NONSENSE: &[i32] = &[EBADMSG];
/// Another is that writer, or the network has ended.
const WRITER: &[i32] = &[EBUSY, EPIPE, EOPNOTSUPP];
/// A device is asked for, taken or found by its name.
const DEVICE: &[i32] = &[
    EADDRINUSE,
    EADDRNOTAVAIL,
    EACCES,
    EBUSY,
    ECONNREFUSED,
    EEXIST,
    EFAULT,
    EINVAL,
    EISCONN,
    ELOOP,
    ENOBUFS,
    ENODEV,
    ENOTCONN,
    EOPNOTSUPP,
    EPERM,
];
/// Options of level `SOL_SOCKET`: socket(7), and of filters.
const GENERIC: &[i32] = &[
    EINVAL,
    EFAULT,
    ENOPROTOOPT,
    EPERM,
    EACCES,
    EDOM,
    ENOTCONN,
    EOPNOTSUPP,
    ENODEV,
    EBUSY,
    ENODATA,
    ENOENT,
    EBADF,
    EMFILE,
    ENOBUFS,
    ERANGE,
    ENOTTY,
    ESRCH,
];

/// Whether a call may fail with this: the table of every call in every state has it, or it comes of
/// what is no state of a socket.
pub fn allows(call: &Call, errno: i32) -> bool {
    ANY_TIME.contains(&errno)
        || beyond(call).iter().any(|some| some.contains(&errno))
        || in_table(call)
            .iter()
            .any(|begins| table::errnos(begins).contains(&errno))
}

/// How the table's rows of a call begin.
fn in_table(call: &Call) -> Vec<String> {
    let begins: &[&str] = match call {
        Call::Bind { .. } => &["bind"],
        Call::Connect { .. } => &["connect"],
        Call::Listen { .. } => &["listen"],
        Call::Accept { .. } => &["accept"],
        Call::Pair { .. } => &["socketpair"],
        Call::Shutdown { .. } => &["shutdown"],
        Call::Name { .. } => &["getsockname", "getpeername"],
        Call::Send { .. } => &[
            "send",
            "sendto",
            "sendmsg",
            "sendmmsg",
            "write",
            "sendfile",
            "splice-to",
        ],
        Call::Receive { .. } => &["recv", "recvmsg", "recvmmsg", "read", "splice-from"],
        Call::Map { .. } | Call::MapWriter { .. } => &["mmap"],
        Call::Set {
            level: LEVEL,
            option,
            ..
        } => return option_rows("setsockopt", *option),
        Call::Get {
            level: LEVEL,
            option,
            ..
        } => return option_rows("getsockopt", *option),
        Call::Request { request, .. } => {
            return request_name(*request)
                .map(|name| format!("ioctl {name}"))
                .into_iter()
                .collect();
        }
        _ => &[],
    };
    begins.iter().map(|begins| (*begins).to_owned()).collect()
}

/// The name of a request of the family; options have lower numbers.
fn request_name(request: u64) -> Option<&'static str> {
    let request = (request & 0xffff_ffff) as i64;
    numbers::name("IPN_", request).filter(|_| request > 0xff)
}

/// Those of an option of the family, or of one that there is not.
fn option_rows(call: &str, option: i32) -> Vec<String> {
    let name = numbers::name("IPN_SO_", option.into()).unwrap_or("0:127");
    vec![format!("{call} {name}")]
}

/// What the table cannot have.
fn beyond(call: &Call) -> &'static [&'static [i32]] {
    match call {
        Call::Socket { .. } => &[&[EPROTONOSUPPORT, ESOCKTNOSUPPORT, EINVAL, EMFILE]],
        Call::Pair { .. } => &[&[EPROTONOSUPPORT, ESOCKTNOSUPPORT, EINVAL]],
        Call::Bind { .. } => &[BIND, PATH],
        Call::Connect { .. } => &[CONNECT, PATH],
        Call::Set { level, option, .. } | Call::Get { level, option, .. } => {
            option_errnos(*level, *option)
        }
        Call::Request { request, .. } => request_errnos(*request),
        Call::Send { by, .. } => match by {
            // Its own file may be another user's.
            Sender::File => &[SEND, &[EACCES]],
            // An address is looked at before the family sees it.
            Sender::To(_)
            | Sender::Send
            | Sender::Write
            | Sender::Message(..)
            | Sender::Many(_)
            | Sender::From(_)
            | Sender::Mapped(..) => &[SEND],
        },
        Call::Receive { by, .. } => match by {
            // A pipe takes it, or there is none to be had.
            Receiver::Splice => &[NONSENSE, &[EINVAL, EMFILE, ENFILE]],
            _ => &[NONSENSE],
        },
        Call::Map { .. } | Call::MapWriter { .. } => &[&[ENOBUFS], WRITER],
        // The first two are the fuzzer's own.
        Call::Publish { .. } => &[&[EAGAIN, EMSGSIZE, EPIPE]],
        // The last of them where it is not writable: the fuzzer's own.
        Call::Scribble { .. } | Call::Peek { .. } | Call::LookBack { .. } => &[&[EACCES]],
        Call::Protect { .. } => &[&[EACCES]],
        // No hole can be made in what is no regular file (`vfs_fallocate()`): the last.
        Call::Advise { .. } => &[&[EINVAL, EACCES, EPERM, EFAULT, EBUSY, ENODEV]],
        Call::Resize { .. } => &[&[EFAULT, EINVAL]],
        Call::Look { .. } | Call::Open { .. } => &[&[ENODEV, EACCES], PATH],
        Call::ReadFile { .. } => &[&[ENODEV, ENAMETOOLONG, EBADF]],
        Call::WriteFile { .. } => &[DEVICE, &[EBADF]],
        // A user namespace may have no such user.
        Call::Own { .. } => &[&[EPERM, EINVAL]],
        Call::Filter { .. } => &[&[EPERM, EINVAL]],
        Call::Shutdown { .. }
        | Call::Name { .. }
        | Call::Listen { .. }
        | Call::Accept { .. }
        | Call::Directories
        | Call::Poll { .. }
        | Call::Nonblock { .. }
        | Call::Async { .. }
        | Call::Close { .. } => &[],
        // It is in the initial network namespace only.
        Call::List => &[&[ENOENT]],
        Call::Duplicate { .. } | Call::Replace { .. } => &[&[EBADF, EBUSY, EMFILE]],
        // What only surrounds the family is not the matter here.
        _ => &[ALL],
    }
}

/// Any.
const ALL: &[i32] = {
    const COUNT: usize = 140;
    const NUMBERS: [i32; COUNT] = {
        let mut numbers = [0; COUNT];
        let mut at = 0;
        while at < COUNT {
            numbers[at] = at as i32;
            at += 1;
        }
        numbers
    };
    &NUMBERS
};

fn option_errnos(level: i32, option: i32) -> &'static [&'static [i32]] {
    match (level, option) {
        (SOL_SOCKET, _) => &[GENERIC],
        (LEVEL, IPN_SO_CHANGE_NUMNODES) => &[&[EADDRINUSE, ENOBUFS, EPERM]],
        // A length below 0, which the generic code looks at before it looks at the number.
        (LEVEL, _) => &[&[EINVAL]],
        // The switch's own are in <linux/ipn_switch.h>.
        _ => &[&[
            EACCES,
            EADDRNOTAVAIL,
            EFAULT,
            EINVAL,
            ENOENT,
            ENOPROTOOPT,
            ENOSPC,
            ENOTCONN,
        ]],
    }
}

/// `FIONREAD`.
const FIONREAD: u64 = 0x541b;

fn request_errnos(request: u64) -> &'static [&'static [i32]] {
    match request & 0xffff_ffff {
        // The last of the one writer of a network that has ended.
        FIONREAD => &[&[EFAULT, EPIPE]],
        IPN_CONN_NETDEV
        | IPN_JOIN_NETDEV
        | IPN_SETPERSIST_NETDEV
        | IPN_CLRPERSIST_NETDEV
        | IPN_SETPERSIST
        | SIOCSIFHWADDR => &[DEVICE],
        request if request_name(request).is_some() => &[],
        // Time stamps and owners: socket(7).
        0x8901..=0x8907 => &[&[ENOTTY, EFAULT, ENOENT, EINVAL, EPERM, ESRCH]],
        _ => &[&[ENOTTY, EFAULT, EINVAL, EPERM, ENODEV]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists beside the table say nothing that it has.
    #[test]
    fn what_the_table_has_stands_there_only() {
        for (begins, lists) in [
            ("bind", [BIND, &[]]),
            ("connect", [CONNECT, &[]]),
            ("send", [SEND, &[]]),
            (
                "setsockopt IPN_SO_CHANGE_NUMNODES",
                [option_errnos(LEVEL, IPN_SO_CHANGE_NUMNODES)[0], &[]],
            ),
        ] {
            let table = table::errnos(begins);
            assert!(table.len() > 1, "{begins} is in the table");
            let both: Vec<_> = lists
                .concat()
                .into_iter()
                .filter(|errno| table.contains(errno))
                .collect();
            assert!(both.is_empty(), "{begins}: {both:?}");
        }
    }

    #[test]
    fn errors_are_those_of_the_table() {
        let sock = crate::program::Call::Listen { sock: 0 };
        assert!(allows(&sock, EOPNOTSUPP) && !allows(&sock, EINVAL));
        let request = |request| Call::Request {
            sock: 0,
            request,
            argument: crate::program::Argument::Room,
        };
        assert!(allows(&request(IPN_TERMINATE), EACCES));
        assert!(!allows(&request(IPN_TERMINATE), EINVAL));
        assert!(!allows(&request(IPN_CHECK), ENOTTY));
    }
}
