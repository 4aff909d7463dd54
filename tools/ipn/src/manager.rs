// SPDX-License-Identifier: GPL-2.0

//! A socket that is bound: it manages its network, and has no port.

use crate::error::Error;
use crate::failed::Failed;
use crate::kinds::Direction;
use crate::network::Network;
use crate::operation::Operation;
use crate::port::Port;
use crate::socket::{descriptor, Socket};
use crate::sys::Address;
use rustix::fd::AsFd;
use rustix::net::Shutdown;

/// A manager of a network. The network lives as long as a socket is bound or
/// connected to it.
///
/// A poll of its descriptor tells of one thing, the end of the network: by
/// `POLLIN`, `POLLRDHUP` and `POLLHUP`, the last whether asked for or not.
#[derive(Debug)]
pub struct Manager {
    socket: Socket,
}

impl Manager {
    pub(crate) fn of(socket: Socket) -> Self {
        Self { socket }
    }

    pub(crate) fn into_socket(self) -> Socket {
        self.socket
    }

    /// Its network.
    pub fn network(&self) -> Network<'_> {
        Network::of(&self.socket)
    }

    /// Whether it has created the network, rather than joined it, as the kernel tells
    /// (`IPN_SO_CREATOR`).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn is_creator(&self) -> Result<bool, Error> {
        self.socket.is_creator()
    }

    /// Takes a port on it. The port manages the network too. If that fails the manager comes back with
    /// the error.
    ///
    /// # Errors
    ///
    /// `EADDRNOTAVAIL`: no port is free, or the wanted one does not exist. `EADDRINUSE`: the
    /// wanted one is taken. `ECONNREFUSED`: the network has ended.
    pub fn connect(self) -> Result<Port, Failed<Self>> {
        let operation = Operation::Connect(Direction::Both);
        match rustix::net::connect(self.socket.as_fd(), &Address::NONE) {
            Ok(()) => Ok(Port::of(self.socket)),
            Err(errno) => Err(Failed::new(self.socket.error(operation, errno), self)),
        }
    }

    /// Gives up sending or receiving, for good: of the port that is taken afterwards.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.socket.give_up(how)
    }

    /// The text that describes the socket.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn description(&self) -> Result<String, Error> {
        self.socket.description()
    }

    /// Sets the text that describes the socket, of up to 127 bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is longer.
    pub fn set_description(&self, text: &str) -> Result<(), Error> {
        self.socket.set_description(text)
    }

    /// The same socket under another descriptor.
    ///
    /// # Errors
    ///
    /// `EMFILE`: the process has as many descriptors as it may.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self::of(self.socket.try_clone()?))
    }
}

descriptor!(Manager);
