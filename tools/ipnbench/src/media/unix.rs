// SPDX-License-Identifier: GPL-2.0

//! AF_UNIX datagrams: a pair of sockets for each receiver, and a send on each.

use super::{receive, send, Kind, Medium, Opened, Setting};
use std::io;
use std::os::unix::net::UnixDatagram;

pub const KIND: Kind = Kind {
    name: "AF_UNIX x N",
    open,
};

struct Unix(Vec<(UnixDatagram, UnixDatagram)>);

fn open(setting: Setting) -> Opened {
    let pairs = (0..setting.receivers).map(|_| UnixDatagram::pair());
    Ok(Some(Box::new(Unix(pairs.collect::<Result<_, _>>()?))))
}

impl Medium for Unix {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.0.iter().try_for_each(|(to, _)| send(to, message))
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.0[receiver].1, room)
    }
}
