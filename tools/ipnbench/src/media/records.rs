// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN hub with 32 records a call (`IPN_SO_RECORDS`).

use super::batch::{LONGEST, TOGETHER};
use super::hub::Hub;
use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting};
use ipn::{RecordBatch, RecordPort};
use rustix::net::RecvFlags;
use std::io;

/// The hub.
pub const KIND: Kind = Kind {
    name: "hub in records",
    group: Group::Bus,
    role: Role::Ours,
    depth: TOGETHER,
    wakes: false,
    open,
};

struct Recorded {
    sender: RecordPort,
    receivers: Vec<RecordPort>,
    sent: RecordBatch,
    room: Vec<u8>,
    flags: RecvFlags,
}

fn open(setting: Setting) -> Opened {
    if setting.bytes > LONGEST {
        return Ok(None);
    }
    let hub = Hub::new(setting)?;
    let receivers = hub.receivers.into_iter().map(|port| port.into_records());
    let receivers = receivers.collect::<Result<_, _>>();
    let sent: RecordBatch = std::iter::repeat_n(setting.message(), TOGETHER).collect();
    Ok(Some(Box::new(Recorded {
        sender: hub.sender.into_records().map_err(io::Error::from)?,
        receivers: receivers.map_err(io::Error::from)?,
        room: vec![0; sent.as_bytes().len()],
        sent,
        flags: hub.flags,
    })))
}

/// It knows nothing but records that are as many as it is deep.
impl Medium for Recorded {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn receive(&mut self, _: usize, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn send_many(&mut self, _: &[u8], _: usize) -> io::Result<()> {
        send(&self.sender, self.sent.as_bytes())
    }

    fn receive_many(&mut self, receiver: usize, _: &mut [u8], _: usize) -> io::Result<()> {
        receive(&self.receivers[receiver], &mut self.room, self.flags)
    }
}
