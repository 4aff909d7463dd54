// SPDX-License-Identifier: GPL-2.0

//! Each error that a manual page gives a call is told in a user's terms.

use super::*;

/// For each operation and error words of the reason, and of the advice where there is any.
const TOLD: &[(Operation, Errno, &str, &str)] = &[
    (
        Operation::Open(Policy::HUB),
        Errno::AFNOSUPPORT,
        "af_ipn module",
        "modprobe af_ipn",
    ),
    (
        Operation::Open(Policy::SWITCH),
        Errno::PROTONOSUPPORT,
        "kvde_switch",
        "modprobe kvde_switch",
    ),
    (
        Operation::Open(Policy::new(9)),
        Errno::PROTONOSUPPORT,
        "no delivery policy",
        "modprobe NAME",
    ),
    (
        Operation::Open(Policy::HUB),
        Errno::SOCKTNOSUPPORT,
        "socket type",
        "SOCK_DGRAM",
    ),
    (Operation::Open(Policy::HUB), Errno::NOMEM, "no memory", ""),
    (
        Operation::Bind,
        Errno::ADDRINUSE,
        "took the name",
        "try again",
    ),
    (
        Operation::Bind,
        Errno::NOENT,
        "directory does not exist",
        "make the directory",
    ),
    (Operation::Bind, Errno::NOBUFS, "memory", "message pool"),
    (
        Operation::Bind,
        Errno::PROTO,
        "another delivery policy",
        "IPN_ANY",
    ),
    (
        Operation::Bind,
        Errno::PROTONOSUPPORT,
        "not loaded",
        "modprobe",
    ),
    (Operation::Bind, Errno::INVAL, "bound already", ""),
    (Operation::Bind, Errno::ISCONN, "connected already", ""),
    (
        Operation::Connect(Direction::Both),
        Errno::NOENT,
        "no such network",
        "ipn create",
    ),
    (
        Operation::Connect(Direction::Both),
        Errno::PROTO,
        "another delivery policy",
        "IPN_ANY",
    ),
    (
        Operation::Connect(Direction::Both),
        Errno::ADDRNOTAVAIL,
        "no free port",
        "number of ports",
    ),
    (
        Operation::Connect(Direction::Both),
        Errno::ADDRINUSE,
        "port is taken",
        "take another",
    ),
    (
        Operation::Connect(Direction::Both),
        Errno::ISCONN,
        "connected already",
        "",
    ),
    (Operation::Send, Errno::MSGSIZE, "MTU", "send less"),
    (Operation::Send, Errno::PIPE, "may not send", "w bit"),
    (Operation::Send, Errno::AGAIN, "a reader is behind", ""),
    (Operation::Send, Errno::NOTCONN, "no port", "connect first"),
    (Operation::Receive, Errno::PIPE, "does not receive", "r bit"),
    (Operation::Receive, Errno::AGAIN, "no message", ""),
    (
        Operation::Receive,
        Errno::NOTCONN,
        "no port",
        "connect first",
    ),
    (Operation::Map, Errno::OPNOTSUPP, "only a hub", ""),
    (
        Operation::Map,
        Errno::ACCESS,
        "does not receive",
        "another port",
    ),
    (Operation::Map, Errno::NODEV, "too old", "newer"),
    (Operation::Map, Errno::PROTO, "another layout", ""),
    (
        Operation::GetOption("it"),
        Errno::NOPROTOOPT,
        "no such option",
        "",
    ),
    (
        Operation::SetOption("it"),
        Errno::NOPROTOOPT,
        "no such option",
        "",
    ),
    (
        Operation::SetOption("it"),
        Errno::INVAL,
        "out of bounds",
        "af_ipn(7)",
    ),
    (
        Operation::SetOption("it"),
        Errno::ISCONN,
        "exists already",
        "before",
    ),
    (
        Operation::SetOption("it"),
        Errno::ACCESS,
        "only a manager",
        "x bit",
    ),
    (
        Operation::SetOption("it"),
        Errno::ADDRINUSE,
        "in use",
        "leaves",
    ),
    (
        Operation::SetOption("it"),
        Errno::ADDRNOTAVAIL,
        "no such port",
        "port show",
    ),
    (
        Operation::SetOption("it"),
        Errno::NOENT,
        "no such address",
        "fdb show",
    ),
    (
        Operation::SetOption("it"),
        Errno::NOSPC,
        "full",
        "max_addresses",
    ),
    (
        Operation::SetOption("it"),
        Errno::NOTCONN,
        "no network",
        "connect it",
    ),
    (
        Operation::Terminate,
        Errno::ACCESS,
        "only a manager",
        "x bit",
    ),
    (
        Operation::Terminate,
        Errno::NOTCONN,
        "no network",
        "connect it",
    ),
    (Operation::Check, Errno::NOTTY, "another kind", ""),
    (
        Operation::Serve(DeviceName::ANY),
        Errno::PERM,
        "another network",
        "ipn release",
    ),
    (
        Operation::Serve(DeviceName::ANY),
        Errno::BUSY,
        "another process",
        "end that",
    ),
    (
        Operation::Serve(DeviceName::ANY),
        Errno::ADDRNOTAVAIL,
        "no network has",
        "ip link",
    ),
    (
        Operation::Release(DeviceName::ANY),
        Errno::ACCESS,
        "x bit",
        "chmod",
    ),
    (
        Operation::Release(DeviceName::ANY),
        Errno::ADDRNOTAVAIL,
        "no network has",
        "ip link",
    ),
    (
        Operation::Release(DeviceName::ANY),
        Errno::PERM,
        "CAP_NET_ADMIN over",
        "as root",
    ),
    (
        Operation::Tap(DeviceName::ANY),
        Errno::PERM,
        "CAP_NET_ADMIN over",
        "as root",
    ),
    (
        Operation::Tap(DeviceName::ANY),
        Errno::EXIST,
        "of that name",
        "another name",
    ),
    (
        Operation::Tap(DeviceName::ANY),
        Errno::INVAL,
        "82",
        "greater MTU",
    ),
    (
        Operation::Tap(DeviceName::ANY),
        Errno::ADDRNOTAVAIL,
        "no free port",
        "number of ports",
    ),
    (
        Operation::Tap(DeviceName::ANY),
        Errno::ADDRINUSE,
        "port is taken",
        "take another",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::NODEV,
        "no such device",
        "ip link",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::BUSY,
        "it is taken",
        "nomaster",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::LOOP,
        "go round",
        "below",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::OPNOTSUPP,
        "other stations",
        "wire",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::INVAL,
        "no Ethernet device",
        "another device",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::ADDRNOTAVAIL,
        "no free port",
        "number of ports",
    ),
    (
        Operation::Grab(DeviceName::ANY),
        Errno::ADDRINUSE,
        "port is taken",
        "take another",
    ),
    (Operation::Persist, Errno::NODEV, "gone", ""),
];

#[test]
fn an_error_of_the_manual_is_told_with_what_to_try() {
    for &(operation, errno, reason, advice) in TOLD {
        let found = operation.explain(errno);
        let (why, hint) = found.unwrap_or_else(|| panic!("{operation:?} {errno:?}"));
        assert!(why.contains(reason), "{operation:?} {errno:?}: {why}");
        assert_eq!(
            hint.is_some(),
            !advice.is_empty(),
            "{operation:?} {errno:?}"
        );
        assert!(
            hint.unwrap_or("").contains(advice),
            "{operation:?} {errno:?}: {hint:?}"
        );
    }
}

#[test]
fn what_means_no_more_than_its_name_is_left_to_the_system() {
    for operation in [
        Operation::Shutdown,
        Operation::Duplicate,
        Operation::Register,
        Operation::Terminate,
        Operation::Check,
        Operation::Persist,
    ] {
        assert_eq!(operation.explain(Errno::INTR), None, "{operation:?}");
        assert_eq!(operation.explain(Errno::INVAL), None, "{operation:?}");
    }
}

#[test]
fn each_operation_is_named_in_words_of_its_own() {
    let name: DeviceName = "eth7".parse().expect("a name");
    let all = [
        Operation::Open(Policy::HUB),
        Operation::Bind,
        Operation::Connect(Direction::Both),
        Operation::Send,
        Operation::Receive,
        Operation::Map,
        Operation::GetOption("the MTU"),
        Operation::SetOption("the MTU"),
        Operation::Shutdown,
        Operation::Terminate,
        Operation::Check,
        Operation::Duplicate,
        Operation::Tap(DeviceName::ANY),
        Operation::Tap(name),
        Operation::Grab(name),
        Operation::Serve(name),
        Operation::Persist,
        Operation::Release(name),
        Operation::Register,
    ];
    let texts = all.map(|operation| operation.to_string());
    for (at, text) in texts.iter().enumerate() {
        assert!(!text.is_empty() && !texts[..at].contains(text), "{text}");
        assert_eq!(
            text.contains("eth7"),
            (13..=15).contains(&at) || at == 17,
            "{text}"
        );
        assert_eq!(text.contains("the MTU"), at == 6 || at == 7, "{text}");
    }
}
