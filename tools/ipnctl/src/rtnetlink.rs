// SPDX-License-Identifier: GPL-2.0

//! Asking the kernel about interfaces, addresses and routes: rtnetlink(7).

use crate::failure::Failure;
use netlink_packet_core::{
    ErrorMessage, NetlinkHeader, NetlinkMessage, NetlinkPayload, NlasIterator, NLM_F_REQUEST,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{protocols::NETLINK_ROUTE, Socket, SocketAddr};
use rustix::io::Errno;
use std::fmt;
use std::io;

/// What the kernel says of its refusal, in an answer: `NLMSGERR_ATTR_MSG`.
const WORDS: u16 = 1;

/// Bytes of a message's header, which an answer that refuses has of the question.
const HEADER: usize = 16;

/// A socket by which the kernel is asked.
#[derive(Debug)]
pub struct Rtnetlink(Socket);

/// Why the kernel does not do it.
#[derive(Debug)]
pub struct Refused {
    /// What a system call would say.
    pub error: io::Error,
    /// What the kernel says besides, in its words.
    words: Option<String>,
}

impl Refused {
    /// The number of the error, if the kernel has said one.
    pub fn errno(&self) -> Option<Errno> {
        self.error.raw_os_error().map(Errno::from_raw_os_error)
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self { error, words: None }
    }
}

impl From<ErrorMessage> for Refused {
    fn from(answer: ErrorMessage) -> Self {
        let attributes = answer.header.get(HEADER..).unwrap_or_default();
        let mut attributes = NlasIterator::new(attributes).flatten();
        let words = attributes.find(|attribute| attribute.kind() == WORDS);
        let words = words.map(|words| {
            let text = String::from_utf8_lossy(words.value()).into_owned();
            text.trim_end_matches(['\0', '.']).to_owned()
        });
        Self {
            error: answer.to_io(),
            words,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words {
            Some(words) => write!(f, "{} ({words})", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl Rtnetlink {
    /// Asks the kernel from now on.
    pub fn open() -> Result<Self, Failure> {
        let open = || -> io::Result<Self> {
            let socket = Socket::new(NETLINK_ROUTE)?;
            socket.connect(&SocketAddr::new(0, 0))?;
            // With its words, and without the whole question.
            socket.set_ext_ack(true)?;
            socket.set_cap_ack(true)?;
            Ok(Self(socket))
        };
        open().map_err(|error| Failure::Error {
            text: format!("cannot ask the kernel for its interfaces: {error}"),
            hint: None,
        })
    }

    /// What the kernel answers, where the flags ask for an end of it (`NLM_F_DUMP`, `NLM_F_ACK`). Messages
    /// that this program is too old for are left out.
    pub fn ask(
        &self,
        question: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, Refused> {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        let mut question = NetlinkMessage::new(header, NetlinkPayload::from(question));
        question.finalize();
        let mut bytes = vec![0; question.buffer_len()];
        question.serialize(&mut bytes);
        self.0.send(&bytes, 0)?;
        let mut answers = Vec::new();
        loop {
            let (packet, _) = self.0.recv_from_full()?;
            let mut rest = &packet[..];
            while let Some((length, _)) = rest.split_first_chunk() {
                let length = u32::from_ne_bytes(*length) as usize;
                let message = NetlinkMessage::deserialize(rest).map(|message| message.payload);
                match message {
                    Ok(NetlinkPayload::Done(_)) => return Ok(answers),
                    Ok(NetlinkPayload::Error(error)) if error.code.is_none() => return Ok(answers),
                    Ok(NetlinkPayload::Error(error)) => return Err(error.into()),
                    Ok(NetlinkPayload::InnerMessage(message)) => answers.push(message),
                    Ok(_) | Err(_) => {}
                }
                // Messages begin at multiples of four bytes.
                rest = rest
                    .get(length.max(HEADER).next_multiple_of(4)..)
                    .unwrap_or_default();
            }
        }
    }
}

/// What failed, why, and what to try.
pub fn failure(what: &str, refused: &Refused) -> Failure {
    let text = format!("cannot {what}: {refused}");
    match refused.errno() {
        Some(Errno::PERM) => Failure::new(
            text,
            "it takes CAP_NET_ADMIN: do it as root, or in namespaces of your own",
        ),
        Some(Errno::ACCESS) => Failure::new(
            text,
            "IPv6 is switched off there: sysctl net.ipv6.conf.all.disable_ipv6=0 switches it on",
        ),
        _ => Failure::Error { text, hint: None },
    }
}
