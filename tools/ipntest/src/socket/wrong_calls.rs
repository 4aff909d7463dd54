// SPDX-License-Identifier: GPL-2.0
//! Every wrong call in every state of a socket: it answers the errno it should, and changes nothing.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::sys::signal;
use crate::sys::socket::{Addr, Sock};
use std::io;

cases!["wrong_calls":
    every_one_answers_its_errno_and_changes_nothing @ 40,
];

/// A network in one state, and the socket that a wrong call is made on.
struct Stage {
    bus: Bus,
    sock: Sock,
    /// A port on the same network.
    other: Option<Sock>,
}

/// How far the socket has come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// `socket` only; the network exists.
    New,
    /// Bound: it manages the network and has no port.
    Manager,
    /// A port that is no manager.
    Port,
    /// A port of a manager.
    ManagersPort,
    /// A port that only receives.
    Reader,
    /// A port that only sends.
    Writer,
}

use State::{Manager, ManagersPort, New, Port, Reader, Writer};

const EVERY: &[State] = &[New, Manager, Port, ManagersPort, Reader, Writer];
const CONNECTED: &[State] = &[Port, ManagersPort, Reader, Writer];
const UNCONNECTED: &[State] = &[New, Manager];
const JOINED: &[State] = &[Manager, Port, ManagersPort, Reader, Writer];
const SENDERS: &[State] = &[Port, ManagersPort, Writer];
const RECEIVERS: &[State] = &[Port, ManagersPort, Reader];

impl Stage {
    fn set(state: State) -> Stage {
        let bus = Bus::new();
        let other = bus.create();
        let sock = match state {
            New => open(),
            Manager => bus.manage(),
            Port => bus.join(),
            ManagersPort => {
                let sock = bus.manage();
                ok("connect", sock.connect(&Addr::null(0)));
                sock
            }
            Reader => bus.reader(),
            Writer => bus.writer(),
        };
        Stage {
            bus,
            sock,
            other: Some(other),
        }
    }

    /// The socket does what one in this state does, so nothing has changed.
    fn is_as_before(&self, state: State) {
        let Stage { bus, sock, other } = self;
        let other = other.as_ref().expect("there is another port");
        match state {
            New => ok("connect", sock.connect(&bus.addr)),
            Manager => ok("connect", sock.connect(&Addr::null(0))),
            _ => {}
        }
        if state != Writer {
            say(other, b"hello");
            hear(sock, b"hello");
        }
        hear_nothing(other);
        if state != Reader {
            say(sock, b"hi");
            hear(other, b"hi");
        } else {
            fails(
                "send of a reader",
                sock.send(b"x", NOW | libc::MSG_NOSIGNAL),
                libc::EPIPE,
            );
        }
    }
}

/// What is called, in which states, how, and the errno it answers.
type Row = (
    &'static str,
    &'static [State],
    fn(&Stage) -> io::Result<()>,
    i32,
);

fn elsewhere(stage: &Stage) -> Addr {
    Addr::of(stage.bus.path.with_extension("missing"))
}

const ROWS: &[Row] = &[
    ("listen", EVERY, |s| s.sock.listen(), libc::EOPNOTSUPP),
    (
        "accept",
        EVERY,
        |s| s.sock.accept().map(drop),
        libc::EOPNOTSUPP,
    ),
    (
        "connect again by name",
        CONNECTED,
        |s| s.sock.connect(&s.bus.addr),
        libc::EISCONN,
    ),
    (
        "connect again without",
        CONNECTED,
        |s| s.sock.connect(&Addr::null(0)),
        libc::EISCONN,
    ),
    (
        "connect again elsewhere",
        CONNECTED,
        |s| s.sock.connect(&elsewhere(s)),
        libc::EISCONN,
    ),
    (
        "connect without a name",
        &[New],
        |s| s.sock.connect(&Addr::null(0)),
        libc::EINVAL,
    ),
    (
        "connect to a missing name",
        &[New],
        |s| s.sock.connect(&elsewhere(s)),
        libc::ENOENT,
    ),
    (
        "connect to a file",
        &[New],
        |s| s.sock.connect(&Addr::of("/proc/self/stat")),
        libc::ECONNREFUSED,
    ),
    (
        "connect of a manager elsewhere",
        &[Manager],
        |s| s.sock.connect(&Addr::of("/proc/self/stat")),
        libc::EINVAL,
    ),
    (
        "bind again",
        &[Manager],
        |s| s.sock.bind(&s.bus.addr),
        libc::EINVAL,
    ),
    (
        "bind again elsewhere",
        &[Manager],
        |s| s.sock.bind(&elsewhere(s)),
        libc::EINVAL,
    ),
    (
        "bind of a port",
        CONNECTED,
        |s| s.sock.bind(&s.bus.addr),
        libc::EISCONN,
    ),
    (
        "bind of a port elsewhere",
        CONNECTED,
        |s| s.sock.bind(&elsewhere(s)),
        libc::EISCONN,
    ),
    (
        "bind to a file",
        &[New],
        |s| s.sock.bind(&Addr::of("/proc/self/stat")),
        libc::ECONNREFUSED,
    ),
    (
        "send",
        UNCONNECTED,
        |s| s.sock.send(b"x", NOW).map(drop),
        libc::ENOTCONN,
    ),
    (
        "send of nothing",
        UNCONNECTED,
        |s| s.sock.send(b"", NOW).map(drop),
        libc::ENOTCONN,
    ),
    (
        "write",
        UNCONNECTED,
        |s| s.sock.write(b"x").map(drop),
        libc::ENOTCONN,
    ),
    (
        "sendmmsg",
        UNCONNECTED,
        |s| s.sock.sendmmsg(&[b"x"], NOW).map(drop),
        libc::ENOTCONN,
    ),
    (
        "sendto",
        UNCONNECTED,
        |s| s.sock.sendto(b"x", NOW, &s.bus.addr).map(drop),
        libc::ENOTCONN,
    ),
    (
        "sendto",
        SENDERS,
        |s| s.sock.sendto(b"x", NOW, &s.bus.addr).map(drop),
        libc::EISCONN,
    ),
    (
        "sendto elsewhere",
        SENDERS,
        |s| s.sock.sendto(b"x", NOW, &elsewhere(s)).map(drop),
        libc::EISCONN,
    ),
    (
        "send over the MTU",
        SENDERS,
        |s| s.sock.send(&[0; 1515], NOW).map(drop),
        libc::EMSGSIZE,
    ),
    (
        "send far over the MTU",
        SENDERS,
        |s| s.sock.send(&[0; 1 << 20], NOW).map(drop),
        libc::EMSGSIZE,
    ),
    (
        "send out-of-band",
        SENDERS,
        |s| s.sock.send(b"x", NOW | libc::MSG_OOB).map(drop),
        libc::EOPNOTSUPP,
    ),
    (
        "send of a reader",
        &[Reader],
        |s| s.sock.send(b"x", NOW).map(drop),
        libc::EPIPE,
    ),
    (
        "write of a reader",
        &[Reader],
        |s| s.sock.write(b"x").map(drop),
        libc::EPIPE,
    ),
    (
        "send from nowhere",
        SENDERS,
        |s| s.sock.send_at(64, 9, NOW).map(drop),
        libc::EFAULT,
    ),
    (
        "send of far too many bytes",
        SENDERS,
        |s| {
            s.sock
                .send_at(4096, 1 << (usize::BITS * 5 / 8), NOW)
                .map(drop)
        },
        libc::EMSGSIZE,
    ),
    (
        "send of more than there can be",
        SENDERS,
        |s| s.sock.send_at(4096, usize::MAX, NOW).map(drop),
        libc::EMSGSIZE,
    ),
    (
        "an option of no end",
        EVERY,
        |s| {
            s.sock
                .setsockopt_at(LEVEL, IPN_SO_DESCR, 4096, i32::MAX as u32)
        },
        libc::EINVAL,
    ),
    (
        "recv",
        UNCONNECTED,
        |s| s.sock.recv(&mut [0; 9], NOW).map(drop),
        libc::ENOTCONN,
    ),
    (
        "recv that may wait",
        UNCONNECTED,
        |s| s.sock.recv(&mut [0; 9], 0).map(drop),
        libc::ENOTCONN,
    ),
    (
        "read",
        UNCONNECTED,
        |s| s.sock.read(&mut [0; 9]).map(drop),
        libc::ENOTCONN,
    ),
    (
        "recvmmsg",
        UNCONNECTED,
        |s| s.sock.recvmmsg(1, 9, NOW, None).map(drop),
        libc::ENOTCONN,
    ),
    (
        "recv of nothing",
        RECEIVERS,
        |s| s.sock.recv(&mut [0; 9], NOW).map(drop),
        libc::EAGAIN,
    ),
    (
        "peek at nothing",
        RECEIVERS,
        |s| s.sock.recv(&mut [0; 9], NOW | libc::MSG_PEEK).map(drop),
        libc::EAGAIN,
    ),
    (
        "recv out-of-band",
        RECEIVERS,
        |s| s.sock.recv(&mut [0; 9], NOW | libc::MSG_OOB).map(drop),
        libc::EOPNOTSUPP,
    ),
    (
        "recv of errors",
        RECEIVERS,
        |s| s.sock.recv(&mut [0; 9], NOW | libc::MSG_ERRQUEUE).map(drop),
        libc::EOPNOTSUPP,
    ),
    (
        "recv of a writer",
        &[Writer],
        |s| s.sock.recv(&mut [0; 9], NOW).map(drop),
        libc::EPIPE,
    ),
    (
        "recv of a writer that may wait",
        &[Writer],
        |s| s.sock.recv(&mut [0; 9], 0).map(drop),
        libc::EPIPE,
    ),
    ("shutdown(-1)", EVERY, |s| s.sock.shutdown(-1), libc::EINVAL),
    ("shutdown(3)", EVERY, |s| s.sock.shutdown(3), libc::EINVAL),
    (
        "shutdown(i32::MAX)",
        EVERY,
        |s| s.sock.shutdown(i32::MAX),
        libc::EINVAL,
    ),
    (
        "shutdown(i32::MIN)",
        EVERY,
        |s| s.sock.shutdown(i32::MIN),
        libc::EINVAL,
    ),
    (
        "getsockname",
        &[New],
        |s| s.sock.name(128).map(drop),
        libc::ENOTCONN,
    ),
    (
        "getpeername",
        &[New],
        |s| s.sock.peer_name(128).map(drop),
        libc::ENOTCONN,
    ),
    (
        "a network's MTU",
        JOINED,
        |s| s.sock.set(IPN_SO_MTU, 9),
        libc::EISCONN,
    ),
    (
        "a port's number",
        CONNECTED,
        |s| s.sock.set(IPN_SO_PORT, 9),
        libc::EISCONN,
    ),
    (
        "number of ports",
        &[New],
        |s| s.sock.set(IPN_SO_CHANGE_NUMNODES, 9),
        libc::ENOTCONN,
    ),
    (
        "number of ports",
        &[Port, Reader, Writer],
        |s| s.sock.set(IPN_SO_CHANGE_NUMNODES, 9),
        libc::EACCES,
    ),
    (
        "no ports",
        &[Manager, ManagersPort],
        |s| s.sock.set(IPN_SO_CHANGE_NUMNODES, 0),
        libc::EINVAL,
    ),
    (
        "IPN_TERMINATE",
        &[New],
        |s| s.sock.ioctl(IPN_TERMINATE).map(drop),
        libc::ENOTCONN,
    ),
    (
        "IPN_TERMINATE",
        &[Port, Reader, Writer],
        |s| s.sock.ioctl(IPN_TERMINATE).map(drop),
        libc::EACCES,
    ),
    (
        "an unknown option",
        EVERY,
        |s| s.sock.set(77, 1),
        libc::ENOPROTOOPT,
    ),
    (
        "an unknown request",
        EVERY,
        |s| s.sock.ioctl(0x49ff).map(drop),
        libc::ENOTTY,
    ),
];

fn every_one_answers_its_errno_and_changes_nothing() {
    // A process that sends without a send side gets a signal too; this is about the errno.
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    for (what, states, call, errno) in ROWS {
        for state in *states {
            let stage = Stage::set(*state);
            for _ in 0..2 {
                fails(
                    format_args!("{what}, socket in state {state:?}"),
                    call(&stage),
                    *errno,
                );
            }
            same(
                "a new file",
                stage.bus.path.with_extension("missing").exists(),
                false,
            );
            stage.is_as_before(*state);
            ok("unlink", std::fs::remove_file(&stage.bus.path));
        }
    }
}
