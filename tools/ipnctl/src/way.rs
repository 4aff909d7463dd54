// SPDX-License-Identifier: GPL-2.0

//! How a port sends many messages: by records, where the module has them.

use ipn::{Errno, Error, Port, RecordBatch, RecordPort, SendFlags};
use rustix::fd::{AsFd, BorrowedFd};
use std::io::IoSlice;

/// A port to send from.
pub enum Way {
    /// A call takes several messages as one text of records.
    Records(RecordPort),
    /// A call takes a list of messages, which costs more.
    Lists(Port),
}

impl Way {
    /// The cheapest that there is for a port.
    pub fn of(port: Port) -> Result<Self, Error> {
        port.into_records().map(Self::Records).or_else(|failed| {
            let (error, port) = failed.into_parts();
            match error.errno() {
                Errno::NOPROTOOPT => Ok(Self::Lists(port)),
                _ => Err(error),
            }
        })
    }

    /// The port itself.
    pub fn port(&self) -> &Port {
        match self {
            Self::Records(port) => port.port(),
            Self::Lists(port) => port,
        }
    }

    /// Sends the messages of `batch` without waiting. What was sent has left it, also if that fails.
    pub fn send(&self, batch: &mut RecordBatch) -> Result<(), Error> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match self {
            Self::Records(port) => port.send_with(batch, flags),
            Self::Lists(port) => {
                while !batch.is_empty() {
                    let slices: Vec<_> = batch.iter().map(IoSlice::new).collect();
                    let count = port.send_batch(&slices, flags)?;
                    (0..count).for_each(|_| batch.remove_first());
                }
                Ok(())
            }
        }
    }
}

impl AsFd for Way {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.port().as_fd()
    }
}
