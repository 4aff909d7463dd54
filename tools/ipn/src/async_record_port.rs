// SPDX-License-Identifier: GPL-2.0

//! A port of records in a tokio reactor.

use crate::asynchronous::AsyncPort;
use crate::error::Error;
use crate::failed::Failed;
use crate::operation::Operation;
use crate::received::Received;
use crate::record::RecordContent;
use crate::record_batch::RecordBatch;
use crate::sequence::Sequenced;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;

/// A [`RecordPort`](crate::RecordPort) whose calls wait asynchronously.
#[derive(Debug)]
pub struct AsyncRecordPort {
    port: AsyncPort,
}

impl AsyncPort {
    /// Sends and receives records from now on, by all descriptors of the socket.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than records.
    pub fn into_records(self) -> Result<AsyncRecordPort, Failed<Self>> {
        match self.get_ref().set_records(true) {
            Ok(()) => Ok(AsyncRecordPort { port: self }),
            Err(error) => Err(Failed::new(error, self)),
        }
    }
}

impl AsyncRecordPort {
    /// The port itself. What it sends and receives by itself are records too, as bytes.
    pub fn port(&self) -> &AsyncPort {
        &self.port
    }

    /// The port, which sends and receives a message by each call again.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn into_port(self) -> Result<AsyncPort, Failed<Self>> {
        match self.port.get_ref().set_records(false) {
            Ok(()) => Ok(self.port),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// Sends all messages of `batch`. Also when it fails, or is dropped before its end, what was sent has
    /// left the batch.
    ///
    /// # Errors
    ///
    /// As [`RecordPort::send`](crate::RecordPort::send), but never `EAGAIN`.
    pub async fn send(&self, batch: &mut RecordBatch) -> Result<(), Error> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        self.port
            .when_ready(Interest::WRITABLE, Operation::Send, |port| {
                port.send_records(batch, flags)
            })
            .await
    }

    /// Waits for a message, and receives as many as there are and fit into `buffer`.
    ///
    /// # Errors
    ///
    /// As [`RecordPort::recv`](crate::RecordPort::recv), but never `EAGAIN`.
    pub async fn recv<'a>(&self, buffer: &'a mut [u8]) -> Result<RecordContent<'a>, Error> {
        let received = self.recv_with(buffer, RecvFlags::empty()).await?;
        Ok(received.records(buffer))
    }

    /// The same with these flags: what there is to know.
    ///
    /// # Errors
    ///
    /// As [`RecordPort::recv_with`](crate::RecordPort::recv_with), but never `EAGAIN`.
    pub async fn recv_with(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Received, Error> {
        let flags = flags | RecvFlags::DONTWAIT;
        let interest = Interest::READABLE | Interest::PRIORITY;
        self.port
            .when_ready(interest, Operation::Receive, |port| {
                port.recv_records(buffer, flags)
            })
            .await
    }

    /// The same, and what was missed before the first of them.
    ///
    /// # Errors
    ///
    /// As [`RecordPort::recv_sequenced`](crate::RecordPort::recv_sequenced), but never `EAGAIN`.
    pub async fn recv_sequenced(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Sequenced, Error> {
        let flags = flags | RecvFlags::DONTWAIT;
        let interest = Interest::READABLE | Interest::PRIORITY;
        self.port
            .when_ready(interest, Operation::Receive, |port| {
                port.recv_records_sequenced(buffer, flags)
            })
            .await
    }
}

impl AsFd for AsyncRecordPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.port.as_fd()
    }
}

impl AsRawFd for AsyncRecordPort {
    fn as_raw_fd(&self) -> RawFd {
        self.port.as_raw_fd()
    }
}
