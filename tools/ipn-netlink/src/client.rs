// SPDX-License-Identifier: GPL-2.0

//! Asking for networks and ports.

use crate::message::{ask, Answer, Family, Message};
use crate::{Error, Network, Port};
use ipn::FileNumbers;
use ipn_abi::{IPN_CMD_NETWORK_GET, IPN_CMD_PORT_GET};
use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_generic::GenlMessage;
use netlink_sys::{protocols::NETLINK_GENERIC, Socket, SocketAddr};

/// How often a list is asked for that changes while it is told.
const TRIES: usize = 10;

/// Asks the kernel.
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    family: Family,
    /// The number of the last question.
    asked: u32,
}

impl Client {
    /// Asks from now on, about the networks that the process's namespaces show.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] without a module that has it; those of socket(2).
    pub fn open() -> Result<Self, Error> {
        let socket = socket()?;
        let family = Family::find(&socket)?;
        Ok(Self {
            socket,
            family,
            asked: 1,
        })
    }

    /// The networks.
    ///
    /// # Errors
    ///
    /// The kernel refuses, or is not understood.
    pub fn networks(&mut self) -> Result<Vec<Network>, Error> {
        let answers = self.dump(IPN_CMD_NETWORK_GET, None)?;
        let networks = answers.iter().map(|answer| Network::parse(answer));
        networks.collect()
    }

    /// The ports of all networks, or of one, by number: all where the caller is root or may manage
    /// it, else the caller's own.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn ports(&mut self, network: Option<FileNumbers>) -> Result<Vec<Port>, Error> {
        let answers = self.dump(IPN_CMD_PORT_GET, network)?;
        let ports = answers.iter().map(|answer| Port::parse(answer));
        let mut ports = ports.collect::<Result<Vec<_>, _>>()?;
        if let Some(file) = network {
            ports.retain(|port| port.network == file);
        }
        ports.sort_by_key(|port| port.number);
        Ok(ports)
    }

    /// The attributes of each message of a list. One that has changed meanwhile is asked for anew, a few
    /// times.
    fn dump(&mut self, command: u32, file: Option<FileNumbers>) -> Result<Vec<Vec<u8>>, Error> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            self.asked = self.asked.wrapping_add(1);
            let mut question = GenlMessage::from_payload(Message::question(command, file));
            question.set_resolved_family_id(self.family.id);
            match ask(&self.socket, question, NLM_F_DUMP, self.asked) {
                Ok(answers) => {
                    let answers = answers.into_iter();
                    return Ok(answers.map(|answer| answer.payload.attributes).collect());
                }
                Err(Answer::Changed) if tries > 0 => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A socket that asks the kernel.
pub(crate) fn socket() -> Result<Socket, Error> {
    let socket = Socket::new(NETLINK_GENERIC)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}
