// SPDX-License-Identifier: GPL-2.0
//! The netlink family "ipn", asked by hand. Its numbers are written down a second time, as those of `abi.rs`.

use crate::lab::bus::Bus;
use crate::lab::check::{ok, same};
use crate::pace::soon;
use crate::sys::poll::poll;
use crate::sys::socket::{socket, Sock};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

pub const NETWORK_GET: u8 = 1;
pub const PORT_GET: u8 = 2;
pub const NETWORK_MADE: u8 = 3;
pub const NETWORK_ENDED: u8 = 4;
pub const PORT_TAKEN: u8 = 5;
pub const PORT_LEFT: u8 = 6;
pub const LOST_TOLD: u8 = 7;
pub const DEVICE_GONE: u8 = 8;

pub const MAJOR: u16 = 2;
pub const MINOR: u16 = 3;
pub const INODE: u16 = 4;
pub const PATH: u16 = 5;
pub const POLICY: u16 = 6;
pub const FLAGS: u16 = 7;
pub const MTU: u16 = 8;
pub const NUMNODES: u16 = 9;
pub const POOL: u16 = 10;
pub const OWNER_ID: u16 = 11;
pub const PORTS: u16 = 12;
pub const PORT: u16 = 13;
pub const KIND: u16 = 14;
pub const PID: u16 = 15;
pub const UID: u16 = 16;
pub const GID: u16 = 17;
pub const COMM: u16 = 18;
pub const DIRECTION: u16 = 19;
pub const DESCRIPTION: u16 = 20;
pub const IFINDEX: u16 = 21;
pub const IFNAME: u16 = 22;
pub const SENT: u16 = 23;
pub const SENT_BYTES: u16 = 24;
pub const RECEIVED: u16 = 25;
pub const RECEIVED_BYTES: u16 = 26;
pub const LOST: u16 = 27;
pub const REFUSED: u16 = 28;
pub const LAG: u16 = 29;
pub const WAITING: u16 = 30;
pub const READERS: u16 = 31;
pub const WRITERS: u16 = 32;
pub const SINCE: u16 = 33;
pub const DROPS: u16 = 34;
pub const REASON: u16 = 35;

/// `NETLINK_GENERIC`.
const GENERIC: i32 = 16;
/// `SOL_NETLINK`.
const SOL_NETLINK: i32 = 270;
/// `NETLINK_ADD_MEMBERSHIP`.
const ADD_MEMBERSHIP: i32 = 1;
/// `GENL_ID_CTRL`.
const CONTROL: u16 = 16;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `NLM_F_REQUEST` and `NLM_F_DUMP`.
const DUMP: u16 = 0x301;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
/// Bytes of `struct nlmsghdr`, and of `struct genlmsghdr`.
const HEADERS: usize = 20;

/// A message of the family's.
#[derive(Debug, Clone)]
pub struct Told {
    /// What it is.
    pub command: u8,
    attributes: BTreeMap<u16, Vec<u8>>,
}

impl Told {
    /// A number, of 32 or 64 bits; none if it is not told.
    pub fn number(&self, attribute: u16) -> Option<u64> {
        let bytes = self.attributes.get(&attribute)?;
        Some(match bytes.len() {
            4 => u32::from_ne_bytes(bytes[..].try_into().unwrap()).into(),
            8 => u64::from_ne_bytes(bytes[..].try_into().unwrap()),
            len => panic!("attribute {attribute} has {len} bytes"),
        })
    }

    /// What was lost, by reason.
    pub fn drops(&self) -> BTreeMap<u16, u64> {
        let within = self.attributes.get(&DROPS).expect("it is told");
        let counts = attributes(within).into_iter();
        // 0 may align the next.
        let counts = counts.filter(|(reason, _)| *reason != 0);
        let number = |bytes: Vec<u8>| u64::from_ne_bytes(bytes[..].try_into().unwrap());
        counts
            .map(|(reason, count)| (reason, number(count)))
            .collect()
    }

    /// A text without its NUL.
    pub fn text(&self, attribute: u16) -> Option<String> {
        let bytes = self.attributes.get(&attribute)?;
        let (last, text) = bytes.split_last().expect("a text has a NUL");
        same("the end of a text", *last, 0);
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// A socket that asks the family.
pub struct Family {
    sock: Sock,
    id: u16,
    group: u32,
}

/// An attribute, as it stands in a message.
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = (4 + value.len()) as u16;
    let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn attributes(mut bytes: &[u8]) -> BTreeMap<u16, Vec<u8>> {
    let mut found = BTreeMap::new();
    while bytes.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        let kind = u16::from_ne_bytes([bytes[2], bytes[3]]) & 0x3fff;
        found.insert(kind, bytes[4..len].to_vec());
        bytes = &bytes[len.next_multiple_of(4).min(bytes.len())..];
    }
    found
}

fn ask(sock: &Sock, id: u16, flags: u16, command: u8, rest: &[u8]) -> io::Result<usize> {
    let mut message = Vec::new();
    message.extend(((HEADERS + rest.len()) as u32).to_ne_bytes());
    message.extend(id.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([command, 1, 0, 0]);
    message.extend(rest);
    sock.send(&message, 0)
}

/// The messages of an answer, with their types: up to `room` bytes.
fn hear(sock: &Sock, room: usize) -> io::Result<Vec<(u16, Vec<u8>)>> {
    let mut buffer = vec![0; room];
    let len = sock.recv(&mut buffer, 0)?;
    let mut bytes = &buffer[..len];
    let mut found = Vec::new();
    while bytes.len() >= 16 {
        let len = u32::from_ne_bytes(bytes[..4].try_into().unwrap()) as usize;
        let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
        found.push((kind, bytes[16..len].to_vec()));
        bytes = &bytes[len.next_multiple_of(4).min(bytes.len())..];
    }
    Ok(found)
}

fn errno(content: &[u8]) -> i32 {
    -i32::from_ne_bytes(content[..4].try_into().unwrap())
}

impl Family {
    /// The socket that it asks by.
    pub fn into_sock(self) -> Sock {
        self.sock
    }

    /// The same by a socket that another has opened.
    pub fn by(self, sock: Sock) -> Family {
        Family { sock, ..self }
    }

    /// Finds it. Not there: `ENOENT`.
    pub fn find() -> io::Result<Family> {
        let sock = socket(libc::AF_NETLINK, libc::SOCK_RAW, GENERIC)?;
        // CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME
        ask(&sock, CONTROL, REQUEST, 3, &attribute(2, b"ipn\0"))?;
        // Little room, as the kernel takes what it was asked with for what it will be.
        let (kind, content) = hear(&sock, 2048)?.remove(0);
        if kind == ERROR {
            return Err(io::Error::from_raw_os_error(errno(&content)));
        }
        let found = attributes(&content[4..]);
        // CTRL_ATTR_MCAST_GROUPS holds one, with CTRL_ATTR_MCAST_GRP_ID
        let groups = attributes(&found[&7]);
        let group = attributes(groups.values().next().expect("a group"));
        Ok(Family {
            sock,
            id: u16::from_ne_bytes(found[&1][..2].try_into().unwrap()),
            group: u32::from_ne_bytes(group[&2][..4].try_into().unwrap()),
        })
    }

    /// Finds it, as it is there.
    #[track_caller]
    pub fn new() -> Family {
        ok("the netlink family", Family::find())
    }

    /// Asks for a dump.
    pub fn ask(&self, command: u8, rest: &[u8]) -> io::Result<()> {
        ask(&self.sock, self.id, DUMP, command, rest).map(drop)
    }

    /// Asks something, with these flags.
    pub fn ask_as(&self, flags: u16, command: u8, rest: &[u8]) -> io::Result<()> {
        ask(&self.sock, self.id, flags, command, rest).map(drop)
    }

    /// Takes the next part of an answer, of which so many bytes find room.
    pub fn cut(&self, room: usize) -> io::Result<usize> {
        self.sock.recv(&mut vec![0; room], 0)
    }

    /// Hears the next part of it, in `room` bytes: what it tells, and whether that was the end.
    pub fn part(&self, room: usize) -> io::Result<(Vec<Told>, bool)> {
        let mut told = Vec::new();
        for (kind, content) in hear(&self.sock, room)? {
            match kind {
                DONE => return Ok((told, true)),
                ERROR => return Err(io::Error::from_raw_os_error(errno(&content))),
                _ => told.push(Told {
                    command: content[0],
                    attributes: attributes(&content[4..]),
                }),
            }
        }
        Ok((told, false))
    }

    /// All that it tells.
    pub fn dump(&self, command: u8, rest: &[u8]) -> io::Result<Vec<Told>> {
        self.ask(command, rest)?;
        let mut all = Vec::new();
        loop {
            let (told, end) = self.part(65536)?;
            all.extend(told);
            if end {
                return Ok(all);
            }
        }
    }

    /// The ports of a network that this process is shown.
    #[track_caller]
    pub fn ports(&self, bus: &Bus) -> Vec<Told> {
        ok("the ports", self.dump(PORT_GET, &only(bus)))
    }

    /// The network, if it is shown.
    #[track_caller]
    pub fn network(&self, bus: &Bus) -> Option<Told> {
        let mut told = ok("the networks", self.dump(NETWORK_GET, &only(bus)));
        same("networks of one file", told.len() < 2, true);
        told.pop()
    }

    /// Listens to events.
    pub fn listen(&self) -> io::Result<()> {
        let group = self.group.to_ne_bytes();
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, &group)
    }

    /// The next event, if one comes.
    #[track_caller]
    pub fn event(&self) -> Told {
        let ready = ok(
            "poll",
            poll(&self.sock, libc::POLLIN, soon().as_millis() as i32),
        );
        same("an event comes", ready, libc::POLLIN);
        let (mut told, _) = ok("an event", self.part(65536));
        told.pop().expect("it tells something")
    }

    /// The next event of a network's of one kind; others are passed over.
    #[track_caller]
    pub fn event_of(&self, bus: u64, command: u8) -> Told {
        let start = Instant::now();
        loop {
            let told = self.event();
            if told.command == command && told.number(INODE) == Some(bus) {
                return told;
            }
            assert!(start.elapsed() < soon(), "no event {command}");
        }
    }

    /// Whether an event waits.
    #[track_caller]
    pub fn has_event(&self) -> bool {
        ok("poll", poll(&self.sock, libc::POLLIN, 0)) != 0
    }
}

/// Asks for one network.
#[track_caller]
fn only(bus: &Bus) -> Vec<u8> {
    let file = ok("stat", fs::metadata(&bus.path));
    let [major, minor] = [libc::major(file.dev()), libc::minor(file.dev())];
    [
        attribute(MAJOR, &major.to_ne_bytes()),
        attribute(MINOR, &minor.to_ne_bytes()),
        attribute(INODE, &file.ino().to_ne_bytes()),
    ]
    .concat()
}

/// The number of a network's file.
#[track_caller]
pub fn inode(bus: &Bus) -> u64 {
    ok("stat", fs::metadata(&bus.path)).ino()
}
