// SPDX-License-Identifier: GPL-2.0

//! netlink's messages of the family, and how they come by a socket.

use crate::Error;
use ipn::FileNumbers;
use ipn_abi::*;
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable, ParseableParametrized, NLM_F_DUMP_INTR, NLM_F_REQUEST,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use netlink_sys::{Socket, SocketAddr};
use std::ffi::CStr;
use std::fmt::Debug;
use std::io;

/// The family's name.
const NAME: &str = text(IPN_GENL_NAME);

/// The name of its group.
const EVENTS: &str = text(IPN_GENL_EVENTS);

/// A text of a header's.
const fn text(bytes: &'static [u8]) -> &'static str {
    let text = match CStr::from_bytes_with_nul(bytes) {
        Ok(text) => text.to_str(),
        Err(_) => panic!("no text of C's"),
    };
    match text {
        Ok(text) => text,
        Err(_) => panic!("no UTF-8"),
    }
}

/// A message of the family: its command, and its attributes as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) command: u8,
    pub(crate) attributes: Vec<u8>,
}

impl Message {
    /// A question about all networks, or one.
    pub(crate) fn question(command: u32, file: Option<FileNumbers>) -> Self {
        let mut attributes = Vec::new();
        if let Some(file) = file {
            let nlas = [
                DefaultNla::new(IPN_A_MAJOR as u16, file.major.to_ne_bytes().to_vec()),
                DefaultNla::new(IPN_A_MINOR as u16, file.minor.to_ne_bytes().to_vec()),
                DefaultNla::new(IPN_A_INODE as u16, file.inode.to_ne_bytes().to_vec()),
            ];
            attributes.resize(nlas.as_slice().buffer_len(), 0);
            nlas.as_slice().emit(&mut attributes);
        }
        Self {
            command: command as u8,
            attributes,
        }
    }
}

impl GenlFamily for Message {
    fn family_name() -> &'static str {
        NAME
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        IPN_GENL_VERSION as u8
    }
}

impl Emitable for Message {
    fn buffer_len(&self) -> usize {
        self.attributes.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.attributes);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Message {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            command: header.cmd,
            attributes: bytes.to_vec(),
        })
    }
}

/// What the kernel calls the family and its group of events at the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Family {
    pub(crate) id: u16,
    pub(crate) events: Option<u32>,
}

impl Family {
    /// Asks the kernel by this socket.
    pub(crate) fn find(socket: &Socket) -> Result<Self, Error> {
        let question = GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(NAME.to_owned())],
        };
        let answer = ask(socket, GenlMessage::from_payload(question), 0, 1);
        let answer: Vec<GenlMessage<GenlCtrl>> = match answer {
            Err(Answer::Refused(error)) if error.raw_os_error() == Some(ENOENT) => {
                return Err(Error::NoFamily)
            }
            Err(error) => return Err(error.into()),
            Ok(answer) => answer,
        };
        let nlas = answer.into_iter().flat_map(|message| message.payload.nlas);
        let mut family = Self {
            id: 0,
            events: None,
        };
        for nla in nlas {
            match nla {
                GenlCtrlAttrs::FamilyId(id) => family.id = id,
                GenlCtrlAttrs::McastGroups(groups) => {
                    family.events = groups.iter().find_map(|group| events_of(group));
                }
                _ => {}
            }
        }
        match family.id {
            0 => Err(Error::Message("the family has no number".to_owned())),
            _ => Ok(family),
        }
    }
}

/// The number of the group of events, if it is that.
fn events_of(group: &[McastGrpAttrs]) -> Option<u32> {
    let is_it = |one: &McastGrpAttrs| matches!(one, McastGrpAttrs::Name(name) if name == EVENTS);
    group.iter().any(is_it).then_some(())?;
    group.iter().find_map(|one| match one {
        McastGrpAttrs::Id(id) => Some(*id),
        McastGrpAttrs::Name(_) => None,
    })
}

/// errno(3): there is no such family.
const ENOENT: i32 = 2;
/// errno(3): the socket is interrupted by a signal.
const EINTR: i32 = 4;

/// Why an answer is not there.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The kernel has refused.
    Refused(io::Error),
    /// The socket has failed.
    System(io::Error),
    /// Things have changed while they were told.
    Changed,
}

impl From<Answer> for Error {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Refused(error) | Answer::System(error) => Self::System(error),
            Answer::Changed => Self::Message("it changes too fast to be told".to_owned()),
        }
    }
}

/// What the kernel answers to a question of this number.
pub(crate) fn ask<T>(
    socket: &Socket,
    question: GenlMessage<T>,
    flags: u16,
    number: u32,
) -> Result<Vec<GenlMessage<T>>, Answer>
where
    T: GenlFamily + Emitable + ParseableParametrized<[u8], GenlHeader> + Debug,
{
    let mut header = NetlinkHeader::default();
    // An acknowledgement ends what is no list.
    header.flags = NLM_F_REQUEST | flags | netlink_packet_core::NLM_F_ACK;
    header.sequence_number = number;
    let mut question = NetlinkMessage::new(header, NetlinkPayload::from(question));
    question.finalize();
    let mut bytes = vec![0; question.buffer_len()];
    question.serialize(&mut bytes);
    socket.send(&bytes, 0).map_err(Answer::System)?;
    let (mut answers, mut is_whole) = (Vec::new(), true);
    loop {
        let packet = receive(socket).map_err(Answer::System)?;
        for message in messages::<GenlMessage<T>>(&packet) {
            // What is left of an earlier question, whose answer was not waited for.
            if message.header.sequence_number != number {
                continue;
            }
            is_whole &= message.header.flags & NLM_F_DUMP_INTR == 0;
            let is_end = match message.payload {
                NetlinkPayload::Done(done) if done.code < 0 => {
                    let error = io::Error::from_raw_os_error(-done.code);
                    return Err(Answer::Refused(error));
                }
                NetlinkPayload::Done(_) => true,
                NetlinkPayload::Error(error) if error.code.is_none() => true,
                NetlinkPayload::Error(error) => return Err(Answer::Refused(error.to_io())),
                NetlinkPayload::InnerMessage(message) => {
                    answers.push(message);
                    false
                }
                _ => false,
            };
            match (is_end, is_whole) {
                (true, true) => return Ok(answers),
                (true, false) => return Err(Answer::Changed),
                (false, _) => {}
            }
        }
    }
}

/// The next packet that the kernel has sent.
pub(crate) fn receive(socket: &Socket) -> io::Result<Vec<u8>> {
    loop {
        match socket.recv_from_full() {
            // Any process may send to a socket; the kernel has no number.
            Ok((packet, from)) if from == SocketAddr::new(0, from.multicast_groups()) => {
                return Ok(packet)
            }
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The messages of a packet. One that is none ends it; one that cannot be read is left out.
pub(crate) fn messages<T>(packet: &[u8]) -> Vec<NetlinkMessage<T>>
where
    T: NetlinkDeserializable + NetlinkSerializable,
{
    let (mut rest, mut found) = (packet, Vec::new());
    while let Some((length, _)) = rest.split_first_chunk() {
        let length = u32::from_ne_bytes(*length) as usize;
        found.extend(NetlinkMessage::deserialize(rest));
        // Messages begin at multiples of four bytes, behind a header of sixteen at least.
        rest = rest
            .get(length.max(16).next_multiple_of(4)..)
            .unwrap_or_default();
    }
    found
}
