// SPDX-License-Identifier: GPL-2.0

//! A port of a network, as libvdeplug's callers see it.

use crate::failure::Failure;
use crate::sys;
use crate::url::{Creation, Url};
use ipn::{Builder, Errno, Kind, Port, RecvFlags, SendFlags, Shutdown, SocketType};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{AddressFamily, SocketFlags};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest frame of a network created here: 1500 bytes of payload, the
/// header of 14, and two 802.1Q tags.
const MTU: u32 = 1522;

/// The length of an Ethernet header, and so of the shortest frame.
const HEADER: usize = 14;

/// What `vde_recv` returns for a frame that is to be ignored.
const IGNORED: usize = 1;

/// How long a sender waits for the readers of a lossless network.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the caller said beside the URL.
#[derive(Debug, Default)]
pub struct Request {
    /// A text that describes the connection.
    pub description: String,
    /// The port to take, unless the URL names one.
    pub port: Option<u32>,
    /// The mode of the file of a network that is created, unless the URL says it.
    pub mode: Option<u32>,
    /// Whether a group was named.
    pub group: bool,
}

/// An open connection.
///
/// It takes a frame by each call, as its callers do. Frames that came with one as records would wait in here
/// while the descriptor, on which the caller polls, is silent.
#[derive(Debug)]
pub struct Connection {
    port: Port,
    /// Silent until the network ends, then at its end.
    control: OwnedFd,
    /// The other end of `control`; takes the place of the port's socket when the
    /// network has ended.
    silent: OwnedFd,
    ended: AtomicBool,
}

impl Connection {
    /// Opens what the text after `ipn://` asks for.
    pub fn open(url: &[u8], request: &Request) -> Result<Self, Failure> {
        let url = Url::parse(url)?;
        if request.group {
            return Err(Failure::Unsupported(
                "a network's group is not set here; use chgrp on its file",
            ));
        }
        let port = join(&url, request)?;
        port.set_send_timeout(Some(PATIENCE))?;
        Self::of(port)
    }

    /// A connection on a port.
    fn of(port: Port) -> Result<Self, Failure> {
        let (control, silent) = rustix::net::socketpair(
            AddressFamily::UNIX,
            rustix::net::SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )
        .map_err(|errno| Failure::System("make a control channel", errno))?;
        Ok(Self {
            port,
            control,
            silent,
            ended: AtomicBool::new(false),
        })
    }

    /// The descriptor that is readable when a frame can be received.
    pub fn data_fd(&self) -> BorrowedFd<'_> {
        self.port.as_fd()
    }

    /// The descriptor that is at its end when the network has ended.
    pub fn control_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// Receives a frame; 0 once the network has ended. What is no frame, or did
    /// not fit into the buffer, is to be ignored: its length is said to be 1.
    pub fn recv(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<usize, Errno> {
        if self.has_ended() {
            return Ok(0);
        }
        let received = match self.port.recv_with(buffer, flags) {
            Ok(received) => received,
            // Another thread has read the end since.
            Err(_) if self.has_ended() => return Ok(0),
            Err(error) => return Err(error.errno()),
        };
        match received.kind() {
            Kind::Message if received.is_truncated() || received.len() < HEADER => Ok(IGNORED),
            Kind::Message => Ok(received.len()),
            Kind::OutOfBand => Ok(IGNORED),
            Kind::End => {
                self.end();
                Ok(0)
            }
        }
    }

    /// Sends a frame; returns its length.
    pub fn send(&self, frame: &[u8], flags: SendFlags) -> Result<usize, Errno> {
        match self.port.send_with(frame, flags | SendFlags::NOSIGNAL) {
            Ok(()) => Ok(frame.len()),
            Err(_) if self.has_ended() => Err(Errno::PIPE),
            Err(error) => Err(error.errno()),
        }
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Tells of the end on the control descriptor, and makes the data descriptor,
    /// which would be readable for ever, one that never is.
    fn end(&self) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        // Neither can fail on descriptors that are open; and if it did, the callers
        // would still learn of the end from the zero that they get.
        let _ = rustix::net::shutdown(&self.silent, Shutdown::Write);
        let _ = sys::replace(self.port.as_fd(), self.silent.as_fd());
    }
}

/// Joins the network, which is created if that is wanted and there is none.
fn join(url: &Url, request: &Request) -> Result<Port, ipn::Error> {
    let mut builder = Builder::new()
        .socket_type(SocketType::Datagram)
        .description(description(&request.description));
    if let Some(policy) = url.policy {
        builder = builder.policy(policy);
    }
    if let Some(port) = url.port.or(request.port) {
        builder = builder.port(port);
    }
    let Some(creation) = url.create else {
        return builder.connect(&url.path);
    };
    shaped(builder, creation, request).connect_or_create(&url.path)
}

/// `builder` with what is said of a network to create.
fn shaped(builder: Builder, creation: Creation, request: &Request) -> Builder {
    let builder = builder.mtu(creation.mtu.unwrap_or(MTU));
    match creation.mode.or(request.mode) {
        Some(mode) => builder.mode(mode & 0o777),
        None => builder,
    }
}

/// As much of a text as describes a socket.
fn description(text: &str) -> &str {
    let mut end = text.len().min(ipn::abi::IPN_DESCRLEN - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
