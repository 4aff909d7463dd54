// SPDX-License-Identifier: GPL-2.0

//! What is said of a network and a port before they are there.

mod reliable;

use crate::error::Error;
use crate::history::History;
use crate::kinds::{Direction, Flags, Policy, SocketType};
use crate::level::LEVEL;
use crate::manager::Manager;
use crate::name::{Holder, Name};
use crate::operation::Operation;
use crate::port::Port;
use crate::socket::Socket;
use crate::sys::{self, Address};
use ipn_abi as abi;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, Protocol, Shutdown, SocketFlags};
use std::ffi::c_int;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

/// Shapes a network to create and the port to take. What is not said is left to
/// the module's defaults.
///
/// ```no_run
/// # fn main() -> Result<(), ipn::Error> {
/// let bus = ipn::Builder::new().lossless(true).mode(0o720).bind("/run/bus")?;
/// let port = bus.connect()?;
/// port.send(b"hello")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing until bind or connect"]
pub struct Builder {
    policy: u32,
    socket_type: SocketType,
    mtu: Option<u32>,
    ports: Option<u32>,
    pool: Option<u32>,
    bytes: Option<u32>,
    window: Option<u32>,
    rate: Option<u32>,
    flags: Flags,
    mode: Option<u32>,
    port: Option<u32>,
    description: Option<String>,
    direction: Direction,
    observe: bool,
    history: Option<History>,
    out_of_band: bool,
    watch_members: bool,
    nonblocking: bool,
    replace_stale: bool,
}

impl Builder {
    /// Nothing said yet: any policy, which makes a hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// The delivery policy: of the network to create, or that the one to join
    /// must have.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy.number();
        self
    }

    /// The socket type. The types behave alike but [`SocketType::Reliable`]: see [`Builder::reliable`].
    pub fn socket_type(mut self, socket_type: SocketType) -> Self {
        self.socket_type = socket_type;
        self
    }

    /// The longest message: 1 to 16777216 bytes, and with another policy than the hub 65535 at most; unless
    /// said 1514, and of a switch 1518: a full frame of a VLAN.
    pub fn mtu(mut self, mtu: u32) -> Self {
        self.mtu = Some(mtu);
        self
    }

    /// The number of ports: 1 to 4096, unless said 64.
    pub fn ports(mut self, ports: u32) -> Self {
        self.ports = Some(ports);
        self
    }

    /// How many messages the network holds, or each port of a switch, were each as long as the MTU: 1 to 65536.
    /// In place of [`Builder::bytes`].
    pub fn pool(mut self, pool: u32) -> Self {
        (self.pool, self.bytes) = (Some(pool), None);
        self
    }

    /// How many bytes of messages the network holds, or each port of a switch, where a message takes its length, rounded
    /// up to 16: 16 to 1073741824, and at least one of the MTU; unless said 131072, and at least four. In place of
    /// [`Builder::pool`].
    pub fn bytes(mut self, bytes: u32) -> Self {
        (self.pool, self.bytes) = (None, Some(bytes));
        self
    }

    /// All flags at once.
    pub fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    /// Whether senders wait for the slowest reader, so that nothing is lost.
    pub fn lossless(mut self, lossless: bool) -> Self {
        self.flags.set(Flags::LOSSLESS, lossless);
        self
    }

    /// Whether one port sends, which maps the network's memory and writes to it: a [`Producer`](crate::Producer). Of a
    /// hub.
    pub fn one_writer(mut self, one_writer: bool) -> Self {
        self.flags.set(Flags::ONE_WRITER, one_writer);
        self
    }

    /// Whether the network has a single manager: binding never joins.
    pub fn exclusive(mut self, exclusive: bool) -> Self {
        self.flags.set(Flags::EXCLUSIVE, exclusive);
        self
    }

    /// The mode bits of the network's file, less the umask: `r` lets receive, `w`
    /// send, `x` manage. Unless said 0700.
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The port to take, rather than any free one.
    pub fn port(mut self, number: u32) -> Self {
        self.port = Some(number);
        self
    }

    /// A text of up to 127 bytes that describes the socket.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// What the port is to do. A port that only sends should say so: one that
    /// does not read what it could stops a lossless network.
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Whether the port observes (`IPN_SO_OBSERVE`): it gets every message of the network as it was sent, of a
    /// switch too what is for other ports. No sender waits for it, also where the network is lossless: what
    /// it was too slow for is told as lost. It counts as no reader, and can not send. That takes the r and x
    /// bits of the network's file.
    pub fn observe(mut self, wanted: bool) -> Self {
        self.observe = wanted;
        self
    }

    /// Whether to receive out-of-band messages.
    pub fn out_of_band(mut self, wanted: bool) -> Self {
        self.out_of_band = wanted;
        self
    }

    /// Whether to be told, by out-of-band messages, of every change in the number
    /// of readers and writers.
    pub fn watch_members(mut self, wanted: bool) -> Self {
        self.watch_members = wanted;
        self.out_of_band |= wanted;
        self
    }

    /// Whether calls fail with `EAGAIN` rather than wait.
    pub fn nonblocking(mut self, nonblocking: bool) -> Self {
        self.nonblocking = nonblocking;
        self
    }

    /// Whether [`bind`](Builder::bind) removes a name that a network has left behind which has
    /// ended: a socket file that neither an `AF_IPN` network nor an `AF_UNIX` socket answers to.
    ///
    /// Of several processes that do this at the same moment one replaces the name and the others
    /// join it. A stale name stays stale as long as it is there, and a process that removes it so holds
    /// flock(2) on its directory from before it looks (is it the file that was refused, does nobody
    /// answer?) until the new network is there: the second to get the lock finds that network alive.
    /// So it takes the right to read the directory as well, and `/proc`. Only who removes the name by other means
    /// (`rm`) in the moment between look and removal is no party to this.
    pub fn replace_stale(mut self, wanted: bool) -> Self {
        self.replace_stale = wanted;
        self
    }

    /// Creates the network `path`, or joins an existing one as a manager. A name that is
    /// stale: `ECONNREFUSED`, unless [it is replaced](Builder::replace_stale).
    ///
    /// # Errors
    ///
    /// `ECONNREFUSED`: what is there is no network, or one that has ended. `EACCES`: the file's
    /// mode or the directory's does not let the caller. `EEXIST`: it exists and has a single
    /// manager. `EADDRINUSE`: another file is just taking the name. `EPROTO`: it has another
    /// policy. `ENOBUFS`: it would be larger than the module lets the caller's be. `EINVAL`: a
    /// number out of bounds, or a path of no or more than 108 bytes. `EAFNOSUPPORT`,
    /// `EPROTONOSUPPORT`: the module of the family or of the policy is not loaded. `EPROTOTYPE`: it is no
    /// reliable bus.
    pub fn bind(&self, path: impl AsRef<Path>) -> Result<Manager, Error> {
        let path = path.as_ref();
        let (socket, address) = self.open(path, Operation::Bind)?;
        let bind = |address: &Address| rustix::net::bind(socket.as_fd(), address);
        let bound = match bind(&address) {
            Err(Errno::CONNREFUSED) if self.replace_stale => replace(path, &address, bind),
            bound => bound,
        };
        bound.map_err(|errno| self.refused(path, errno))?;
        Ok(Manager::of(socket))
    }

    /// Why the network has not one more manager.
    fn refused(&self, path: &Path, errno: Errno) -> Error {
        match errno {
            Errno::EXIST => Error::not_alone(path, self.flags.contains(Flags::EXCLUSIVE)),
            errno => Error::new(Operation::Bind, Some(path.into()), errno),
        }
    }

    /// Joins the network of a name as a manager: that very file's, whatever has taken its place at
    /// the path meanwhile.
    ///
    /// # Errors
    ///
    /// As of [`Builder::bind`]; it takes `/proc` as well.
    pub fn manage(&self, name: &Name, path: impl AsRef<Path>) -> Result<Manager, Error> {
        let (socket, _) = self.open(path.as_ref(), Operation::Bind)?;
        let exact = name.exact_path();
        let address =
            Address::new(&exact).ok_or_else(|| Error::bad_path(Operation::Bind, &exact))?;
        rustix::net::bind(socket.as_fd(), &address)
            .map_err(|errno| self.refused(path.as_ref(), errno))?;
        Ok(Manager::of(socket))
    }

    /// Joins the network `path` as a manager, and creates none where there is none.
    ///
    /// # Errors
    ///
    /// `ENOENT`: there is nothing of that name. Else those of [`Builder::manage`].
    pub fn manage_existing(&self, path: impl AsRef<Path>) -> Result<Manager, Error> {
        let path = path.as_ref();
        let name = Name::find(path).map_err(|errno| match errno {
            // As what is no network answers.
            Errno::NOTSOCK | Errno::ISDIR => self.refused(path, Errno::CONNREFUSED),
            errno => self.refused(path, errno),
        })?;
        self.manage(&name, path)
    }

    /// Joins the network `path`.
    ///
    /// # Errors
    ///
    /// `ENOENT`: there is nothing of that name. `ECONNREFUSED`: what is there is no network, or
    /// one that has ended. `EACCES`: the file's mode lets the caller do nothing of what the
    /// port is for. `EADDRNOTAVAIL`: no port is free, or the wanted one does not exist.
    /// `EADDRINUSE`: the wanted one is taken. `EPROTO`: the network has another policy. `EPROTOTYPE`: it is no
    /// reliable bus.
    /// `EAFNOSUPPORT`, `EPROTONOSUPPORT`: the module of the family or of the policy is not
    /// loaded. `EINVAL`: a path of no or more than 108 bytes.
    pub fn connect(&self, path: impl AsRef<Path>) -> Result<Port, Error> {
        let operation = match self.observe {
            true => Operation::Observe,
            false => Operation::Connect(self.direction),
        };
        let (socket, address) = self.open(path.as_ref(), operation)?;
        rustix::net::connect(socket.as_fd(), &address)
            .map_err(|errno| self.not_joined(path.as_ref(), operation, errno))?;
        Ok(Port::of(socket))
    }

    /// Why the network has not one more port.
    fn not_joined(&self, path: &Path, operation: Operation, errno: Errno) -> Error {
        match errno {
            Errno::ACCESS if self.history.is_some() && may_read(path) => {
                Error::no_history(operation, path)
            }
            errno => Error::new(operation, Some(path.into()), errno),
        }
    }

    /// A socket with all that was said, and the address of `path`.
    fn open(&self, path: &Path, operation: Operation) -> Result<(Socket, Address), Error> {
        let address = Address::new(path).ok_or_else(|| Error::bad_path(operation, path))?;
        let fd = rustix::net::socket_with(
            AddressFamily::from_raw(abi::AF_IPN),
            self.socket_type.raw(),
            SocketFlags::CLOEXEC,
            NonZeroU32::new(self.policy).map(Protocol::from_raw),
        )
        .map_err(|errno| Error::new(Operation::Open(Policy::new(self.policy)), None, errno))?;
        let socket = Socket::new(fd, Some(Arc::from(path)));
        self.shape(&socket)?;
        self.equip(&socket)?;
        Ok((socket, address))
    }

    /// Sets what shapes the network.
    fn shape(&self, socket: &Socket) -> Result<(), Error> {
        let flags = (!self.flags.is_empty()).then_some(self.flags.bits());
        for (option, name, value) in [
            (abi::IPN_SO_MTU, "the MTU", self.mtu),
            (abi::IPN_SO_NUMNODES, "the number of ports", self.ports),
            (abi::IPN_SO_MSGPOOLSIZE, "the message pool", self.pool),
            (abi::IPN_SO_BYTES, "the bytes of messages", self.bytes),
            (abi::IPN_SO_WINDOW, "the window", self.window),
            (abi::IPN_SO_RATE, "the rate", self.rate),
            (abi::IPN_SO_FLAGS, "the flags", flags),
            (abi::IPN_SO_MODE, "the mode", self.mode),
        ] {
            set_number(socket, option, name, value)?;
        }
        Ok(())
    }

    /// Sets what concerns the socket itself.
    fn equip(&self, socket: &Socket) -> Result<(), Error> {
        set_number(socket, abi::IPN_SO_PORT, "the port", self.port)?;
        if let Some(text) = &self.description {
            socket.set_description(text)?;
        }
        if self.out_of_band {
            let name = "out-of-band messages";
            socket.set(LEVEL, abi::IPN_SO_HANDLE_OOB, name, 1)?;
        }
        if self.watch_members {
            let name = "messages about members";
            socket.set(LEVEL, abi::IPN_SO_WANT_OOB_NUMNODES, name, 1)?;
        }
        if self.observe {
            socket.set(LEVEL, abi::IPN_SO_OBSERVE, "whether to observe", 1)?;
        }
        if let Some((option, value)) = self.history.map(History::option) {
            set_number(socket, option, "the history", Some(value))?;
        }
        if self.nonblocking {
            socket.set_nonblocking(true)?;
        }
        socket.give_up(match self.direction {
            Direction::Both => return Ok(()),
            Direction::Receive => Shutdown::Write,
            Direction::Send => Shutdown::Read,
        })
    }
}

/// Whether the mode of the network's file lets the caller receive.
fn may_read(path: &Path) -> bool {
    use rustix::fs::{accessat, Access, AtFlags, CWD};
    accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS).is_ok()
}

/// Sets an option to a number, if there is one.
fn set_number(
    socket: &Socket,
    option: c_int,
    name: &'static str,
    value: Option<u32>,
) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let value = c_int::try_from(value)
        .map_err(|_| socket.error(Operation::SetOption(name), Errno::INVAL))?;
    socket.set(LEVEL, option, name, value)
}

impl Port {
    /// Joins the network `path`. [`Builder::connect`] says more.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::connect`].
    pub fn connect(path: impl AsRef<Path>) -> Result<Self, Error> {
        Builder::new().connect(path)
    }
}

impl Manager {
    /// Creates a hub with the module's defaults, or joins an existing network as
    /// a manager. [`Builder::bind`] says more.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::bind`].
    pub fn bind(path: impl AsRef<Path>) -> Result<Self, Error> {
        Builder::new().bind(path)
    }

    /// Joins an existing network as a manager. [`Builder::manage_existing`] says more.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::manage_existing`].
    pub fn existing(path: impl AsRef<Path>) -> Result<Self, Error> {
        Builder::new().manage_existing(path)
    }
}

/// Binds to a name that no network answered to a moment ago, and removes it first if no other
/// answers to it. Each look is at the very file that may be removed, whatever is at the path then.
fn replace(
    path: &Path,
    address: &Address,
    bind: impl Fn(&Address) -> Result<(), Errno>,
) -> Result<(), Errno> {
    // Through a link nothing can be created.
    if path.is_symlink() {
        return Err(Errno::CONNREFUSED);
    }
    let name = match Name::find(path) {
        // Another has just removed it, and is about to create its network.
        Err(Errno::NOENT) => return bind(address),
        found => found.map_err(|_| Errno::CONNREFUSED)?,
    };
    let _turn = name.lock().map_err(|_| Errno::CONNREFUSED)?;
    let exact = Address::new(&name.exact_path()).ok_or(Errno::CONNREFUSED)?;
    match bind(&exact) {
        Err(Errno::CONNREFUSED) if name.holder() == Holder::Nobody => {
            // What keeps the name there, the last try tells. Another may have had its turn before.
            let _ = name.remove_locked();
            bind(address)
        }
        // Without /proc it is not known whose file it is.
        Err(Errno::NOENT) => Err(Errno::CONNREFUSED),
        bound => bound,
    }
}

/// Whether a descriptor is a socket of the family, by `IPN_CHECK`.
pub fn is_ipn(fd: impl AsFd) -> bool {
    sys::check(fd.as_fd()).is_ok_and(|answer| answer as u32 == abi::IPN_CHECK)
}
