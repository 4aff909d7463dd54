// SPDX-License-Identifier: GPL-2.0

//! The network behind a socket.

use crate::error::Error;
use crate::kinds::{Flags, Policy};
use crate::level::LEVEL;
use crate::name::{FileNumbers, Name};
use crate::operation::Operation;
use crate::socket::Socket;
use crate::switch::Switch;
use crate::sys;
use ipn_abi as abi;
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::ffi::c_int;
use std::path::Path;
use std::time::Duration;

/// The network that a [`Manager`](crate::Manager) or a [`Port`](crate::Port)
/// belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    socket: &'a Socket,
}

impl<'a> Network<'a> {
    pub(crate) fn of(socket: &'a Socket) -> Self {
        Self { socket }
    }

    /// Its path: the one given, or for a descriptor that was taken over the one
    /// that the kernel tells.
    pub fn path(&self) -> Option<&'a Path> {
        self.socket.path()
    }

    /// Its delivery policy as the socket was opened with: [`Policy::ANY`] when
    /// that was left open.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn policy(&self) -> Result<Policy, Error> {
        rustix::net::sockopt::socket_protocol(self.socket.as_fd())
            .map(|protocol| Policy::new(protocol.map_or(0, |protocol| protocol.as_raw().get())))
            .map_err(|errno| {
                let operation = Operation::GetOption("the policy");
                self.socket.error(operation, errno)
            })
    }

    /// The longest message it carries, in bytes.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn mtu(&self) -> Result<usize, Error> {
        let mtu = self.socket.get(LEVEL, abi::IPN_SO_MTU, "the MTU")?;
        Ok(mtu.max(0) as usize)
    }

    /// How many ports it has.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn ports(&self) -> Result<u32, Error> {
        let ports = self
            .socket
            .get(LEVEL, abi::IPN_SO_NUMNODES, "the number of ports")?;
        Ok(ports.max(0) as u32)
    }

    /// How many messages it holds.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn pool(&self) -> Result<u32, Error> {
        let pool = self
            .socket
            .get(LEVEL, abi::IPN_SO_MSGPOOLSIZE, "the message pool")?;
        Ok(pool.max(0) as u32)
    }

    /// How many bytes of messages it holds; none where that was said in messages ([`Network::pool`]).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn bytes(&self) -> Result<Option<u32>, Error> {
        let name = "the bytes of messages";
        let bytes = self.socket.get(LEVEL, abi::IPN_SO_BYTES, name)?;
        Ok((bytes > 0).then_some(bytes as u32))
    }

    /// Of a reliable bus: how long a message stays at least for who has not read it.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: it is another network, or the module is older than this option.
    pub fn window(&self) -> Result<Duration, Error> {
        let window = self.socket.get(LEVEL, abi::IPN_SO_WINDOW, "the window")?;
        Ok(Duration::from_millis(window.max(0) as u64))
    }

    /// Of a reliable bus: the bytes a second that each port sends at most; none: as fast as it can.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: it is another network, or the module is older than this option.
    pub fn rate(&self) -> Result<Option<u32>, Error> {
        let rate = self.socket.get(LEVEL, abi::IPN_SO_RATE, "the rate")?;
        Ok((rate > 0).then_some(rate as u32))
    }

    /// Its flags, [`Flags::TERMINATED`] among them when it has ended.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn flags(&self) -> Result<Flags, Error> {
        self.socket.flags()
    }

    /// The mode bits its file was created with, before the umask.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn mode(&self) -> Result<u32, Error> {
        let mode = self.socket.get(LEVEL, abi::IPN_SO_MODE, "the mode")?;
        Ok(mode as u32)
    }

    /// The numbers of its file, as stat(2) tells them, whatever has become of its name.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn file(&self) -> Result<FileNumbers, Error> {
        self.socket.file()
    }

    /// Whether it is the network behind a name, as the kernel tells (`IPN_SO_FILE`), and not another one
    /// whose file took the place at a path.
    ///
    /// # Errors
    ///
    /// Those of [`Network::file`].
    pub fn is_behind(&self, name: &Name) -> Result<bool, Error> {
        Ok(self.file()? == name.numbers())
    }

    /// Gives it another number of ports. Only a manager may.
    ///
    /// # Errors
    ///
    /// `EACCES`: the socket is no manager's. `EADDRINUSE`: a port beyond that number is in use.
    /// `EINVAL`: the number is out of bounds. `ENOBUFS`: the network would be larger than the
    /// module lets it be. `EPERM`: it would be larger than its owner made it, and the caller is
    /// another user.
    pub fn set_ports(&self, ports: u32) -> Result<(), Error> {
        let name = "the number of ports";
        let ports = c_int::try_from(ports)
            .map_err(|_| self.socket.error(Operation::SetOption(name), Errno::INVAL))?;
        self.socket
            .set(LEVEL, abi::IPN_SO_CHANGE_NUMNODES, name, ports)
    }

    /// Ends it: members read what is queued and then the end, no port sends or
    /// joins any more. Only a manager may.
    ///
    /// # Errors
    ///
    /// `EACCES`: the socket is no manager's.
    pub fn terminate(&self) -> Result<(), Error> {
        sys::terminate(self.socket.as_fd())
            .map_err(|errno| self.socket.error(Operation::Terminate, errno))
    }

    /// What a switch has besides; on other networks each call fails.
    pub fn switch(&self) -> Switch<'a> {
        Switch::of(self.socket)
    }

    /// Reads an option of the network's policy, by the policy's number as level.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network has another policy, or the policy no such option.
    pub fn policy_option(&self, level: Policy, option: i32) -> Result<i32, Error> {
        self.socket
            .get(level.number() as c_int, option, "an option of the policy")
    }

    /// Sets an option of the network's policy, by the policy's number as level.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network has another policy, or the policy no such option. `EACCES`:
    /// the socket is no manager's. `EINVAL`: what the policy does not take.
    pub fn set_policy_option(&self, level: Policy, option: i32, value: i32) -> Result<(), Error> {
        let name = "an option of the policy";
        self.socket
            .set(level.number() as c_int, option, name, value)
    }
}
