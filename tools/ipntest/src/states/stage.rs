// SPDX-License-Identifier: GPL-2.0
//! Sockets that are brought into a state of the table.

use crate::abi::*;
use crate::device::lab::{about, grab, own_network, tap, veth};
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::task::wait_until;
use crate::mapping::lab::{map_cursor, map_head};
use crate::switch::lab::load_switch;
use crate::sys::bpf;
use crate::sys::netdev;
use crate::sys::socket::{socket, socketpair, Addr, Sock};
use crate::sysfs::lab::value;
use std::any::Any;
use std::fs;
use std::path::PathBuf;

/// Refuses every message.
const NOTHING: [bpf::Instruction; 1] = [(0x06, 0, 0, 0)];

/// A message of seven bytes.
pub const MESSAGE: &[u8] = b"message";

/// A socket, and what keeps it in its state.
pub struct Stage {
    /// The socket that calls are made on.
    pub sock: Sock,
    /// The name of its network, or its own.
    pub own: Addr,
    /// The device that it has to do with.
    pub device: String,
    /// Where its network is.
    pub path: PathBuf,
    /// Another port of its network, or the other end of its pair.
    peer: Option<Sock>,
    kept: Vec<Box<dyn Any>>,
}

impl Stage {
    /// Has another port there, if there can be one.
    pub fn find_peer(&mut self) {
        let domain = self.sock.get_int(libc::SOL_SOCKET, libc::SO_DOMAIN);
        if self.peer.is_none() && domain.is_ok_and(|domain| domain == AF_IPN) {
            let peer = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
            self.peer = peer.connect(&self.own).is_ok().then_some(peer);
        }
    }

    /// It sends, if it has room and may.
    pub fn peer_sends(&self, message: &[u8]) {
        let flags = NOW | libc::MSG_NOSIGNAL;
        let sent = self.peer.as_ref().map(|peer| peer.send(message, flags));
        drop(sent);
    }

    /// It receives all that waits.
    pub fn peer_reads(&self) {
        let Some(peer) = &self.peer else { return };
        // No more than there can be: what comes for it stays.
        let most = peer
            .get(IPN_SO_MSGPOOLSIZE)
            .map_or(usize::MAX, |pool| pool as usize);
        let mut reads = (0..most).map(|_| peer.recv(&mut [0; 64], NOW).is_ok_and(|len| len != 0));
        while reads.next() == Some(true) {}
    }

    /// It is closed.
    pub fn peer_leaves(&mut self) {
        self.peer = None;
    }

    /// The network ends, or what comes next to it: the other end shuts both directions.
    pub fn end(&self) {
        let kept = self.kept.iter();
        let managers = kept.filter_map(|kept| kept.downcast_ref::<Sock>());
        let mut able = [&self.sock].into_iter().chain(managers);
        if !able.any(|sock| sock.ioctl(IPN_TERMINATE).is_ok()) {
            let shut = self
                .peer
                .as_ref()
                .map(|peer| peer.shutdown(libc::SHUT_RDWR));
            drop(shut);
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What a call has made persistent would stay.
        let _ = about(&self.sock, IPN_CLRPERSIST_NETDEV, &self.device);
        // They may be gone, or never were.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(self.path.with_extension("none"));
    }
}

/// A network, with what is kept of it.
struct Scene {
    bus: Bus,
    peer: Option<Sock>,
    kept: Vec<Box<dyn Any>>,
}

impl Scene {
    fn keep(&mut self, sock: Sock) -> Sock {
        self.kept.push(Box::new(sock.clone()));
        sock
    }

    /// The network, made by another.
    fn made(&mut self, options: &[(i32, i32)]) -> Sock {
        let sock = self.bus.manage_new(options);
        self.keep(sock)
    }

    /// A port of a network with these options that another has made; and that other.
    fn port(&mut self, options: &[(i32, i32)]) -> (Sock, Sock) {
        let keeper = self.made(options);
        (self.bus.join(), keeper)
    }

    /// A port whose network another port has sent this on.
    fn hearer(&mut self, message: &[u8], prepare: impl FnOnce(&Sock)) -> Sock {
        let (sock, _) = self.port(&[]);
        prepare(&sock);
        let writer = self.bus.writer();
        say(&self.keep(writer), message);
        sock
    }

    /// A port of a reliable bus with these options.
    fn reliable(&mut self, options: &[(i32, i32)]) -> Sock {
        let keeper = open_rdm();
        for (option, value) in options {
            ok("an option", keeper.set(*option, *value));
        }
        ok("bind", keeper.bind(&self.bus.addr));
        self.keep(keeper);
        let sock = open_rdm();
        ok("connect", sock.connect(&self.bus.addr));
        sock
    }

    fn tap(&mut self, device: &str) -> Sock {
        self.made(&[]);
        let sock = self.bus.manage();
        ok("a tap", tap(&sock, device));
        sock
    }
}

/// A socket that makes and joins reliable buses.
#[track_caller]
fn open_rdm() -> Sock {
    ok("socket", socket(AF_IPN, libc::SOCK_RDM, IPN_ANY))
}

fn shut(sock: Sock, how: i32) -> Sock {
    ok("shutdown", sock.shutdown(how));
    sock
}

fn handles_oob(sock: &Sock) {
    ok("IPN_SO_HANDLE_OOB", sock.set(IPN_SO_HANDLE_OOB, 1));
}

fn end(sock: &Sock) {
    ok("IPN_TERMINATE", sock.ioctl(IPN_TERMINATE));
}

/// A socket of the family in this state, on a network that is called `name`.
#[track_caller]
pub fn set(state: &str, name: &str) -> Stage {
    let bus = Bus::named(name);
    let (path, own) = (bus.path.clone(), bus.addr.clone());
    let mut scene = Scene {
        bus,
        peer: None,
        kept: Vec::new(),
    };
    let s = &mut scene;
    let device = match state {
        "grabbed" => "v0".into(),
        _ => format!("t{name}"),
    };
    let sock = match state {
        "fresh" => open(),
        "deaf-mute" => shut(open(), libc::SHUT_RDWR),
        "created" => s.bus.manage_new(&[]),
        "bound" => {
            s.made(&[]);
            s.bus.manage()
        }
        "unlinked" => {
            let sock = s.bus.manage_new(&[]);
            ok("unlink", fs::remove_file(&path));
            sock
        }
        "member" => s.port(&[]).0,
        "manager" => {
            s.made(&[]);
            let sock = s.bus.manage();
            ok("connect", sock.connect(&Addr::null(0)));
            sock
        }
        "message" => s.hearer(MESSAGE, |_| {}),
        "empty" => s.hearer(b"", |_| {}),
        "records" => s.hearer(MESSAGE, |sock| {
            ok("IPN_SO_RECORDS", sock.set(IPN_SO_RECORDS, 1));
        }),
        "nonblock" => {
            let sock = s.port(&[]).0;
            ok("O_NONBLOCK", sock.set_status_flag(libc::O_NONBLOCK, true));
            sock
        }
        "told" => {
            let sock = s.port(&[]).0;
            handles_oob(&sock);
            ok(
                "IPN_SO_WANT_OOB_NUMNODES",
                sock.set(IPN_SO_WANT_OOB_NUMNODES, 1),
            );
            let other = s.bus.join();
            s.keep(other);
            sock
        }
        "filtered" => s.hearer(MESSAGE, |sock| {
            ok("SO_ATTACH_FILTER", bpf::attach(sock, &NOTHING));
        }),
        "deaf" => shut(s.port(&[]).0, libc::SHUT_RD),
        "mute" => shut(s.port(&[]).0, libc::SHUT_WR),
        "shut" => shut(s.port(&[]).0, libc::SHUT_RDWR),
        "shut-ended" => {
            let (sock, keeper) = s.port(&[]);
            end(&keeper);
            shut(sock, libc::SHUT_RDWR)
        }
        "deaf-oob" => {
            let sock = shut(s.port(&[]).0, libc::SHUT_RD);
            handles_oob(&sock);
            sock
        }
        "lossless" => s.port(&lossless(4)).0,
        "full" | "full-ended" => {
            let (sock, keeper) = s.port(&lossless(1));
            s.peer = Some(s.bus.reader());
            say(&sock, MESSAGE);
            if state == "full-ended" {
                end(&keeper);
            }
            sock
        }
        "overrun" => {
            let sock = s.port(&[(IPN_SO_MSGPOOLSIZE, 2)]).0;
            let writer = s.bus.writer();
            (0..5).for_each(|_| say(&writer, MESSAGE));
            s.keep(writer);
            sock
        }
        "mapped" | "mapped-ended" => {
            let (sock, keeper) = s.port(&[]);
            s.kept.push(Box::new(ok("the ring", map_head(&sock))));
            s.kept.push(Box::new(ok("the cursor", map_cursor(&sock))));
            if state == "mapped-ended" {
                end(&keeper);
            }
            sock
        }
        "tap" => s.tap(&device),
        "grabbed" => {
            s.made(&[]);
            let sock = s.bus.manage();
            ok("a grab", grab(&sock, &device));
            sock
        }
        "gone" => {
            let sock = s.tap(&device);
            gone(&s.bus, &device);
            sock
        }
        "tap-ended" => {
            let sock = s.tap(&device);
            end(&sock);
            sock
        }
        "joined" | "joined-gone" | "joined-ended" => {
            let first = s.tap(&device);
            ok("IPN_SETPERSIST", first.ioctl_number(IPN_SETPERSIST, 1));
            drop(first);
            let sock = s.bus.manage();
            ok("IPN_JOIN_NETDEV", about(&sock, IPN_JOIN_NETDEV, &device));
            ok("IPN_SETPERSIST 0", sock.ioctl_number(IPN_SETPERSIST, 0));
            match state {
                "joined-gone" => gone(&s.bus, &device),
                "joined-ended" => end(&sock),
                _ => {}
            }
            sock
        }
        "managing-ended" => {
            s.made(&[]);
            let sock = s.bus.manage();
            end(&sock);
            sock
        }
        "ended" => {
            let (sock, keeper) = s.port(&[]);
            end(&keeper);
            sock
        }
        "last" => {
            let (sock, keeper) = s.port(&[]);
            say(&s.bus.writer(), MESSAGE);
            end(&keeper);
            sock
        }
        "switch" => {
            let open = |protocol| ok("socket", socket(AF_IPN, libc::SOCK_RAW, protocol));
            let keeper = s.keep(open(IPN_VDESWITCH));
            ok("bind", keeper.bind(&own));
            let sock = open(IPN_ANY);
            ok("connect", sock.connect(&own));
            sock
        }
        "rdm" => open_rdm(),
        "reliable" => s.reliable(&[]),
        "reset" => {
            let sock = s.reliable(&[(IPN_SO_WINDOW, 0), (IPN_SO_MSGPOOLSIZE, 2)]);
            let writer = s.bus.writer();
            (0..5).for_each(|_| say(&writer, MESSAGE));
            s.keep(writer);
            sock
        }
        "stale" => {
            let sock = s.port(&[]).0;
            s.peer = Some(s.bus.join());
            ok("unlink", fs::remove_file(&path));
            sock
        }
        other => panic!("src/states/stage.rs does not know the state {other}"),
    };
    Stage {
        sock,
        own,
        device,
        path,
        peer: scene.peer,
        kept: scene.kept,
    }
}

/// `ip link del`, without the time that a program takes.
fn delete_link(device: &str) {
    let netlink = ok(
        "netlink",
        socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE),
    );
    let index = ok("the device's number", netdev::index(device));
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK;
    // A `struct nlmsghdr` and a `struct ifinfomsg`.
    let kind = (flags << 16) | i32::from(libc::RTM_DELLINK);
    let request = [32, kind, 1, 0, 0, index, 0, 0].map(i32::to_ne_bytes);
    ok("RTM_DELLINK", netlink.send(request.as_flattened(), 0));
    let mut answer = [0; 64];
    ok("its answer", netlink.recv(&mut answer, 0));
    same("error of RTM_DELLINK", answer[16..20].to_vec(), vec![0; 4]);
}

/// The only device of a network goes.
fn gone(bus: &Bus, device: &str) {
    delete_link(device);
    wait_until("it has left the network", || value(bus, "used") == "0");
}

/// What states of the table need of the host.
pub fn prepare() {
    own_network();
    veth();
    load_switch();
}

/// A socket of AF_UNIX in this state of those in the table's third column.
#[track_caller]
pub fn set_unix(state: &str, name: &str) -> Stage {
    let bus = Bus::named(name);
    let own = bus.addr.clone().with_family(libc::AF_UNIX);
    let kind = libc::SOCK_SEQPACKET;
    let fresh = || ok("socket", socket(libc::AF_UNIX, kind, 0));
    let (one, other) = ok("socketpair", socketpair(libc::AF_UNIX, kind, 0));
    let sock = match state {
        "fresh" => fresh(),
        "bound" => {
            let sock = fresh();
            ok("bind", sock.bind(&own));
            sock
        }
        "pair" => one.clone(),
        "message" => {
            say(&other, MESSAGE);
            one.clone()
        }
        "empty" => {
            say(&other, b"");
            one.clone()
        }
        "nonblock" => {
            ok("O_NONBLOCK", one.set_status_flag(libc::O_NONBLOCK, true));
            one.clone()
        }
        "deaf" => shut(one.clone(), libc::SHUT_RD),
        "mute" => shut(one.clone(), libc::SHUT_WR),
        "shut" => shut(one.clone(), libc::SHUT_RDWR),
        "full" => {
            ok("SO_SNDBUF", one.set_generic(libc::SO_SNDBUF, 4608));
            while one.send(MESSAGE, NOW).is_ok() {}
            one.clone()
        }
        "ended" => one.clone(),
        "last" => {
            say(&other, MESSAGE);
            one.clone()
        }
        state => panic!("src/states/stage.rs does not know the state {state} of AF_UNIX"),
    };
    Stage {
        sock,
        own,
        device: name.into(),
        path: bus.path,
        peer: (!matches!(state, "ended" | "last")).then_some(other),
        kept: Vec::new(),
    }
}
