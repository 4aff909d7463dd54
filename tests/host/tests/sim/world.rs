// SPDX-License-Identifier: GPL-2.0

//! A run of a scenario: descriptors, the tasks' calls, and what must hold in the end.

use crate::{
    abi::errno::Errno,
    abi::record,
    abi::uapi::*,
    oracle::{bytes_for, id, Account, Port, Told, LONG},
    packing::packed,
    ring::{port::RECEIVE_SHUT, PeekAt, Ring},
    rust::fs::path,
    rust::glue::{global::registry, ring_memory::RingMemory},
    rust::mm::mmap::NewMapping,
    rust::net::message::{Flags, Got, Incoming, Outgoing},
    rust::net::sockopt::OptionReader,
    rust::net::{
        family::Family,
        namespace::Namespace,
        socket::{events, Sock, SockRef, FAMILY},
    },
    rust::task::{current as task, workers},
    scenario::{Call, Make, Scenario, Task, FILES, NAMES},
    socket::Endpoint,
    table,
};
use kernel::prelude::*;
use std::{
    ffi::CString,
    sync::{Arc, Mutex, Weak},
};

/// `include/uapi/linux/af_ipn.h`.
pub(crate) const IPN_TERMINATE: u32 = ((b'I' as u32) << 8) | 198;

/// An open file: the socket is released when the last call on it has ended.
struct File(Option<SockRef<Endpoint>>);

impl File {
    fn sock(&self) -> &SockRef<Endpoint> {
        self.0.as_ref().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(sock) = self.0.take() {
            Sock::close(sock);
        }
    }
}

/// What tasks share.
struct World {
    files: [Mutex<Option<Arc<File>>>; FILES],
    account: Account,
    /// Every socket that there was.
    socks: Mutex<Vec<Weak<Sock<Endpoint>>>>,
}

fn name(number: usize) -> CString {
    CString::new(format!("/{number}")).unwrap()
}

fn address(number: usize) -> Vec<u8> {
    let name = name(number);
    [&FAMILY.to_ne_bytes()[..], name.as_bytes()].concat()
}

/// Whether a call may fail like this: as the table has it of these calls in states, by what is no state of a
/// socket, and by want of memory.
fn may(result: &Result<impl Sized>, cells: &[(&str, &str)], others: &[Error]) {
    if let Err(error) = result {
        let mut errors = cells.iter().map(|(call, state)| table::error(call, state));
        let memory = [ENOMEM, EFAULT, Errno::NOBUFS.into()];
        assert!(
            errors.any(|one| one == *error) || others.contains(error) || memory.contains(error),
            "{error:?}"
        );
    }
}

/// How calls fail in the states that there are.
const BIND: &[(&str, &str)] = &[("bind directory", "fresh")];
const SEND: &[(&str, &str)] = &[
    ("send 1 DONTWAIT", "full"),
    ("send 1 DONTWAIT", "mute"),
    ("send 1 DONTWAIT", "fresh"),
];
const RECEIVE: &[(&str, &str)] = &[
    ("recv 64 DONTWAIT", "member"),
    ("recv 64 DONTWAIT", "deaf"),
    ("recv 64 DONTWAIT", "fresh"),
];

/// What other users and others of that name make of it.
fn of_bind() -> [Error; 3] {
    [EACCES, Errno::PROTO.into(), Errno::ADDRINUSE.into()]
}

fn int(value: i32) -> OptionReader {
    OptionReader(value.to_ne_bytes().to_vec())
}

/// One user more of a network that a file names.
fn enter(identity: usize) -> Result<kernel::sync::Arc<crate::socket::Network>> {
    let user = crate::registry::user(usize::MAX, Namespace::INITIAL, false)?;
    Ok(crate::registry::enter_by_file(identity, user)?)
}

/// The port of a socket.
fn port_of(sock: &Sock<Endpoint>) -> Option<Port> {
    let network = sock.network()?;
    Some(Port {
        network: std::ptr::from_ref(&**network) as usize,
        sock: sock.as_ptr() as usize,
    })
}

/// Longest message of the network that a port is on.
fn mtu_of(sock: &Sock<Endpoint>) -> u32 {
    sock.network().map_or(16, |network| network.mtu() as u32)
}

/// A port that refuses every other message.
fn even(message: &[u8]) -> usize {
    match message.get(13) {
        Some(number) if number % 2 == 1 => 0,
        _ => usize::MAX,
    }
}

/// What a ring shows to who has mapped it are the messages of its pool, and not a byte of others.
fn shows_the_pool_only(ring: &Ring<RingMemory>, pool: u32) {
    if let Some(mut clearing) = ring.show() {
        while !ring.clear_some(&mut clearing) {}
    }
    let mut seen = ring.memory().seen();
    let mut gone = false;
    let (oldest, published) = (ring.oldest(), ring.published());
    assert!(
        published - oldest <= u64::from(pool) || ring.has_long_messages(LONG),
        "one more than the pool"
    );
    for number in oldest..published {
        match ring.peek_at(number) {
            PeekAt::Message { at, meta } if !meta.is_in_parts() => {
                let first = at.at as usize;
                seen[first..first + meta.len as usize].fill(0);
            }
            PeekAt::Message { at, meta } => {
                ring.each_piece(at, meta, meta.len as usize, |at, len| {
                    seen[at as usize..at as usize + len].fill(0);
                    true
                });
            }
            // The parts that are left of one that is not are overwritten soon.
            PeekAt::Gone(_) => gone = true,
            // Of what did not come about there is nothing.
            PeekAt::Void => {}
            _ => panic!("message {number} of {oldest} to {published} is not there"),
        }
    }
    let left = seen.iter().position(|&byte| byte != 0);
    assert!(left.is_none() || gone, "left of {} bytes", seen.len());
}

impl World {
    fn new() -> Self {
        Self {
            files: [const { Mutex::new(None) }; FILES],
            account: Account::default(),
            socks: Mutex::new(Vec::new()),
        }
    }

    fn file(&self, number: usize) -> Option<Arc<File>> {
        self.files[number].lock().unwrap().clone()
    }

    /// The descriptor stands for another file from now on; the old one is closed.
    fn put(&self, number: usize, file: Option<Arc<File>>) {
        let old = std::mem::replace(&mut *self.files[number].lock().unwrap(), file);
        drop(old);
    }

    fn socket(&self, protocol: u32) -> Result<Arc<File>> {
        let sock = Sock::<Endpoint>::open(2, protocol as i32)?;
        self.socks.lock().unwrap().push(sock.weak());
        Ok(Arc::new(File(Some(sock))))
    }

    fn connect(&self, sock: &Sock<Endpoint>, address: &[u8]) -> Result {
        let began = self.account.now();
        let result = task::call(|| Endpoint::connect(sock, address));
        if result.is_ok() {
            self.account.joined(port_of(sock).unwrap(), began);
        }
        result
    }

    fn create(&self, file: usize, at: usize, make: Make, connect: bool) -> Result {
        let new = self.socket(make.protocol)?;
        let sock = new.sock();
        for (option, value) in [
            (IPN_SO_FLAGS, i32::from(make.lossless)),
            (IPN_SO_MSGPOOLSIZE, make.pool as i32),
            (IPN_SO_NUMNODES, make.ports as i32),
            (IPN_SO_MODE, make.mode as i32),
            (IPN_SO_MTU, if make.long { LONG as i32 } else { 16 }),
        ] {
            task::call(|| Endpoint::set_option(sock, 0, option, &int(value)))?;
        }
        let bound = task::call(|| Endpoint::bind(sock, &address(at)));
        may(&bound, BIND, &of_bind());
        bound?;
        if connect {
            let result = self.connect(sock, &[]);
            let ended = [("connect null", "managing-ended")];
            may(&result, &ended, &[Errno::ADDRNOTAVAIL.into(), EACCES]);
            if make.pool % 2 == 1 {
                // From then on the ring has nothing that can not be read, at any time.
                let mapped = Endpoint::map(sock, &NewMapping::new(IPN_MAP_RING));
                let refused = [EACCES, Errno::OPNOTSUPP.into(), Errno::NOTCONN.into()];
                may(&mapped, &[], &refused);
            }
        }
        self.put(file, Some(new));
        Ok(())
    }

    fn join(&self, file: usize, at: usize, oob: bool, filter: bool, records: bool) -> Result {
        let new = self.socket(IPN_ANY)?;
        let sock = new.sock();
        if oob {
            task::call(|| Endpoint::set_option(sock, 0, IPN_SO_HANDLE_OOB, &int(1)))?;
            task::call(|| Endpoint::set_option(sock, 0, IPN_SO_WANT_OOB_NUMNODES, &int(1)))?;
        }
        if records {
            task::call(|| Endpoint::set_option(sock, 0, IPN_SO_RECORDS, &int(1)))?;
        }
        if filter {
            sock.attach_filter(even);
            task::call(|| Endpoint::has_filter(sock));
        }
        let result = self.connect(sock, &address(at));
        let refused = [("connect none", "fresh"), ("connect directory", "fresh")];
        may(&result, &refused, &[Errno::ADDRNOTAVAIL.into(), EACCES]);
        result?;
        self.put(file, Some(new));
        Ok(())
    }

    fn send(&self, me: u32, next: &mut u32, sock: &Sock<Endpoint>, count: u32, wait: bool) {
        let Some(port) = port_of(sock) else {
            return;
        };
        let flags = if wait { 0 } else { Flags::DONTWAIT };
        if sock.records.is_up() {
            return self.send_records(me, next, sock, count, flags);
        }
        task::with(|task| task.more_follows.set(count > 1));
        task::call(|| {
            for _ in 0..count {
                *next += 1;
                let id = id(me, *next);
                let bytes = bytes_for(id, mtu_of(sock));
                self.account.sends(id, port, bytes.len());
                let result = Endpoint::send(sock, Outgoing::new(&bytes, flags));
                may(&result, SEND, &[EINTR]);
                match result {
                    Ok(len) => {
                        assert_eq!(len, bytes.len());
                        self.account.has_sent(id);
                    }
                    Err(_) => break,
                }
            }
        });
        task::with(|task| task.more_follows.set(false));
    }

    /// Sends messages by one call.
    fn send_records(&self, me: u32, next: &mut u32, sock: &Sock<Endpoint>, count: u32, flags: u32) {
        let port = port_of(sock).unwrap();
        let ids: Vec<u64> = (1..=count).map(|number| id(me, *next + number)).collect();
        *next += count;
        let mtu = mtu_of(sock);
        let messages: Vec<_> = ids.iter().map(|id| bytes_for(*id, mtu)).collect();
        for (id, message) in ids.iter().zip(&messages) {
            self.account.sends(*id, port, message.len());
        }
        let all = packed(&messages);
        let result = task::call(|| Endpoint::send(sock, Outgoing::new(&all, flags)));
        may(&result, SEND, &[EINTR]);
        let sent = result.unwrap_or(0);
        assert!(sent == all.len() || sent % 8 == 0, "between two records");
        for (at, id) in ids.into_iter().enumerate() {
            if packed(&messages[..=at]).len() <= sent {
                self.account.has_sent(id);
            }
        }
    }

    /// A call gave records: what each of them says.
    fn got_records(&self, me: u32, port: Port, got: &Got, len: usize, room: usize, flags: u32) {
        let stays = Flags(flags).peek();
        if got.truncated {
            assert!(got.bytes.len() == room && len <= room || Flags(flags).truncated_length());
            return self.account.cut(port, stays);
        }
        assert_eq!(len, got.bytes.len());
        let mut at = 0;
        while at < len {
            let record = &got.bytes[at..];
            let size = u32::from_ne_bytes(record[..4].try_into().unwrap()) as usize;
            let message = &record[record::HEADER..][..size];
            let told = Told {
                room: size,
                len: size,
                truncated: false,
                stays,
            };
            self.account.got(me, port, message, told);
            at = record::begin(at + record::size(record::HEADER, size));
        }
    }

    /// Receives; tells whether there may be more.
    fn receive(&self, me: u32, sock: &Sock<Endpoint>, room: usize, flags: u32) -> Result<bool> {
        let mut got = Got::default();
        // For some records, or for less than one.
        let room = if sock.records.is_up() { room * 7 } else { room };
        let place = Incoming::new(&mut got, room, flags);
        let result = task::call(|| Endpoint::receive(sock, place));
        may(&result, RECEIVE, &[EINTR, ERESTARTSYS]);
        let len = result?;
        if got.out_of_band {
            assert_eq!(got.bytes.len(), room.min(16), "a census is 16 bytes");
            return Ok(true);
        }
        if !got.end_of_record {
            assert_eq!(len, 0, "only the end is no record");
            assert!(sock.network().unwrap().is_terminated());
            return Ok(false);
        }
        if sock.records.is_up() {
            let port = port_of(sock).unwrap();
            self.got_records(me, port, &got, len, room, flags);
            return Ok(true);
        }
        let told = Flags(flags).truncated_length();
        let whole = if told { len } else { got.bytes.len() };
        if !told {
            assert_eq!(len, got.bytes.len());
        }
        let port = port_of(sock).unwrap();
        let cut = got.truncated && !told;
        let told = Told {
            room,
            len: whole + usize::from(cut),
            truncated: got.truncated,
            stays: Flags(flags).peek(),
        };
        self.account.got(me, port, &got.bytes, told);
        Ok(true)
    }

    fn poll(&self, sock: &Sock<Endpoint>) {
        let mut entry = sock.join();
        // It must get on when it is woken; here a while is enough.
        let mut turns = 3;
        while Endpoint::poll(sock, true) & !events::OUT == 0 && turns != 0 {
            turns -= 1;
            shuttle::thread::yield_now();
        }
        let _ = &mut entry;
        sock.unjoin();
    }

    fn call(&self, me: u32, next: &mut u32, call: Call) {
        let with = |file: usize, act: &mut dyn FnMut(&Sock<Endpoint>)| {
            if let Some(file) = self.file(file) {
                act(file.sock());
            }
        };
        match call {
            Call::Create {
                file,
                name,
                make,
                connect,
            } => {
                let result = self.create(file, name, make, connect);
                may(&result, BIND, &of_bind());
            }
            Call::Join {
                file,
                name,
                oob,
                filter,
                records,
            } => drop(self.join(file, name, oob, filter, records)),
            Call::Connect { file, port } => with(file, &mut |sock| {
                let _ = task::call(|| Endpoint::set_option(sock, 0, IPN_SO_PORT, &int(port)));
                let _ = self.connect(sock, &[]);
            }),
            Call::Send { file, count, wait } => {
                with(file, &mut |sock| self.send(me, next, sock, count, wait));
            }
            Call::Receive {
                file,
                room,
                flags,
                wait,
            } => with(file, &mut |sock| {
                let flags = if wait { flags } else { flags | Flags::DONTWAIT };
                let _ = self.receive(me, sock, room, flags);
            }),
            Call::Poll { file } => with(file, &mut |sock| self.poll(sock)),
            Call::Length { file } => with(file, &mut |sock| {
                let result = task::call(|| Endpoint::ioctl(sock, 0x541b, 0));
                may(&result, &[], &[ERESTARTSYS]);
            }),
            Call::Shutdown { file, how } => with(file, &mut |sock| {
                if let (Some(port), true) = (port_of(sock), how != 1) {
                    self.account.shuts(port);
                }
                let result = task::call(|| Endpoint::shutdown(sock, how));
                may(&result, &[], &[]);
            }),
            Call::Close { file } => self.put(file, None),
            Call::Terminate { file } => with(file, &mut |sock| {
                if let Some(port) = port_of(sock) {
                    self.account.ends(port.network);
                }
                let result = task::call(|| Endpoint::ioctl(sock, IPN_TERMINATE, 0));
                let ending = "ioctl IPN_TERMINATE do";
                may(&result, &[(ending, "member"), (ending, "fresh")], &[]);
            }),
            Call::Resize { file, ports } => with(file, &mut |sock| {
                let set = || Endpoint::set_option(sock, 0, IPN_SO_CHANGE_NUMNODES, &int(ports));
                let result = task::call(set);
                let resizing = "setsockopt IPN_SO_CHANGE_NUMNODES 1";
                let refused = [(resizing, "member"), (resizing, "fresh")];
                may(&result, &refused, &[EPERM, Errno::ADDRINUSE.into()]);
            }),
            Call::HandleOob { file, wanted } => with(file, &mut |sock| {
                let set = || Endpoint::set_option(sock, 0, IPN_SO_HANDLE_OOB, &int(wanted));
                may(&task::call(set), &[], &[]);
            }),
            Call::Unlink { name: at } => may(&path::unlink(&name(at)), &[], &[ENOENT]),
        }
    }

    /// What the task of a number does.
    fn run(&self, me: u32, does: &Task) {
        task::with(|task| {
            task.uid.set(does.uid);
            task.waits_end.set(true);
            task.faults.set(does.faults);
        });
        let mut next = 0;
        for &call in &does.calls {
            self.call(me, &mut next, call);
        }
        task::with(|task| task.faults.set(0));
    }

    /// Nothing runs any more: reads every port to its end, looks at what the networks tell of
    /// themselves, closes everything, and looks that nothing is left.
    fn settle(&self, me: u32) {
        task::with(|task| task.uid.set(0));
        for file in (0..FILES).filter_map(|file| self.file(file)) {
            let sock = file.sock();
            if let Some(seat) = sock.seat.as_ref() {
                self.settle_port(me, sock, seat);
            }
        }
        for file in 0..FILES {
            self.put(file, None);
        }
        workers::flush();
        assert_eq!(registry().networks().count(), 0, "a network is left");
        let mut socks = self.socks.lock().unwrap();
        socks.retain(|sock| sock.strong_count() != 0);
        assert_eq!(socks.len(), 0, "sockets are left");
        for at in 0..NAMES {
            let _ = path::unlink(&name(at));
        }
    }

    fn settle_port(&self, me: u32, sock: &Sock<Endpoint>, seat: &crate::socket::endpoint::Seat) {
        let network = &seat.network;
        let polled = |event| task::call(|| Endpoint::poll(sock, false)) & event != 0;
        // What `poll` says is what the calls do.
        loop {
            let readable = polled(events::IN);
            match self.receive(me, sock, 64, Flags::DONTWAIT) {
                Ok(true) => assert!(readable, "a message of which poll knows nothing"),
                Ok(false) => {
                    assert!(readable, "an end of which poll knows nothing");
                    break;
                }
                Err(error) => {
                    assert!(!(readable && error == EAGAIN), "poll promised a message");
                    break;
                }
            }
        }
        let left = task::call(|| enter(network.identity));
        match left {
            Ok(found) => {
                assert!(
                    std::ptr::eq(&*found, &**network),
                    "another network of its name"
                );
                crate::registry::leave(&found, usize::MAX);
            }
            Err(_) => assert!(
                network.is_terminated(),
                "a network in use that nobody finds"
            ),
        }
        let figures = network.figures();
        let members = network.members.lock();
        assert_eq!(
            figures.used as usize,
            members.iter().count(),
            "ports that are taken"
        );
        let readers = members.iter().filter(|sock| sock.port.receives()).count();
        let writers = members.iter().filter(|sock| sock.port.sends()).count();
        drop(members);
        assert_eq!(figures.counts.readers as usize, readers, "readers");
        assert_eq!(figures.counts.writers as usize, writers, "writers");
        let hub = seat.shares;
        if hub {
            shows_the_pool_only(&seat.ring, network.pool);
        }
        let filtered = sock.filter().is_some();
        let port = port_of(sock).unwrap();
        let shut = sock.port.shut() & RECEIVE_SHUT != 0;
        if shut {
            // With the mode bits, perhaps.
            self.account.shuts(port);
        }
        let lost = u64::from(sock.drops());
        (self.account).judge(port, lost, network.is_lossless(), hub, filtered);
    }
}

/// Runs a scenario once, under the schedule that the caller is in.
pub(crate) fn run(scenario: &Scenario) {
    kernel::alloc::fail_when(task::fails);
    let world = Arc::new(World::new());
    for file in 0..scenario.ports {
        match file {
            0 => world.create(0, 0, scenario.make, true).unwrap(),
            // There may be fewer ports, or no right to them.
            _ => drop(world.join(file, 0, false, false, file % 2 == 1)),
        }
    }
    let tasks = (0..).zip(scenario.tasks.clone()).map(|(me, does)| {
        let world = world.clone();
        shuttle::thread::spawn(move || world.run(me, &does))
    });
    let tasks: Vec<_> = tasks.collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
    world.settle(scenario.tasks.len() as u32);
}
