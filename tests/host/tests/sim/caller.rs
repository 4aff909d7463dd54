// SPDX-License-Identifier: GPL-2.0

//! System calls on a socket, as one task makes them, with error numbers.

use crate::{
    chaos,
    rust::{
        fs::path,
        net::{
            family::Family,
            message::{Flags, Got, Incoming, Outgoing},
            socket::{Sock, SockRef, FAMILY},
            sockopt::{OptionReader, OptionWriter},
        },
        task::current as task,
    },
    socket::Endpoint,
};
use kernel::prelude::*;
use std::ffi::CString;

/// What a call gives: an error by its number.
pub(crate) type Answer<T = ()> = core::result::Result<T, i32>;

fn answer<T>(result: Result<T>) -> Answer<T> {
    result.map_err(|error| -error.to_errno())
}

/// Numbers of errors, as in `include/uapi/asm-generic/errno.h`.
pub(crate) mod errors {
    pub(crate) const PERM: i32 = 1;
    pub(crate) const AGAIN: i32 = 11;
    pub(crate) const ACCES: i32 = 13;
    pub(crate) const EXIST: i32 = 17;
    pub(crate) const INVAL: i32 = 22;
    pub(crate) const PIPE: i32 = 32;
    pub(crate) const PROTO: i32 = 71;
    pub(crate) const MSGSIZE: i32 = 90;
    pub(crate) const NOPROTOOPT: i32 = 92;
    pub(crate) const PROTONOSUPPORT: i32 = 93;
    pub(crate) const SOCKTNOSUPPORT: i32 = 94;
    pub(crate) const OPNOTSUPP: i32 = 95;
    pub(crate) const ADDRINUSE: i32 = 98;
    pub(crate) const ADDRNOTAVAIL: i32 = 99;
    pub(crate) const NOBUFS: i32 = 105;
    pub(crate) const ISCONN: i32 = 106;
    pub(crate) const NOTCONN: i32 = 107;
    pub(crate) const CONNRESET: i32 = 104;
    pub(crate) const CONNREFUSED: i32 = 111;
}

/// Runs a test as the one task that there is.
pub(crate) fn alone(test: fn(&())) {
    chaos::schedules(test, 1);
}

/// The task is that user's from now on.
pub(crate) fn be(uid: u32) {
    task::with(|task| task.uid.set(uid));
}

/// `struct sockaddr_un`.
pub(crate) fn address(name: &str) -> Vec<u8> {
    [&FAMILY.to_ne_bytes()[..], name.as_bytes()].concat()
}

/// A socket that is closed in the end.
pub(crate) struct Socket(Option<SockRef<Endpoint>>);

impl Drop for Socket {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.take().into_iter().for_each(Sock::close);
        }
    }
}

impl Socket {
    /// `socket(2)`, of the kind `SOCK_DGRAM`.
    pub(crate) fn open(protocol: i32) -> Answer<Self> {
        answer(Sock::open(2, protocol)).map(|sock| Self(Some(sock)))
    }

    /// The same, of the kind `SOCK_RDM`.
    pub(crate) fn open_reliable() -> Self {
        Self(Some(Sock::open(4, 0).unwrap()))
    }

    /// `close(2)`, before the end.
    pub(crate) fn close(&mut self) {
        self.0.take().into_iter().for_each(Sock::close);
    }

    /// One that has made the network `name` with these options, and has no port. A name that one has left
    /// is taken away before.
    pub(crate) fn made(name: &str, protocol: u32, options: &[(u32, i32)]) -> Self {
        Self::open(protocol as i32).unwrap().makes(name, options)
    }

    /// The same of a reliable bus.
    pub(crate) fn reliable(name: &str, options: &[(u32, i32)]) -> Self {
        Self::open_reliable().makes(name, options)
    }

    fn makes(self, name: &str, options: &[(u32, i32)]) -> Self {
        let new = self;
        for &(option, value) in options {
            new.set(option, value).unwrap();
        }
        let _ = path::unlink(&CString::new(name).unwrap());
        new.bind(name).unwrap();
        new
    }

    /// One that has a port of the network `name`.
    pub(crate) fn joined(name: &str) -> Self {
        let new = Self::open(0).unwrap();
        new.connect(name).unwrap();
        new
    }

    pub(crate) fn sock(&self) -> &SockRef<Endpoint> {
        self.0.as_ref().unwrap()
    }

    /// `setsockopt(2)` of the family's level.
    pub(crate) fn set(&self, option: u32, value: i32) -> Answer {
        self.set_bytes(0, option, &value.to_ne_bytes())
    }

    pub(crate) fn set_bytes(&self, level: i32, option: u32, bytes: &[u8]) -> Answer {
        let value = OptionReader(bytes.to_vec());
        answer(task::call(|| {
            Endpoint::set_option(self.sock(), level, option, &value)
        }))
    }

    /// `getsockopt(2)` of the family's level.
    pub(crate) fn get(&self, option: u32) -> Answer<i32> {
        let bytes = self.get_bytes(0, option, 4)?;
        Ok(i32::from_ne_bytes(bytes.try_into().unwrap()))
    }

    pub(crate) fn get_bytes(&self, level: i32, option: u32, room: usize) -> Answer<Vec<u8>> {
        let mut bytes = vec![0; room];
        let mut place = OptionWriter(&mut bytes, room);
        let result = task::call(|| Endpoint::get_option(self.sock(), level, option, &mut place));
        answer(result).map(|()| bytes)
    }

    pub(crate) fn bind(&self, name: &str) -> Answer {
        answer(task::call(|| Endpoint::bind(self.sock(), &address(name))))
    }

    /// `connect(2)`; with an empty name as one who is bound.
    pub(crate) fn connect(&self, name: &str) -> Answer {
        let bytes = if name.is_empty() {
            Vec::new()
        } else {
            address(name)
        };
        answer(task::call(|| Endpoint::connect(self.sock(), &bytes)))
    }

    /// `getsockname(2)`.
    pub(crate) fn name(&self) -> Answer<Vec<u8>> {
        let (bytes, len) = answer(Endpoint::name(self.sock(), false))?;
        Ok(bytes[..len].to_vec())
    }

    /// `ioctl(2)`; the number that it puts into the caller's memory, if it does.
    pub(crate) fn request(&self, request: u32, argument: usize) -> Answer<i32> {
        task::with(|task| task.number.set(-1));
        let result = task::call(|| Endpoint::ioctl(self.sock(), request, argument));
        answer(result)
    }

    /// `FIONREAD`.
    pub(crate) fn next_length(&self) -> Answer<i32> {
        assert_eq!(self.request(0x541b, 0)?, 0);
        Ok(task::with(|task| task.number.get()))
    }

    pub(crate) fn shut(&self, how: i32) -> Answer {
        answer(task::call(|| Endpoint::shutdown(self.sock(), how)))
    }

    /// `send(2)`, which waits for nothing.
    pub(crate) fn send(&self, bytes: &[u8], flags: u32) -> Answer<usize> {
        let message = Outgoing::new(bytes, flags | Flags::DONTWAIT);
        answer(task::call(|| Endpoint::send(self.sock(), message)))
    }

    /// `recv(2)`, which waits for nothing: what it returns, and what it has got.
    pub(crate) fn receive(&self, room: usize, flags: u32) -> Answer<(usize, Got)> {
        let mut got = Got::default();
        let place = Incoming::new(&mut got, room, flags | Flags::DONTWAIT);
        let len = answer(task::call(|| Endpoint::receive(self.sock(), place)))?;
        Ok((len, got))
    }

    /// The next message or out-of-band message, whole.
    pub(crate) fn next(&self) -> Answer<Vec<u8>> {
        self.receive(64, 0).map(|(_, got)| got.bytes)
    }

    pub(crate) fn poll(&self) -> u32 {
        task::call(|| Endpoint::poll(self.sock(), false))
    }
}
