// SPDX-License-Identifier: GPL-2.0

//! Hearing of events.

use crate::client::socket;
use crate::message::{messages, receive, Family, Message};
use crate::{Error, Event};
use netlink_packet_core::NetlinkPayload;
use netlink_packet_generic::GenlMessage;
use netlink_sys::{protocols::NETLINK_GENERIC, Socket};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};

/// errno(3): more came than the socket had room for.
const ENOBUFS: i32 = 105;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heard {
    /// Events, in their order.
    Events(Vec<Event>),
    /// Some that there was no room for are lost. What is so now is to be asked for again.
    Missed,
    /// Nothing is there. The socket is readable when there is.
    Nothing,
}

/// Hears what happens.
#[derive(Debug)]
pub struct Events {
    socket: Socket,
    family: u16,
}

impl Events {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] without a module that has it; the kernel lets the caller not listen.
    pub fn listen() -> Result<Self, Error> {
        let family = Family::find(&socket()?)?;
        let group = family.events.ok_or(Error::NoFamily)?;
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.add_membership(group)?;
        socket.set_non_blocking(true)?;
        Ok(Self {
            socket,
            family: family.id,
        })
    }

    /// What has come since, without waiting.
    ///
    /// # Errors
    ///
    /// The socket fails, or the kernel is not understood.
    pub fn hear(&mut self) -> Result<Heard, Error> {
        let packet = match receive(&self.socket) {
            Ok(packet) => packet,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Heard::Nothing),
            Err(error) if error.raw_os_error() == Some(ENOBUFS) => return Ok(Heard::Missed),
            Err(error) => return Err(error.into()),
        };
        let mut events = Vec::new();
        for message in messages::<GenlMessage<Message>>(&packet) {
            match message.payload {
                NetlinkPayload::InnerMessage(inner)
                    if message.header.message_type == self.family =>
                {
                    let Message {
                        command,
                        attributes,
                    } = inner.payload;
                    events.extend(Event::parse(command, &attributes)?);
                }
                _ => {}
            }
        }
        Ok(Heard::Events(events))
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
