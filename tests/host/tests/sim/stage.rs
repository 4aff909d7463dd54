// SPDX-License-Identifier: GPL-2.0

//! Sockets that are brought into a state of the table (`tools/ipntest/states/states.txt`), as
//! `tools/ipntest/src/states/stage.rs` does it in the guest.

use crate::{
    abi::uapi::*,
    caller::Socket,
    rust::{
        fs::path, glue::netdev::NetDevice, mm::mmap::NewMapping, net::family::Family,
        task::current as task,
    },
    socket::Endpoint,
    world::IPN_TERMINATE,
};

/// Where the network is.
pub(crate) const OWN: &str = "/net";

/// A message of seven bytes.
const MESSAGE: &[u8] = b"message";

/// The states that there are here. A device is one that does nothing, and a switch with the defaults is larger
/// than a network may be.
pub(crate) const STATES: [&str; 30] = [
    "fresh",
    "deaf-mute",
    "created",
    "bound",
    "unlinked",
    "member",
    "manager",
    "message",
    "empty",
    "records",
    "told",
    "filtered",
    "deaf",
    "mute",
    "shut",
    "deaf-oob",
    "lossless",
    "full",
    "overrun",
    "mapped",
    "tap",
    "tap-ended",
    "managing-ended",
    "ended",
    "last",
    "full-ended",
    "shut-ended",
    "mapped-ended",
    "stale",
    "grabbed",
];

/// A socket, and those that keep it in its state.
pub(crate) struct Stage {
    pub(crate) sock: Socket,
    _others: Vec<Socket>,
}

fn open() -> Socket {
    Socket::open(IPN_BROADCAST as i32).unwrap()
}

fn end(sock: &Socket) {
    sock.request(IPN_TERMINATE, 0).unwrap();
}

fn manager() -> Socket {
    let new = Socket::open(0).unwrap();
    new.bind(OWN).unwrap();
    new
}

fn made(options: &[(u32, i32)]) -> Socket {
    Socket::made(OWN, IPN_BROADCAST, options)
}

/// Takes the network's name away.
fn unlink() {
    path::unlink(c"/net").unwrap();
}

/// A port of a hub in one of those states that begin with one, and its maker.
fn port(state: &str) -> (Socket, Vec<Socket>) {
    let lossless = |pool| {
        vec![
            (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS as i32),
            (IPN_SO_MSGPOOLSIZE, pool),
        ]
    };
    let options = match state {
        "lossless" => lossless(4),
        "full" | "full-ended" => lossless(1),
        "overrun" => vec![(IPN_SO_MSGPOOLSIZE, 2)],
        _ => Vec::new(),
    };
    let mut others = vec![made(&options)];
    let sock = Socket::joined(OWN);
    let mut say = |message: &[u8]| {
        let writer = open();
        writer.shut(0).unwrap();
        writer.connect(OWN).unwrap();
        writer.send(message, 0).unwrap();
        others.push(writer);
    };
    match state.trim_end_matches("-ended") {
        "message" | "last" => say(MESSAGE),
        "empty" => say(b""),
        "records" => {
            sock.set(IPN_SO_RECORDS, 1).unwrap();
            say(MESSAGE);
        }
        "filtered" => {
            sock.sock().attach_filter(|_| 0);
            task::call(|| Endpoint::has_filter(sock.sock()));
            say(MESSAGE);
        }
        "overrun" => (0..5).for_each(|_| say(MESSAGE)),
        "told" => {
            sock.set(IPN_SO_HANDLE_OOB, 1).unwrap();
            sock.set(IPN_SO_WANT_OOB_NUMNODES, 1).unwrap();
            others.push(Socket::joined(OWN));
        }
        "deaf" => sock.shut(0).unwrap(),
        "mute" => sock.shut(1).unwrap(),
        "shut" => sock.shut(2).unwrap(),
        "deaf-oob" => {
            sock.shut(0).unwrap();
            sock.set(IPN_SO_HANDLE_OOB, 1).unwrap();
        }
        "full" => {
            let reader = open();
            reader.shut(1).unwrap();
            reader.connect(OWN).unwrap();
            sock.send(MESSAGE, 0).unwrap();
            others.push(reader);
        }
        "mapped" => {
            for part in [IPN_MAP_RING, IPN_MAP_CURSOR] {
                Endpoint::map(sock.sock(), &NewMapping::new(part)).unwrap();
            }
        }
        "stale" => unlink(),
        "member" | "lossless" | "ended" => {}
        other => panic!("stage.rs does not know the state {other}"),
    }
    if state == "last" || state.ends_with("ended") {
        end(&others[0]);
    }
    (sock, others)
}

/// A socket in this state.
pub(crate) fn set(state: &str) -> Stage {
    // What calls on another have left.
    for name in [c"/net", c"/none"] {
        let _ = path::unlink(name);
    }
    let (sock, others) = match state {
        "fresh" => (open(), Vec::new()),
        "deaf-mute" => {
            let sock = open();
            sock.shut(2).unwrap();
            (sock, Vec::new())
        }
        "created" => (made(&[]), Vec::new()),
        "unlinked" => {
            let sock = made(&[]);
            unlink();
            (sock, Vec::new())
        }
        "bound" | "managing-ended" | "manager" => {
            let maker = made(&[]);
            let sock = manager();
            match state {
                "manager" => sock.connect("").unwrap(),
                "managing-ended" => end(&sock),
                _ => {}
            }
            (sock, vec![maker])
        }
        "tap" | "grabbed" | "tap-ended" => {
            let maker = made(&[]);
            let sock = manager();
            sock.connect("").unwrap();
            sock.sock().device.put(NetDevice::default()).unwrap();
            if state == "tap-ended" {
                end(&sock);
            }
            (sock, vec![maker])
        }
        state => port(state),
    };
    Stage {
        sock,
        _others: others,
    }
}
