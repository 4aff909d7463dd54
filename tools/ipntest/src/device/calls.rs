// SPDX-License-Identifier: GPL-2.0
//! Every call on the socket of a device, in every state of that: it answers what af_ipn(7) says, and
//! takes no frame from the device.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{describe, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::sys::bpf;
use crate::sys::mapping::Area;
use crate::sys::message::Control;
use crate::sys::netdev::Request;
use crate::sys::poll::poll;
use crate::sys::process::pipe;
use crate::sys::signal;
use crate::sys::socket::{Addr, Sock};
use crate::sys::uring::Uring;
use crate::sysfs::lab::value;
use std::fs::File;
use std::io;
use std::iter;
use std::os::fd::AsRawFd;

cases!["device_calls":
    each_answers_what_the_manual_says @ 60,
];

/// How far a device and the socket that is called have come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// The socket's port is an interface.
    Tap,
    /// The socket's port is a device that was there.
    Grabbed,
    /// The socket serves an interface that had stayed.
    Joined,
    /// The socket's interface was deleted.
    Gone,
    /// The socket's port is an interface of a network that was terminated.
    Ended,
}

use State::{Ended, Gone, Grabbed, Joined, Tap};

const STATES: [State; 5] = [Tap, Grabbed, Joined, Gone, Ended];

/// A network in one state, and the socket that calls are made on.
pub struct Stage {
    /// The network.
    pub bus: Bus,
    /// The socket that calls are made on.
    pub sock: Sock,
    /// The device's name.
    pub device: &'static str,
    /// Hears the device's frames where they leave the network.
    far: Option<Sock>,
    /// A port of the same network.
    pub port: Sock,
    _keeper: Sock,
}

impl Stage {
    /// A network in this state.
    #[track_caller]
    pub fn set(state: State) -> Stage {
        let bus = Bus::named(&format!("{state:?}"));
        let keeper = bus.manage_new(&[]);
        let port = bus.join();
        let mut sock = bus.manage();
        let (device, far) = match state {
            Grabbed => {
                let [device, peer] = veth();
                ok("a grab", grab(&sock, device));
                (device, Some(listener(peer)))
            }
            _ => {
                tap_up(&sock, "ipn0");
                ("ipn0", Some(listener("ipn0")))
            }
        };
        match state {
            Joined => {
                ok("IPN_SETPERSIST", sock.ioctl_number(IPN_SETPERSIST, 1));
                sock = bus.manage();
                ok("IPN_JOIN_NETDEV", about(&sock, IPN_JOIN_NETDEV, device));
                ok("IPN_SETPERSIST 0", sock.ioctl_number(IPN_SETPERSIST, 0));
            }
            Gone => {
                ip("link del ipn0");
                wait_until("it has left the network", || value(&bus, "used") == "1");
            }
            Ended => ok("IPN_TERMINATE", keeper.ioctl(IPN_TERMINATE).map(drop)),
            Tap | Grabbed => {}
        }
        let stage = Stage {
            far: far.filter(|_| !matches!(state, Gone | Ended)),
            bus,
            sock,
            device,
            port,
            _keeper: keeper,
        };
        // A link that has just come up takes its time to send.
        if let Some(far) = &stage.far {
            wait_until("it carries frames", || {
                say(&stage.port, &frame(0, 60));
                next(far, PROTOCOL, 100).is_some()
            });
        }
        stage
    }

    /// The device carries frames, if it did before.
    #[track_caller]
    fn carries(&self, number: u32, what: &str) {
        if let Some(far) = &self.far {
            say(&self.port, &frame(number, 60));
            let heard = iter::from_fn(|| next(far, PROTOCOL, soon_in_ms()));
            // Some of those before may be there still.
            let got = heard.map(|frame| number_in(&frame)).find(|&got| got != 0);
            same(format_args!("frame after {what}"), got, Some(number));
        }
    }
}

/// What a call answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    /// Success, with this value.
    Is(i64),
    /// This errno.
    No(i32),
}

use Answer::{Is, No};

/// What is called, how, and what it answers in each of [`STATES`].
type Row = (&'static str, fn(&Stage) -> io::Result<i64>, [Answer; 5]);

/// The same in all states.
const fn all(answer: Answer) -> [Answer; 5] {
    [answer; 5]
}

/// A socket that joined has no port; others have one that is a device.
const NO_MESSAGES: [Answer; 5] = [
    No(libc::EOPNOTSUPP),
    No(libc::EOPNOTSUPP),
    No(libc::ENOTCONN),
    No(libc::EOPNOTSUPP),
    No(libc::EOPNOTSUPP),
];

/// A socket whose device has gone is on no network.
const ON_A_NETWORK: [Answer; 5] = [Is(0), Is(0), Is(0), No(libc::ENOTCONN), Is(0)];

const FOR_A_DEVICE: [Answer; 5] = [Is(0), Is(0), Is(0), No(libc::ENODEV), Is(0)];
const BY_NAME: [Answer; 5] = [Is(0), Is(0), Is(0), No(libc::EADDRNOTAVAIL), Is(0)];
const OF_AN_INTERFACE: [Answer; 5] = [
    Is(0),
    No(libc::EADDRNOTAVAIL),
    No(libc::EADDRNOTAVAIL),
    No(libc::EADDRNOTAVAIL),
    Is(0),
];

/// What poll says of the end.
pub const END: i64 = (libc::POLLIN | libc::POLLRDNORM | libc::POLLRDHUP | libc::POLLHUP) as i64;
const THE_END: [Answer; 5] = [Is(0), Is(0), Is(0), Is(END), Is(END)];

const SIOCATMARK: Ioctl = 0x8905;
const SIOCGSTAMP: Ioctl = 0x8906;
const SIOCGPGRP: Ioctl = 0x8904;

fn recv(stage: &Stage, flags: i32) -> io::Result<i64> {
    let mut buffer = [0; 2048];
    stage.sock.recv(&mut buffer, flags).map(|len| len as i64)
}

fn send(stage: &Stage, flags: i32) -> io::Result<i64> {
    stage.sock.send(&frame(0, 60), flags).map(|len| len as i64)
}

/// What the one request of a ring of io_uring ends with.
fn completes(start: impl FnOnce(&mut Uring) -> io::Result<()>) -> io::Result<i64> {
    let mut ring = Uring::new()?;
    start(&mut ring)?;
    let mut ended = ring.wait(1, soon_in_ms())?;
    let ended = ended.pop().expect("the request ends");
    ended.result.map(|len| len as i64)
}

fn map(stage: &Stage, access: i32, offset: i64) -> io::Result<i64> {
    Area::map(&stage.sock, 4096, access, libc::MAP_SHARED, offset).map(|_| 0)
}

fn set(stage: &Stage, option: i32, value: i32) -> io::Result<i64> {
    stage.sock.set(option, value).map(|()| 0)
}

fn get(stage: &Stage, option: i32) -> io::Result<i64> {
    stage.sock.get(option).map(i64::from)
}

fn set_generic(stage: &Stage, option: i32, value: i32) -> io::Result<i64> {
    stage.sock.set_generic(option, value).map(|()| 0)
}

fn get_generic(stage: &Stage, option: i32) -> io::Result<i64> {
    stage.sock.get_int(libc::SOL_SOCKET, option).map(i64::from)
}

fn ioctl_int(stage: &Stage, request: Ioctl) -> io::Result<i64> {
    stage.sock.ioctl_int(request).map(i64::from)
}

fn named(stage: &Stage, request: Ioctl) -> io::Result<i64> {
    about(&stage.sock, request, stage.device).map(|()| 0)
}

/// Refuses every message.
pub const NOTHING: [bpf::Instruction; 1] = [(0x06, 0, 0, 0)];

/// A table, a line for each call.
macro_rules! rows {
    ($($what:literal => $call:expr => $answers:expr,)*) => { &[$(($what, $call, $answers)),*] };
}

const ROWS: &[Row] = rows! {
    "recv" => |s| recv(s, NOW) => NO_MESSAGES,
    "recv that may wait" => |s| recv(s, 0) => NO_MESSAGES,
    "peek" => |s| recv(s, NOW | libc::MSG_PEEK) => NO_MESSAGES,
    "recv of a length" => |s| recv(s, NOW | libc::MSG_TRUNC) => NO_MESSAGES,
    "recv out of band" => |s| recv(s, NOW | libc::MSG_OOB) => NO_MESSAGES,
    "recv of errors" => |s| recv(s, NOW | libc::MSG_ERRQUEUE) => NO_MESSAGES,
    "recv to nowhere" => |s| s.sock.recv_to_nowhere(9, NOW).map(|_| 0) => NO_MESSAGES,
    "recvmsg" => |s| s.sock.recvmsg(64, NOW).map(|_| 0) => NO_MESSAGES,
    "recvmmsg" => |s| s.sock.recvmmsg(2, 64, NOW, None).map(|_| 0) => NO_MESSAGES,
    "read" => |s| s.sock.read(&mut [0; 64]).map(|_| 0) => NO_MESSAGES,
    "splice" =>
        |s| { let (_from, into) = pipe()?; s.sock.splice_to(&into, 64).map(|_| 0) } =>
        NO_MESSAGES,
    "recv by io_uring" => |s| completes(|ring| ring.recv(&s.sock, 64, 0, 0)) => NO_MESSAGES,
    "send" => |s| send(s, NOW) => NO_MESSAGES,
    "send that may wait" => |s| send(s, 0) => NO_MESSAGES,
    "send out of band" => |s| send(s, NOW | libc::MSG_OOB) => NO_MESSAGES,
    "send of nothing" => |s| s.sock.send(b"", NOW).map(|_| 0) => NO_MESSAGES,
    "send over the MTU" => |s| s.sock.send(&[0; 2000], NOW).map(|_| 0) => NO_MESSAGES,
    "sendto" => |s| s.sock.sendto(b"x", NOW, &s.bus.addr).map(|_| 0) => NO_MESSAGES,
    "sendmsg with a descriptor" =>
        |s| {
            let control = [Control::rights(s.port.as_raw_fd())];
            s.sock.sendmsg(&[b"x"], &control, None, NOW).map(|_| 0)
        } =>
        NO_MESSAGES,
    "sendmmsg" => |s| s.sock.sendmmsg(&[b"x", b"y"], NOW).map(|_| 0) => NO_MESSAGES,
    "write" => |s| s.sock.write(b"x").map(|_| 0) => NO_MESSAGES,
    "sendfile" =>
        |s| { s.sock.sendfile(&File::open("/proc/self/exe")?, 60).map(|_| 0) } =>
        NO_MESSAGES,
    "send by io_uring" => |s| completes(|ring| ring.send(&s.sock, b"x", 0, 0)) => NO_MESSAGES,
    "mmap of the ring" => |s| map(s, libc::PROT_READ, IPN_MAP_RING) => NO_MESSAGES,
    "mmap of the cursor" =>
        |s| map(s, libc::PROT_READ | libc::PROT_WRITE, IPN_MAP_CURSOR) =>
        NO_MESSAGES,
    "poll" => |s| poll(&s.sock, !0, 0).map(i64::from) => THE_END,
    "poll that waits" => |s| poll(&s.sock, !0, 1).map(i64::from) => THE_END,
    "FIONREAD" => |s| ioctl_int(s, libc::FIONREAD) => all(Is(0)),
    "SIOCOUTQ" => |s| ioctl_int(s, libc::TIOCOUTQ) => all(No(libc::ENOTTY)),
    "SIOCATMARK" => |s| ioctl_int(s, SIOCATMARK) => all(No(libc::ENOTTY)),
    "SIOCGSTAMP" => |s| s.sock.ioctl(SIOCGSTAMP).map(i64::from) => all(No(libc::ENOENT)),
    "SIOCGPGRP" => |s| ioctl_int(s, SIOCGPGRP) => all(Is(0)),
    "getsockname" => |s| s.sock.name(128).map(|n| n.family.into()) => all(Is(AF_IPN as i64)),
    "getpeername" => |s| s.sock.peer_name(128).map(|n| n.family.into()) => all(Is(AF_IPN as i64)),
    "bind" => |s| s.sock.bind(&s.bus.addr).map(|_| 0) => all(No(libc::EISCONN)),
    "connect" => |s| s.sock.connect(&Addr::null(0)).map(|_| 0) => all(No(libc::EISCONN)),
    "connect by name" => |s| s.sock.connect(&s.bus.addr).map(|_| 0) => all(No(libc::EISCONN)),
    "listen" => |s| s.sock.listen().map(|_| 0) => all(No(libc::EOPNOTSUPP)),
    "accept" => |s| s.sock.accept().map(|_| 0) => all(No(libc::EOPNOTSUPP)),
    "shutdown(3)" => |s| s.sock.shutdown(3).map(|_| 0) => all(No(libc::EINVAL)),
    "IPN_CHECK" => |s| s.sock.ioctl(IPN_CHECK).map(i64::from) => all(Is(IPN_CHECK as i64)),
    "IPN_CONN_NETDEV" => |s| tap(&s.sock, "other").map(|_| 0) => all(No(libc::EISCONN)),
    "IPN_JOIN_NETDEV" => |s| named(s, IPN_JOIN_NETDEV) => all(No(libc::EISCONN)),
    "IPN_SETPERSIST 1" => |s| s.sock.ioctl_number(IPN_SETPERSIST, 1).map(|_| 0) => FOR_A_DEVICE,
    "IPN_SETPERSIST 0" => |s| s.sock.ioctl_number(IPN_SETPERSIST, 0).map(|_| 0) => FOR_A_DEVICE,
    "IPN_SETPERSIST_NETDEV" => |s| named(s, IPN_SETPERSIST_NETDEV) => BY_NAME,
    "IPN_CLRPERSIST_NETDEV" => |s| named(s, IPN_CLRPERSIST_NETDEV) => BY_NAME,
    "SIOCSIFHWADDR" =>
        |s| {
            let mut request = Request::default().with_address(STATION);
            s.sock.request(SIOCSIFHWADDR, &mut request).map(|_| 0)
        } =>
        OF_AN_INTERFACE,
    "SIOCGIFMTU" =>
        |s| { s.sock.request(libc::SIOCGIFMTU, &mut Request::of(s.device)).map(|_| 0) } =>
        all(No(libc::ENOTTY)),
    "an unknown request" => |s| s.sock.ioctl(0x49ff).map(i64::from) => all(No(libc::ENOTTY)),
    "a character device" =>
        |s| s.sock.ioctl(CHARACTER_DEVICE_REQUESTS[0].1).map(i64::from) =>
        all(No(libc::EOPNOTSUPP)),
    "IPN_SO_PORT" => |s| get(s, IPN_SO_PORT) => [Is(1), Is(1), Is(1), Is(-1), Is(1)],
    "setting IPN_SO_PORT" => |s| set(s, IPN_SO_PORT, 5) => all(No(libc::EISCONN)),
    "setting IPN_SO_DESCR" =>
        |s| { s.sock.setsockopt(LEVEL, IPN_SO_DESCR, b"a device\0").map(|_| 0) } =>
        all(Is(0)),
    "IPN_SO_DESCR" =>
        |s| { s.sock.getsockopt(LEVEL, IPN_SO_DESCR, 128).map(|text| text.len() as i64) } =>
        all(Is(9)),
    "IPN_SO_CHANGE_NUMNODES" => |s| get(s, IPN_SO_CHANGE_NUMNODES).map(|n| n - 64) => ON_A_NETWORK,
    "setting IPN_SO_CHANGE_NUMNODES" => |s| set(s, IPN_SO_CHANGE_NUMNODES, 64) => ON_A_NETWORK,
    "IPN_SO_MTU" => |s| get(s, IPN_SO_MTU) => all(Is(1514)),
    "setting IPN_SO_MTU" => |s| set(s, IPN_SO_MTU, 1514) => all(No(libc::EISCONN)),
    "setting IPN_SO_FLAGS" => |s| set(s, IPN_SO_FLAGS, 0) => all(No(libc::EISCONN)),
    "IPN_SO_HANDLE_OOB" => |s| set(s, IPN_SO_HANDLE_OOB, 1) => all(Is(0)),
    "IPN_SO_WANT_OOB_NUMNODES" => |s| set(s, IPN_SO_WANT_OOB_NUMNODES, 1) => all(Is(0)),
    "FIONREAD once it was told out of band" =>
        |s| { let _ = open().connect(&s.bus.addr); ioctl_int(s, libc::FIONREAD) } =>
        all(Is(0)),
    "poll once it was told out of band" => |s| poll(&s.sock, !0, 0).map(i64::from) => THE_END,
    "an unknown option" => |s| set(s, 77, 1) => all(No(libc::ENOPROTOOPT)),
    "an unknown level" => |s| s.sock.get_int(99, 1).map(i64::from) => all(No(libc::ENOPROTOOPT)),
    "SO_ATTACH_FILTER" => |s| bpf::attach(&s.sock, &NOTHING).map(|_| 0) => all(Is(0)),
    "poll with a filter" => |s| poll(&s.sock, !0, 0).map(i64::from) => THE_END,
    "FIONREAD with a filter" => |s| ioctl_int(s, libc::FIONREAD) => all(Is(0)),
    "SO_DETACH_FILTER" => |s| set_generic(s, libc::SO_DETACH_FILTER, 0) => all(Is(0)),
    "SO_RCVBUF" => |s| set_generic(s, libc::SO_RCVBUF, 1) => all(Is(0)),
    "SO_SNDBUF" => |s| set_generic(s, libc::SO_SNDBUF, 1 << 16) => all(Is(0)),
    "SO_RCVLOWAT" => |s| set_generic(s, libc::SO_RCVLOWAT, 1 << 20) => all(Is(0)),
    "SO_PEEK_OFF" => |s| set_generic(s, libc::SO_PEEK_OFF, 0) => all(No(libc::EOPNOTSUPP)),
    "SO_TIMESTAMP" => |s| set_generic(s, libc::SO_TIMESTAMP, 1) => all(Is(0)),
    "SO_RXQ_OVFL" => |s| set_generic(s, libc::SO_RXQ_OVFL, 1) => all(Is(0)),
    "SO_BUSY_POLL" => |s| set_generic(s, libc::SO_BUSY_POLL, 100) => all(Is(0)),
    "poll that is busy" => |s| poll(&s.sock, !0, 1).map(i64::from) => THE_END,
    "SO_INCOMING_NAPI_ID" => |s| get_generic(s, libc::SO_INCOMING_NAPI_ID) => all(Is(0)),
    "SO_MEMINFO" =>
        |s| {
            let told = s.sock.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64)?;
            Ok(told.rchunks_exact(4).next().map_or(-1, |last| i64::from(last[0])))
        } =>
        all(Is(0)),
    "SO_ERROR" => |s| get_generic(s, libc::SO_ERROR) => all(Is(0)),
    "SO_TYPE" => |s| get_generic(s, libc::SO_TYPE) => all(Is(libc::SOCK_RAW as i64)),
    "SO_DOMAIN" => |s| get_generic(s, libc::SO_DOMAIN) => all(Is(AF_IPN as i64)),
    "O_ASYNC" => |s| s.sock.set_status_flag(libc::O_ASYNC, true).map(|_| 0) => all(Is(0)),
    "O_NONBLOCK" => |s| s.sock.set_status_flag(libc::O_NONBLOCK, true).map(|_| 0) => all(Is(0)),
};

fn each_answers_what_the_manual_says() {
    own_network();
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    for (column, state) in STATES.into_iter().enumerate() {
        let stage = Stage::set(state);
        let before = find_counters(stage.device);
        for ((what, call, answers), number) in ROWS.iter().zip(1..) {
            let got = call(&stage);
            let said = got.as_ref().map_or_else(describe, i64::to_string);
            let got = match got {
                Ok(value) => Is(value),
                Err(error) => No(error.raw_os_error().unwrap_or(0)),
            };
            let what = format!("{what}, socket in state {state:?}: {said}");
            same(&what, got, answers[column]);
            stage.carries(number, &what);
        }
        let dropped = |c: &Option<Counters>| c.map(|c| (c.rx_dropped, c.tx_dropped));
        let after = find_counters(stage.device);
        same("dropped", dropped(&after), dropped(&before));
        drop(stage);
        if state == Grabbed {
            ip("link del v0");
        }
    }
}
