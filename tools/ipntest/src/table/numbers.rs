// SPDX-License-Identifier: GPL-2.0
//! The numbers behind the names in the table.

use crate::abi::*;
use libc::*;

macro_rules! names {
    ($($name:ident)*) => { &[$((stringify!($name), $name as i64)),*] };
}

/// Options of level 0, requests, and flags.
const NAMES: &[(&str, i64)] = names!(
    IPN_SO_PORT IPN_SO_DESCR IPN_SO_CHANGE_NUMNODES IPN_SO_HANDLE_OOB IPN_SO_WANT_OOB_NUMNODES
    IPN_SO_CREATOR IPN_SO_FILE IPN_SO_RECORDS IPN_SO_STATISTICS IPN_SO_SENDER IPN_SO_OBSERVE
    IPN_SO_HISTORY IPN_SO_SINCE IPN_SO_SEQUENCE IPN_SO_ORIGIN IPN_SO_GAPS IPN_SO_SKIP IPN_SO_WINDOW IPN_SO_RATE IPN_SO_MTU IPN_SO_NUMNODES
    IPN_SO_MSGPOOLSIZE IPN_SO_FLAGS IPN_SO_MODE IPN_SO_BYTES
    IPN_TERMINATE IPN_CHECK IPN_SETPERSIST_NETDEV IPN_CLRPERSIST_NETDEV IPN_CONN_NETDEV
    IPN_JOIN_NETDEV IPN_SETPERSIST
    FIONREAD FIONBIO FIOASYNC TIOCOUTQ SIOCGIFMTU TCGETS
    SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF
    SO_SNDBUFFORCE SO_RCVBUFFORCE SO_KEEPALIVE SO_OOBINLINE SO_NO_CHECK SO_PRIORITY SO_LINGER
    SO_BSDCOMPAT SO_REUSEPORT SO_PASSCRED SO_PEERCRED SO_RCVLOWAT SO_SNDLOWAT SO_RCVTIMEO SO_SNDTIMEO
    SO_BINDTODEVICE SO_ATTACH_FILTER SO_DETACH_FILTER SO_PEERNAME SO_ACCEPTCONN SO_PEERSEC
    SO_PASSSEC SO_MARK SO_PROTOCOL SO_DOMAIN SO_RXQ_OVFL SO_WIFI_STATUS SO_PEEK_OFF SO_NOFCS
    SO_LOCK_FILTER SO_SELECT_ERR_QUEUE SO_BUSY_POLL SO_MAX_PACING_RATE SO_BPF_EXTENSIONS
    SO_INCOMING_CPU SO_ATTACH_BPF SO_ATTACH_REUSEPORT_CBPF SO_ATTACH_REUSEPORT_EBPF SO_CNX_ADVICE
    SO_MEMINFO SO_INCOMING_NAPI_ID SO_COOKIE SO_PEERGROUPS SO_ZEROCOPY SO_TXTIME SO_BINDTOIFINDEX
    SO_TIMESTAMP SO_TIMESTAMPNS SO_TIMESTAMPING SO_DETACH_REUSEPORT_BPF SO_PREFER_BUSY_POLL
    SO_BUSY_POLL_BUDGET
    MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_CTRUNC MSG_TRUNC MSG_DONTWAIT MSG_EOR MSG_WAITALL MSG_FIN
    MSG_SYN MSG_CONFIRM MSG_RST MSG_ERRQUEUE MSG_NOSIGNAL MSG_MORE MSG_WAITFORONE MSG_FASTOPEN
    MSG_CMSG_CLOEXEC
);

/// Those that the C library does not have, or not for all machines.
const OTHERS: &[(&str, i64)] = &[
    ("IPN_REGISTER_CHRDEV", CHARACTER_DEVICE_REQUESTS[0].1 as i64),
    (
        "IPN_UNREGISTER_CHRDEV",
        CHARACTER_DEVICE_REQUESTS[1].1 as i64,
    ),
    ("IPN_JOIN_CHRDEV", CHARACTER_DEVICE_REQUESTS[2].1 as i64),
    ("IPN_CHRDEV_PERSIST", CHARACTER_DEVICE_REQUESTS[3].1 as i64),
    ("FIOSETOWN", 0x8901),
    ("SIOCSPGRP", 0x8902),
    ("FIOGETOWN", 0x8903),
    ("SIOCGPGRP", 0x8904),
    ("SIOCATMARK", 0x8905),
    ("SIOCGSTAMP", 0x8906),
    ("SIOCGSTAMPNS", 0x8907),
    ("SIOCOUTQ", 0x5411),
    ("SIOCSIFHWADDR", 0x8924),
    ("MSG_PROXY", 0x10),
    ("MSG_BATCH", 0x40000),
    ("MSG_NO_SHARED_FRAGS", 0x80000),
    ("MSG_SENDPAGE_DECRYPTED", 0x10_0000),
    ("MSG_SOCK_DEVMEM", 0x200_0000),
    ("MSG_ZEROCOPY", 0x400_0000),
    ("MSG_SPLICE_PAGES", 0x800_0000),
    ("SO_RCVMARK", 75),
    ("SO_PASSPIDFD", 76),
    ("SO_PEERPIDFD", 77),
    ("SO_RCVPRIORITY", 82),
    ("SO_PASSRIGHTS", 83),
    ("SO_INQ", 84),
    ("SO_NETNS_COOKIE", 71),
    ("SO_BUF_LOCK", 72),
    ("SO_RESERVE_MEM", 73),
    ("SO_TXREHASH", 74),
];

/// The number of a name, or the number itself: decimal, or hexadecimal as 0x1f, octal as 0o17.
pub fn number(word: &str) -> Option<i64> {
    let named = NAMES.iter().chain(OTHERS).find(|(name, _)| *name == word);
    if let Some((_, number)) = named {
        Some(*number)
    } else if let Some(digits) = word.strip_prefix("0x") {
        i64::from_str_radix(digits, 16).ok()
    } else if let Some(digits) = word.strip_prefix("0o") {
        i64::from_str_radix(digits, 8).ok()
    } else {
        word.parse().ok()
    }
}

/// The name that begins so of a number.
pub fn name(begins: &str, number: i64) -> Option<&'static str> {
    let mut named = NAMES.iter().chain(OTHERS);
    let found = named.find(|(name, known)| *known == number && name.starts_with(begins));
    found.map(|(name, _)| *name)
}

/// Flags of `send` and `recv`: "-" are none, "PEEK|TRUNC" two.
pub fn flags(word: &str) -> Option<i32> {
    if word == "-" {
        return Some(0);
    }
    let mut flags = 0;
    for name in word.split('|') {
        flags |= number(&format!("MSG_{name}")).or(number(name))?;
    }
    Some(flags as u32 as i32)
}
