// SPDX-License-Identifier: GPL-2.0

//! A network of the module's own, as its processes see it: by system calls.

use crate::{
    abi::{errno::Errno, record, uapi::*},
    device,
    packing::packed,
    policies::TO,
    ring::{layout::Parts, Ring},
    rust::{
        glue::{arrival::Arrival, cursor_page::CursorPage, netdev::Turn, ring_memory::RingMemory},
        mm::mmap::NewMapping,
        net::{
            family::Family,
            message::{Flags, Got as Received, Incoming, Outgoing},
            socket::{events, Sock, SockRef, FAMILY},
            sockopt::OptionReader,
        },
        task::current as task,
    },
    socket::Network as Inner,
    socket::{backlog, Endpoint},
};
use kernel::{prelude::*, sync::Arc as KernelArc};
use std::{
    ops::Deref,
    result::Result,
    sync::{Arc, Mutex},
};

/// `include/uapi/asm-generic/ioctls.h`.
const FIONREAD: u32 = 0x541b;

/// `include/uapi/linux/af_ipn.h`.
const IPN_TERMINATE: u32 = ((b'I' as u32) << 8) | 198;

/// What networks are made of.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) pool: u32,
    pub(crate) ports: u32,
    pub(crate) lossless: bool,
    /// One ring for all ports: a hub.
    pub(crate) shared: bool,
    /// Messages are in two parts.
    pub(crate) in_parts: bool,
}

/// One with a ring for all ports.
pub(crate) fn shape(pool: u32, ports: u32, lossless: bool) -> Shape {
    Shape {
        pool,
        ports,
        lossless,
        shared: true,
        in_parts: false,
    }
}

/// One whose messages are in two parts.
pub(crate) fn in_parts(pool: u32, ports: u32, lossless: bool) -> Shape {
    Shape {
        in_parts: true,
        ..shape(pool, ports, lossless)
    }
}

/// A network and what was sent on it.
pub(crate) struct Network {
    inner: KernelArc<Inner>,
    manager: SockRef<Endpoint>,
    pub(crate) lossless: bool,
    pub(crate) log: Mutex<Vec<(u32, u64)>>,
}

impl Drop for Network {
    /// Sockets and networks hold each other: what was not closed would stay, of every order that is tried.
    fn drop(&mut self) {
        let mut members = self.inner.members.lock();
        let gone: Vec<_> = (0..members.len())
            .map(|number| members.take(number))
            .collect();
        let managers = core::mem::take(&mut members.managers);
        drop(members);
        drop((gone, managers));
        if self.inner.window.is_some() {
            // Its timer may hold it too.
            self.inner.retire();
        }
    }
}

/// A port of it: its socket, until it is closed.
pub(crate) struct Port {
    sock: Mutex<Option<SockRef<Endpoint>>>,
    stays: SockRef<Endpoint>,
    pub(crate) number: u32,
    /// Where it began to read.
    pub(crate) joined: u64,
}

impl Deref for Port {
    type Target = SockRef<Endpoint>;

    fn deref(&self) -> &SockRef<Endpoint> {
        &self.stays
    }
}

/// What is sent: a value, and the ports that it goes to where each has a ring of its own.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) value: u64,
    pub(crate) to: &'static [u32],
    /// How often the sender's memory is not there.
    pub(crate) faults: u32,
}

/// A message to all ports.
pub(crate) fn message(value: u64) -> Message {
    Message {
        value,
        to: &[],
        faults: 0,
    }
}

/// Why a message was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// `EAGAIN`.
    Again,
    /// `EPIPE`.
    Over,
}

/// A message that was received.
pub(crate) struct Got {
    pub(crate) value: u64,
}

/// The bytes of a message: its value twice, which can be torn; the first byte says where it goes.
pub(crate) fn bytes(message: &Message) -> [u8; 16] {
    let to = message.to.iter().fold(0, |to, port| to | (1u64 << port));
    let word = message.value | (to << 56);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&word.to_be_bytes());
    bytes[8..].copy_from_slice(&word.to_be_bytes());
    bytes
}

/// The value of a message that is whole.
pub(crate) fn value(bytes: &[u8]) -> u64 {
    assert_eq!(bytes.len(), 16);
    assert_eq!(bytes[..8], bytes[8..], "torn");
    let word = u64::from_be_bytes(bytes[..8].try_into().unwrap());
    word & ((1 << 56) - 1)
}

pub(crate) fn set(sock: &Sock<Endpoint>, option: u32, value: u32) {
    let value = OptionReader(value.to_ne_bytes().to_vec());
    Endpoint::set_option(sock, 0, option, &value).unwrap();
}

fn address() -> Vec<u8> {
    [&FAMILY.to_ne_bytes()[..], b"/network"].concat()
}

impl Network {
    /// A network with all its ports taken, the first by its maker.
    pub(crate) fn new(shape: Shape) -> (Arc<Self>, Vec<Arc<Port>>) {
        Self::with_flags(shape, 0)
    }

    /// The same of a reliable bus where a message stays for so many milliseconds.
    pub(crate) fn reliable(shape: Shape, window: u32) -> (Arc<Self>, Vec<Arc<Port>>) {
        let manager = open_reliable();
        set(&manager, IPN_SO_WINDOW, window);
        Self::with(manager, shape, IPN_FLAG_HISTORY)
    }

    /// The same of one that one port writes.
    pub(crate) fn of_one_writer(shape: Shape) -> (Arc<Self>, Vec<Arc<Port>>) {
        Self::with_flags(shape, IPN_FLAG_ONE_WRITER)
    }

    fn with_flags(shape: Shape, more: u32) -> (Arc<Self>, Vec<Arc<Port>>) {
        let protocol = if shape.shared { IPN_BROADCAST } else { TO };
        let manager = Sock::<Endpoint>::open(2, protocol as i32).unwrap();
        Self::with(manager, shape, more)
    }

    fn with(manager: SockRef<Endpoint>, shape: Shape, more: u32) -> (Arc<Self>, Vec<Arc<Port>>) {
        let is_reliable = manager.is_reliable;
        set(&manager, IPN_SO_FLAGS, u32::from(shape.lossless) | more);
        set(&manager, IPN_SO_MSGPOOLSIZE, shape.pool);
        set(&manager, IPN_SO_NUMNODES, shape.ports);
        set(&manager, IPN_SO_MTU, if shape.in_parts { 17 } else { 16 });
        Endpoint::bind(&manager, &address()).unwrap();
        let network = Self {
            inner: manager.network().unwrap().clone(),
            manager,
            lossless: shape.lossless,
            log: Mutex::new(Vec::new()),
        };
        let open = if is_reliable { open_reliable } else { open };
        let ports = (0..shape.ports).map(|number| Arc::new(Port::of(open(), number)));
        (Arc::new(network), ports.collect())
    }

    /// `sendmsg(2)`.
    pub(crate) fn send(&self, port: &Port, message: Message, waits: bool) -> Result<(), Refused> {
        task::call(|| self.send_now(port, message, waits))
    }

    fn send_now(&self, port: &Port, message: Message, waits: bool) -> Result<(), Refused> {
        let bytes = bytes(&message);
        let flags = if waits { 0 } else { Flags::DONTWAIT };
        match Endpoint::send(port, Outgoing::with_faults(&bytes, flags, message.faults)) {
            Ok(_) => {
                let sent = (port.number, message.value);
                self.log.lock().unwrap().push(sent);
                Ok(())
            }
            Err(error) if error == EAGAIN => Err(Refused::Again),
            Err(error) if error == EPIPE => Err(Refused::Over),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// `close(2)`.
    pub(crate) fn leave(&self, port: &Port) {
        let sock = port.sock.lock().unwrap().take();
        Sock::close(sock.unwrap());
    }

    /// `shutdown(2)` with `SHUT_RD`.
    pub(crate) fn shut_receive(&self, port: &Port) {
        task::call(|| Endpoint::shutdown(port, 0)).unwrap();
    }

    /// `ioctl(2)` with `IPN_TERMINATE`.
    pub(crate) fn terminate(&self) {
        task::call(|| Endpoint::ioctl(&self.manager, IPN_TERMINATE, 0)).unwrap();
    }

    /// `poll(2)`, of a caller who waits on the socket's queue afterwards.
    pub(crate) fn poll(&self, sock: &Sock<Endpoint>) -> u32 {
        Endpoint::poll(sock, true)
    }

    /// Messages that were sent on it, as it tells.
    pub(crate) fn sent(&self) -> u64 {
        self.inner.figures().sent
    }

    /// Its longest message.
    pub(crate) fn mtu(&self) -> u32 {
        self.inner.shape.mtu
    }

    /// Descriptors of a ring with so many places.
    pub(crate) fn messages(&self, pool: u32) -> u32 {
        pool * self.parts().descriptors(self.mtu())
    }

    /// How its messages go.
    pub(crate) fn parts(&self) -> Parts {
        match self.inner.shape.mtu {
            16 => Parts::NONE,
            _ => self.inner.shape.parts(),
        }
    }

    /// Whether senders wait.
    pub(crate) fn waits(&self) -> bool {
        self.inner.waits()
    }

    /// Messages that readers lost.
    pub(crate) fn dropped(&self) -> u64 {
        self.inner.dropped.load()
    }
}

impl Port {
    fn of(sock: SockRef<Endpoint>, number: u32) -> Self {
        Endpoint::connect(&sock, &address()).unwrap();
        Self {
            joined: sock.seat.as_ref().unwrap().ring.published(),
            stays: sock.clone(),
            sock: Mutex::new(Some(sock)),
            number,
        }
    }

    /// The message that it reads next.
    pub(crate) fn stands(&self) -> u64 {
        self.seat.as_ref().unwrap().reader(&self.port).position()
    }

    /// Where its messages are.
    pub(crate) fn ring(&self) -> &Ring<RingMemory> {
        &self.seat.as_ref().unwrap().ring
    }
}

/// Port `number`, the one that is free, which observes.
pub(crate) fn observer(number: u32) -> Arc<Port> {
    let sock = open();
    set(&sock, IPN_SO_OBSERVE, 1);
    Arc::new(Port::of(sock, number))
}

/// Port `number`, the one that is free, of a reliable bus, which begins with all that is left.
pub(crate) fn late(number: u32) -> Arc<Port> {
    let sock = open_reliable();
    set(&sock, IPN_SO_HISTORY, i32::MAX as u32);
    Arc::new(Port::of(sock, number))
}

/// `recvmsg(2)`: a message, waiting for it. `None`: the network has ended.
pub(crate) fn receive(_: &Network, port: &Port) -> Option<Got> {
    again(|| try_receive(port, 0)).unwrap()
}

/// The same if there is one.
pub(crate) fn receive_now(_: &Network, port: &Port) -> Option<Got> {
    match again(|| try_receive(port, Flags::DONTWAIT)) {
        Err(error) if error == EAGAIN => None,
        got => got.unwrap(),
    }
}

/// What one call receives, without waiting; `ECONNRESET` is the caller's matter.
pub(crate) fn receive_once(port: &Port) -> Result<Option<Got>, Error> {
    try_receive(port, Flags::DONTWAIT)
}

/// Once more where messages were missed, as the call before has told; which may be so again then.
fn again<T>(call: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(error) if error == Errno::CONNRESET.into() => {}
            result => return result,
        }
    }
}

fn try_receive(port: &Port, flags: u32) -> Result<Option<Got>, Error> {
    task::call(|| receive_in_call(port, flags))
}

/// The same in a call that may receive more.
pub(crate) fn receive_in_call(port: &Port, flags: u32) -> Result<Option<Got>, Error> {
    let mut got = Received::default();
    let place = Incoming::new(&mut got, 16, flags);
    let len = Endpoint::receive(port, place)?;
    Ok((len != 0).then(|| Got {
        value: value(&got.bytes),
    }))
}

/// `recvmsg(2)` of a port that takes records: those that are there, or come first.
pub(crate) fn receive_records(port: &Port, flags: u32) -> Vec<Got> {
    let mut got = Received::default();
    let result = task::call(|| Endpoint::receive(port, Incoming::new(&mut got, 200, flags)));
    assert_eq!(result.unwrap_or(0), got.bytes.len());
    let records = got.bytes.chunks(record::size(record::HEADER, 16));
    let value = |record: &[u8]| value(&record[record::HEADER..]);
    records
        .map(|record| Got {
            value: value(record),
        })
        .collect()
}

/// `sendmsg(2)` of records, from a port that sends nothing else; waits for room.
pub(crate) fn send_records(network: &Network, port: &Port, messages: &[Message]) {
    let bytes: Vec<_> = messages.iter().map(bytes).collect();
    let all = packed(&bytes);
    set(port, IPN_SO_RECORDS, 1);
    let sent = task::call(|| Endpoint::send(port, Outgoing::new(&all, 0)));
    assert_eq!(sent, Ok(all.len()));
    let mut log = network.log.lock().unwrap();
    log.extend(messages.iter().map(|message| (port.number, message.value)));
}

/// Reads what is left and checks that every message is accounted for. All threads are done.
///
/// Returns the values that the port got.
pub(crate) fn settle(network: &Network, port: &Port, mut got: Vec<Got>) -> Vec<u64> {
    while let Some(more) = receive_now(network, port) {
        got.push(more);
    }
    let values: Vec<u64> = got.iter().map(|got| got.value).collect();
    let log = network.log.lock().unwrap().clone();
    let (own, others): (Vec<_>, Vec<_>) = log.into_iter().partition(|sent| sent.0 == port.number);
    for (at, value) in values.iter().enumerate() {
        assert!(!values[..at].contains(value), "each once");
        let sent = others.iter().position(|sent| sent.1 == *value);
        let sent = sent.expect("a message of another");
        // Those of one task come in its order.
        let before = others[..sent]
            .iter()
            .filter(|other| other.1 / 100 == *value / 100);
        assert!(before
            .into_iter()
            .all(|other| !values[at..].contains(&other.1)));
    }
    let drops = u64::from(port.drops());
    assert_eq!(
        got.len() as u64 + drops,
        others.len() as u64,
        "got and lost"
    );
    let (own, state, ring) = (own.len() as u64, &port.port, port.ring());
    assert_eq!(state.sent.load(), own);
    let passed = state.own_skipped.load() + state.cursor.own_skipped();
    let voids = network.inner.members.lock().tally.voids();
    assert_eq!(passed, own + voids, "own messages passed");
    assert_eq!(port.stands(), ring.published());
    if !state.cursor.is_mapped() {
        assert_eq!(state.received.load(), got.len() as u64);
    }
    assert!(
        !network.lossless || drops == 0,
        "a lossless network loses nothing"
    );
    values
}

/// A device's packet, from the port that it is.
pub(crate) fn inject(port: &Port, message: Message) -> Result<(), Errno> {
    backlog::enter(port, &mut Arrival::new(&bytes(&message)))
}

/// A device that reads a port: its NAPI's turns.
pub(crate) struct Device<'a>(Turn<'a, Endpoint>);

impl<'a> Device<'a> {
    pub(crate) fn new(port: &'a Port) -> Self {
        Self(Turn::new(port))
    }

    /// A turn of so many steps; whether there is to be another.
    pub(crate) fn turn(&self, budget: i32) -> bool {
        device::napi::poll(&self.0, budget) == budget
    }

    /// What it was handed.
    pub(crate) fn got(&self) -> Vec<Got> {
        let packets = self.0.device().packets();
        let got = packets.iter().map(|packet| Got {
            value: value(packet),
        });
        got.collect()
    }
}

/// A socket that knows no network yet.
pub(crate) fn open() -> SockRef<Endpoint> {
    Sock::<Endpoint>::open(2, IPN_ANY as i32).unwrap()
}

/// The same of the kind `SOCK_RDM`.
fn open_reliable() -> SockRef<Endpoint> {
    Sock::<Endpoint>::open(4, IPN_ANY as i32).unwrap()
}

/// `bind(2)` of a second manager; whether the network was still there.
pub(crate) fn bind(sock: &Sock<Endpoint>) -> bool {
    let result = task::call(|| Endpoint::bind(sock, &address()));
    assert!(result.is_ok() || result == Err(Errno::CONNREFUSED.into()));
    result.is_ok()
}

/// Sleeps in `poll(2)` until the end of the network, or until the socket is shut.
pub(crate) fn poll_for_end(sock: &Sock<Endpoint>) {
    let mut entry = sock.join();
    while Endpoint::poll(sock, true) & events::HUP == 0 && sock.port.sends() {
        sock.sleep(&mut entry);
    }
    sock.unjoin();
}

/// Sends in the caller's call; `more` may follow.
pub(crate) fn send_in_call(network: &Network, port: &Port, message: Message, more: bool) {
    task::with(|task| task.more_follows.set(more));
    network.send_now(port, message, true).unwrap();
    task::with(|task| task.more_follows.set(false));
}

/// `mmap(2)` of the page of a port's position.
pub(crate) fn map_cursor(port: &Port) -> CursorPage {
    Endpoint::map(port, &NewMapping::new(IPN_MAP_CURSOR)).unwrap();
    port.port.cursor.page().unwrap().clone()
}

/// `mmap(2)` of what the one writer writes.
pub(crate) fn map_writer(port: &Port) {
    Endpoint::map(port, &NewMapping::new(IPN_MAP_WRITER)).unwrap();
}

/// Sleeps in `poll(2)` until there is room, or the network has ended.
pub(crate) fn poll_for_room(port: &Port) {
    let mut entry = port.join();
    while Endpoint::poll(port, true) & (events::OUT | events::HUP) == 0 {
        port.sleep(&mut entry);
    }
    port.unjoin();
}

/// `ioctl(2)` with `FIONREAD`: a mapped reader asks to be looked at.
pub(crate) fn ask(port: &Port) {
    assert_eq!(try_ask(port), Ok(()));
}

/// The same of the one writer, which may find that the network has ended.
pub(crate) fn try_ask(port: &Port) -> Result<(), Refused> {
    match task::call(|| Endpoint::ioctl(port, FIONREAD, 0)) {
        Ok(_) => Ok(()),
        Err(error) if error == EPIPE => Err(Refused::Over),
        Err(error) => panic!("{error:?}"),
    }
}
