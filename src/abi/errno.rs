// SPDX-License-Identifier: GPL-2.0

//! Error numbers as `errno(3)` has them, for code that runs in the kernel and on the host.

/// Why a call is refused: an error number of `include/uapi/asm-generic/errno.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(u16);

/// Declares error numbers: the name of the C header without its `E`.
macro_rules! errnos {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        impl Errno {
            $(#[doc = $text] pub(crate) const $name: Self = Self($number);)*
        }
    };
}

#[allow(dead_code)]
impl Errno {
    /// The positive number, below `MAX_ERRNO`.
    pub(crate) const fn number(self) -> u16 {
        self.0
    }
}

errnos! {
    PERM = 1, "Operation not permitted.";
    AGAIN = 11, "Resource temporarily unavailable.";
    ACCES = 13, "Permission denied.";
    FAULT = 14, "Bad address.";
    BUSY = 16, "Device or resource busy.";
    INVAL = 22, "Invalid argument.";
    PIPE = 32, "Broken pipe.";
    PROTO = 71, "Protocol error.";
    BADMSG = 74, "Bad message.";
    MSGSIZE = 90, "Message too long.";
    PROTOTYPE = 91, "Protocol wrong type for socket.";
    NOPROTOOPT = 92, "Protocol not available.";
    PROTONOSUPPORT = 93, "Protocol not supported.";
    SOCKTNOSUPPORT = 94, "Socket type not supported.";
    OPNOTSUPP = 95, "Operation not supported.";
    ADDRINUSE = 98, "Address already in use.";
    ADDRNOTAVAIL = 99, "Cannot assign requested address.";
    CONNRESET = 104, "Connection reset by peer.";
    NOBUFS = 105, "No buffer space available.";
    ISCONN = 106, "Transport endpoint is already connected.";
    NOTCONN = 107, "Transport endpoint is not connected.";
    CONNREFUSED = 111, "Connection refused.";
}

/// What a call that can be refused gives.
pub(crate) type Result<T = (), E = Errno> = core::result::Result<T, E>;
