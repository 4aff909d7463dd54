// SPDX-License-Identifier: GPL-2.0
//! The errors that af_ipn(7), and the pages that it names, give each call.

use crate::program::{Call, Receiver, Sender};
use ipntest::abi::SIOCSIFHWADDR;
use ipntest::abi::*;
use libc::*;

/// Looking a path up: path_resolution(7).
const PATH: &[i32] = &[ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG];

/// A signal or the end of memory can meet any call that waits or takes some.
const ANY_TIME: &[i32] = &[EINTR, ENOMEM];

const BIND: &[i32] = &[
    EACCES,
    EADDRINUSE,
    ECONNREFUSED,
    EEXIST,
    EINVAL,
    EISCONN,
    ENOBUFS,
    EPROTO,
    EFAULT,
    EROFS,
];
const CONNECT: &[i32] = &[
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    ECONNREFUSED,
    EINVAL,
    EISCONN,
    ENOBUFS,
    EPROTO,
    EFAULT,
];
const SEND: &[i32] = &[
    EAGAIN, EFAULT, EINVAL, EISCONN, EMSGSIZE, ENOBUFS, ENOTCONN, EOPNOTSUPP, EPIPE,
];
const RECEIVE: &[i32] = &[EAGAIN, EFAULT, ENOTCONN, EOPNOTSUPP, EPIPE];
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

/// Whether a call may fail with this.
pub fn allows(call: &Call, errno: i32) -> bool {
    ANY_TIME.contains(&errno) || errnos(call).iter().any(|some| some.contains(&errno))
}

fn errnos(call: &Call) -> &'static [&'static [i32]] {
    match call {
        Call::Socket { .. } => &[&[EPROTONOSUPPORT, ESOCKTNOSUPPORT, EINVAL, EMFILE]],
        Call::Pair { .. } => &[&[EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EINVAL]],
        Call::Listen { .. } | Call::Accept { .. } => &[&[EOPNOTSUPP]],
        Call::Bind { .. } => &[BIND, PATH],
        Call::Connect { .. } => &[CONNECT, PATH],
        Call::Shutdown { .. } => &[&[EINVAL]],
        Call::Name { .. } => &[&[ENOTCONN]],
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
            Receiver::Splice => &[RECEIVE, &[EINVAL, EMFILE, ENFILE]],
            _ => &[RECEIVE],
        },
        Call::Map { .. } => &[&[EACCES, EINVAL, ENOBUFS, ENOTCONN, EOPNOTSUPP, EPERM]],
        // The last of them where it is not writable: the fuzzer's own.
        Call::Scribble { .. } | Call::Peek { .. } | Call::LookBack { .. } => &[&[EACCES]],
        Call::Protect { .. } => &[&[EACCES]],
        // No hole can be made in what is no regular file (`vfs_fallocate()`): the last.
        Call::Advise { .. } => &[&[EINVAL, EACCES, EPERM, EFAULT, EBUSY, ENODEV]],
        Call::Resize { .. } => &[&[EFAULT, EINVAL]],
        Call::Look { .. } | Call::Open { .. } => &[&[ENODEV, EACCES], PATH],
        Call::ReadFile { .. } => &[&[ENODEV, ENAMETOOLONG, EBADF]],
        Call::WriteFile { .. } => &[DEVICE, &[EBADF]],
        Call::Directories => &[],
        // A user namespace may have no such user.
        Call::Own { .. } => &[&[EPERM, EINVAL]],
        Call::Filter { .. } => &[&[EPERM, EINVAL]],
        Call::Poll { .. } | Call::Nonblock { .. } | Call::Async { .. } | Call::Close { .. } => &[],
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
        (LEVEL, IPN_SO_CHANGE_NUMNODES) => {
            &[&[EACCES, EADDRINUSE, EFAULT, EINVAL, ENOBUFS, ENOTCONN]]
        }
        (LEVEL, IPN_SO_PORT) => &[&[EFAULT, EINVAL, EISCONN]],
        (LEVEL, IPN_SO_MTU..=IPN_SO_MODE) => &[&[EFAULT, EINVAL, EISCONN]],
        (LEVEL, IPN_SO_DESCR | IPN_SO_HANDLE_OOB | IPN_SO_WANT_OOB_NUMNODES) => {
            &[&[EFAULT, EINVAL]]
        }
        (LEVEL, _) => &[&[ENOPROTOOPT, EINVAL]],
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
        IPN_CHECK => &[],
        IPN_TERMINATE => &[&[EACCES, ENOTCONN]],
        FIONREAD => &[&[EFAULT]],
        IPN_CONN_NETDEV
        | IPN_JOIN_NETDEV
        | IPN_SETPERSIST_NETDEV
        | IPN_CLRPERSIST_NETDEV
        | IPN_SETPERSIST
        | SIOCSIFHWADDR => &[DEVICE],
        request
            if CHARACTER_DEVICE_REQUESTS
                .iter()
                .any(|(_, number)| *number == request) =>
        {
            &[&[EOPNOTSUPP]]
        }
        // Time stamps and owners: socket(7).
        0x8901..=0x8907 => &[&[ENOTTY, EFAULT, ENOENT, EINVAL, EPERM, ESRCH]],
        _ => &[&[ENOTTY, EFAULT, EINVAL, EPERM, ENODEV]],
    }
}
