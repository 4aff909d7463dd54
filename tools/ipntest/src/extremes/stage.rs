// SPDX-License-Identifier: GPL-2.0
//! The network of a cell, made by the users whom it concerns: a sender, the receiver that the cell is
//! about, and a socket that receives beside it.

use super::messages::program;
use super::sizes::shaped;
use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::task::{Process, User as Person, COMRADE, OWNER, ROOT, STRANGER};
use crate::pace::soon;
use crate::sys::bpf;
use crate::sys::message::Control;
use crate::sys::privilege::{own_its_files, own_user_namespace};
use crate::sys::process;
use crate::sys::socket::{socket, socketpair, Addr, Sock};
use crate::sysfs::lab::value;
use ipnmatrix::cell::Numbers;
use ipnmatrix::dimension::{Filter, Kind, User};
use ipnmatrix::Cell;
use std::os::fd::AsRawFd;

/// The owner all, the group receives and sends, others receive.
pub const MODE: i32 = 0o764;

/// `IPN_PORTNO_ANY`.
const ANY_PORT: i32 = -1;

/// What a cell is tried on.
pub struct Stage {
    /// The cell.
    pub cell: Cell,
    /// Its numbers.
    pub numbers: Numbers,
    /// The network.
    pub bus: Bus,
    /// Who made it; without a port where there is but one, else the sender, or the device's socket.
    pub creator: Sock,
    /// Who receives.
    pub receiver: Receiver,
    /// Where there are ports for them: another who sends, and one who receives.
    pub others: Option<[Sock; 2]>,
}

/// The receiver that the cell is about.
pub enum Receiver {
    /// A socket.
    Socket(Sock),
    /// A device, which is the creator's port: its name, and a socket at the host's or the wire's end.
    Device(&'static str, Sock),
}

/// The person that the receiver is outside of all namespaces.
pub fn person(user: User) -> Person {
    match user {
        User::Owner | User::NamespaceRoot => OWNER,
        User::Group => COMRADE,
        User::Other => STRANGER,
        User::Root => ROOT,
    }
}

/// This process becomes the one who makes the network, in namespaces of its own where it needs them.
#[track_caller]
pub fn become_maker(cell: &Cell) {
    process::umask(0);
    match cell.user {
        User::Root if cell.kind.is_device() => own_network(),
        User::Root => (),
        User::NamespaceRoot => {
            OWNER.become_it();
            let others = libc::CLONE_NEWNET | libc::CLONE_NEWNS;
            ok("own namespaces", own_user_namespace(others));
            unspoken();
        }
        User::Owner | User::Group | User::Other => {
            OWNER.become_it();
            ok("prctl", own_its_files());
        }
    }
}

/// Runs a part in a process of the receiver's, which hands a socket back.
pub struct Elsewhere(Process, Sock);

impl Elsewhere {
    /// To be called while this process is root.
    #[track_caller]
    pub fn start(user: User, part: impl FnOnce() -> Sock) -> Self {
        let pair = socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0);
        let (ours, theirs) = ok("socketpair", pair);
        let process = Process::start(|line| {
            person(user).become_it();
            line.hear();
            let sock = part();
            let control = [Control::rights(sock.as_raw_fd())];
            let sent = theirs.sendmsg(&[b"x"], &control, None, 0);
            ok("passing the socket", sent);
        });
        Self(process, ours)
    }

    /// Has it done, now.
    #[track_caller]
    pub fn now(self) -> Sock {
        self.0.line.tell(0);
        self.0.ends_well();
        let received = ok("the socket", self.1.recvmsg(1, 0));
        let passed = received.rights().pop();
        Sock::from(passed.expect("it has been passed"))
    }
}

/// A socket for a network of either policy.
#[track_caller]
pub fn any() -> Sock {
    ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY))
}

/// A port with a number and a filter.
#[track_caller]
pub fn port(bus: &Bus, number: i32, filter: Filter) -> Sock {
    let sock = any();
    ok("IPN_SO_PORT", sock.set(IPN_SO_PORT, number));
    filters(&sock, filter);
    ok("SO_RXQ_OVFL", sock.set_generic(libc::SO_RXQ_OVFL, 1));
    ok("connect", sock.connect(&bus.addr));
    sock
}

/// Attaches a filter, if there is to be one.
#[track_caller]
pub fn filters(sock: &Sock, filter: Filter) {
    if filter != Filter::None {
        let attached = bpf::attach(sock, &program(filter));
        ok("SO_ATTACH_FILTER", attached);
    }
}

/// A device that is to be grabbed, and its peer, of an MTU that fills the network's.
#[track_caller]
pub fn cable(mtu: u32) -> [&'static str; 2] {
    let pair = veth();
    for device in pair {
        ip(&format!("link set {device} mtu {}", mtu - HEADER as u32));
    }
    pair
}

impl Stage {
    /// All of it.
    #[track_caller]
    pub fn new(cell: &Cell, numbers: Numbers) -> Self {
        let bus = Bus::new();
        let last = numbers.ports as i32 - 1;
        let joins = || port(&bus, last, cell.filter);
        let elsewhere = [User::Group, User::Other].contains(&cell.user);
        let elsewhere = elsewhere.then(|| Elsewhere::start(cell.user, joins));
        become_maker(cell);

        let creator = shaped(cell.policy, &numbers);
        ok("IPN_SO_MODE", creator.set(IPN_SO_MODE, MODE));
        ok("flags", creator.set(IPN_SO_FLAGS, cell.flags.value()));
        ok("bind", creator.bind(&bus.addr));
        let alone = numbers.ports == 1;
        let receiver = match (cell.kind, elsewhere) {
            (Kind::Tap | Kind::Grab, _) => {
                ok("IPN_SO_PORT", creator.set(IPN_SO_PORT, last));
                device(cell.kind, &creator, numbers.mtu)
            }
            (_, Some(elsewhere)) => Receiver::Socket(elsewhere.now()),
            _ => Receiver::Socket(joins()),
        };
        if let (Kind::Mapped, Receiver::Socket(sock)) = (cell.kind, &receiver) {
            ok("mmap", sock.receive_by_mapping());
        }
        let others = (!alone).then(|| {
            let sender = match cell.kind.is_device() {
                true => port(&bus, ANY_PORT, Filter::None),
                false => {
                    let connected = creator.connect(&Addr::null(0));
                    ok("connect of the creator", connected);
                    creator.clone()
                }
            };
            let limit = sender.set_time_out(libc::SO_SNDTIMEO, soon());
            ok("SO_SNDTIMEO", limit);
            [sender, port(&bus, ANY_PORT, Filter::None)]
        });
        Self {
            cell: *cell,
            numbers,
            bus,
            creator,
            receiver,
            others,
        }
    }

    /// The sender and the other receiver.
    pub fn members(&self) -> Option<&[Sock; 2]> {
        self.others.as_ref()
    }

    /// Whether the receiver may send, too.
    pub fn receiver_sends(&self) -> bool {
        self.cell.user != User::Other
    }

    /// Options, `/proc/net/ipn` and sysfs tell what was asked for.
    #[track_caller]
    pub fn is_as_it_was_made(&self) {
        let Numbers { mtu, ports, .. } = self.numbers;
        let pool = self.numbers.told_pool();
        let told = [
            (IPN_SO_MSGPOOLSIZE, pool as i32),
            (IPN_SO_MTU, mtu as i32),
            (IPN_SO_NUMNODES, ports as i32),
            (IPN_SO_CHANGE_NUMNODES, ports as i32),
            (IPN_SO_FLAGS, self.cell.flags.value()),
            (IPN_SO_MODE, MODE),
        ];
        let mut sockets = vec![&self.creator];
        if let Receiver::Socket(sock) = &self.receiver {
            sockets.push(sock);
            let last = ports as i32 - 1;
            same("its port", ok("port", sock.get(IPN_SO_PORT)), last);
        }
        for sock in sockets {
            for (option, expected) in told {
                let value = ok("getsockopt", sock.get(option));
                same(format_args!("option {option:#x}"), value, expected);
            }
        }
        let used = if self.others.is_some() { 3 } else { 1 };
        let senders = used - i32::from(!self.receiver_sends());
        let figures = [
            ("mtu", mtu as i32),
            ("ports", ports as i32),
            ("pool", pool as i32),
            ("used", used),
            ("readers", used),
            ("writers", senders),
            ("sent", 0),
            ("dropped", 0),
        ];
        for (name, expected) in figures {
            same(name, value(&self.bus, name), expected.to_string());
        }
    }
}

/// The creator's port becomes a device.
#[track_caller]
fn device(kind: Kind, creator: &Sock, mtu: u32) -> Receiver {
    const NAME: &str = "ipn0";
    if kind == Kind::Grab {
        let [device, peer] = cable(mtu);
        ok("a grab", grab(creator, device));
        return Receiver::Device(device, wire(peer));
    }
    ok("a tap", tap(creator, NAME));
    ip(&format!("link set {NAME} mtu {}", mtu - HEADER as u32));
    link_up(NAME);
    Receiver::Device(NAME, wire(NAME))
}
