// SPDX-License-Identifier: GPL-2.0
//! Calls, typed.

use super::{Address, Control, Data, Memory, Name, Slot};
use ipntest::abi::{IPN_MAP_CURSOR, IPN_MAP_RING, IPN_MAP_WRITER};
use ipntest::sys::memory::PAGE;
use serde::{Deserialize, Serialize};

/// How a message is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// `send`.
    Send,
    /// `write`.
    Write,
    /// `sendto`.
    To(Address),
    /// `sendmsg` of so many parts.
    Message(u8, Control),
    /// `sendmmsg` of the message so many times.
    Many(u8),
    /// `send` from such memory.
    From(Memory),
    /// `send` from what is mapped there, so many bytes.
    Mapped(Slot, u16),
    /// `sendfile`.
    File,
}

/// How a message is received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// `recv`.
    Recv,
    /// `read`.
    Read,
    /// `recvmsg` into so many parts, with so much room for control messages.
    Message(u8, u8),
    /// `recvmmsg` of so many messages.
    Many(u8),
    /// `recv` into such memory.
    Into(Memory),
    /// `recv` into what is mapped there.
    Mapped(Slot),
    /// `splice` to a pipe.
    Splice,
}

/// The argument of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// Memory of zeroes.
    Room,
    /// A number, or an address where nothing is.
    Number(u64),
    /// A `struct ifreq` with flags.
    Device(String, u16),
    /// A `struct ifreq` with the address of a station.
    Hardware(String, u8),
}

/// What of a socket is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The ring of its network.
    Ring,
    /// Its cursor.
    Cursor,
    /// What the one writer of its network writes.
    Writer,
    /// What lies at this offset, in pages.
    Page(u32),
}

impl Part {
    /// The offset in bytes.
    pub fn offset(self) -> i64 {
        match self {
            Part::Ring => IPN_MAP_RING,
            Part::Cursor => IPN_MAP_CURSOR,
            Part::Writer => IPN_MAP_WRITER,
            Part::Page(number) => i64::from(number) * PAGE as i64,
        }
    }
}

/// A socket filter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Takes everything.
    All,
    /// Takes nothing.
    Nothing,
    /// Takes so many bytes of a message.
    First(u32),
    /// Takes messages that begin with an odd byte.
    Odd,
}

/// A call, or something else that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `socket(AF_IPN)`.
    Socket { to: Slot, kind: i32, protocol: i32 },
    /// `socketpair(AF_IPN)`.
    Pair { kind: i32, protocol: i32 },
    /// `bind`.
    Bind { sock: Slot, address: Address },
    /// `connect`.
    Connect { sock: Slot, address: Address },
    /// `listen`.
    Listen { sock: Slot },
    /// `accept`.
    Accept { sock: Slot },
    /// `shutdown`.
    Shutdown { sock: Slot, how: i32 },
    /// `close`.
    Close { sock: Slot },
    /// `dup`.
    Duplicate { sock: Slot, to: Slot },
    /// `dup2`: the second's file is closed, its number stays in use.
    Replace { sock: Slot, over: Slot },
    /// The descriptor goes through an AF_UNIX socket.
    Pass { sock: Slot, to: Slot },
    /// `getsockname` or `getpeername`.
    Name { sock: Slot, peer: bool, room: u32 },
    /// `setsockopt`; the length is that of the value unless said.
    Set {
        sock: Slot,
        level: i32,
        option: i32,
        value: Vec<u8>,
        len: Option<u32>,
    },
    /// `getsockopt`, at a place that holds something.
    Get {
        sock: Slot,
        level: i32,
        option: i32,
        asked: Vec<u8>,
        room: u32,
    },
    /// `ioctl`.
    Request {
        sock: Slot,
        request: u64,
        argument: Argument,
    },
    /// Send.
    Send {
        sock: Slot,
        by: Sender,
        data: Data,
        flags: i32,
    },
    /// Receive.
    Receive {
        sock: Slot,
        by: Receiver,
        room: u32,
        flags: i32,
    },
    /// `poll`, for so many milliseconds.
    Poll {
        sock: Slot,
        events: i16,
        patience: u8,
    },
    /// `epoll_create`.
    Epoll { to: Slot },
    /// `EPOLL_CTL_ADD`, or `EPOLL_CTL_MOD` if it is there.
    Watch {
        epoll: Slot,
        sock: Slot,
        events: i32,
    },
    /// `epoll_wait`, for so many milliseconds.
    WaitFor { epoll: Slot, patience: u8 },
    /// `O_NONBLOCK` on or off.
    Nonblock { sock: Slot, on: bool },
    /// `O_ASYNC` for this process on or off.
    Async { sock: Slot, on: bool },
    /// `mmap`.
    Map {
        sock: Slot,
        to: Slot,
        part: Part,
        pages: u32,
        /// `PROT_*`.
        access: i32,
        /// `MAP_SHARED`, or `MAP_PRIVATE`.
        shared: bool,
    },
    /// `mmap` of all that the one writer of a network writes.
    MapWriter { sock: Slot, to: Slot },
    /// There the next message is written as it should be.
    Publish { area: Slot, len: u32, mark: u8 },
    /// A number is written into a mapping: to one of its first words of 8 bytes.
    Scribble { area: Slot, word: u16, value: u64 },
    /// Such a word is read.
    Peek { area: Slot, word: u16 },
    /// The newest message but so many is read out of a mapped ring.
    LookBack { area: Slot, back: u8 },
    /// `mprotect`.
    Protect { area: Slot, access: i32 },
    /// `madvise`.
    Advise { area: Slot, advice: i32 },
    /// `mremap` to so many pages.
    Resize { area: Slot, pages: u32 },
    /// A file of the network's directory in sysfs is opened, read and closed.
    Look { name: Name, file: String },
    /// Such a file is opened: the descriptor outlives the network.
    Open { to: Slot, name: Name, file: String },
    /// It is read again.
    ReadFile { file: Slot, room: u16 },
    /// Words are written to it.
    WriteFile { file: Slot, words: String },
    /// The directories of networks are counted.
    Directories,
    /// `fchown`.
    Own { sock: Slot, user: u8 },
    /// A socket filter.
    Filter { sock: Slot, filter: Filter },
    /// `unlink`.
    Unlink { name: Name },
    /// `rename`.
    Rename { from: Name, to: Name },
    /// `link`.
    HardLink { from: Name, to: Name },
    /// `chmod`.
    Mode { name: Name, mode: u32 },
    /// The thread goes on as another user.
    Become { user: u8 },
    /// The thread goes on in another network namespace.
    Leave,
    /// `/proc/net/ipn` is read.
    List,
    /// `ip` with these words.
    Ip { words: String },
    /// A packet socket on a device.
    Packet { to: Slot, device: String },
    /// Some milliseconds pass.
    Pause { ms: u8 },
}
