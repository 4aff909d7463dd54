// SPDX-License-Identifier: GPL-2.0

//! A port whose calls move several messages (`IPN_SO_RECORDS`).

use crate::error::Error;
use crate::failed::Failed;
use crate::level::LEVEL;
use crate::operation::Operation;
use crate::port::Port;
use crate::received::Received;
use crate::record::RecordContent;
use crate::record_batch::RecordBatch;
use crate::sequence::Sequenced;
use crate::sys;
use ipn_abi as abi;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

/// A port that sends and receives several messages by one system call, each a record of its own: the way
/// for many short ones. All that holds for a message holds for each of them, as rights, losses, and that
/// a lossless network makes its sender wait.
///
/// A single message does not wait for more: a call that receives waits for the first only. Where records
/// do not fit, as in a program that wants each message in a place of its own, there is
/// [`Port::recv_batch`], which costs more.
///
/// ```no_run
/// # fn main() -> Result<(), ipn::Error> {
/// # let _bus = ipn::Builder::new().replace_stale(true).bind("/tmp/bus")?;
/// let port = ipn::Port::connect("/tmp/bus")?.into_records()?;
/// port.send(&mut ["one", "two"].iter().collect())?;
///
/// let mut buffer = vec![0; 32 * ipn::Record::room(port.port().network().mtu()?)];
/// while let ipn::RecordContent::Records(records) = port.recv(&mut buffer)? {
///     for record in records {
///         println!("{} from port {}", String::from_utf8_lossy(record.message), record.from);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RecordPort {
    port: Port,
}

impl Port {
    /// Sends and receives records from now on, by all descriptors of the socket.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than records.
    pub fn into_records(self) -> Result<RecordPort, Failed<Self>> {
        match self.set_records(true) {
            Ok(()) => Ok(RecordPort { port: self }),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    pub(crate) fn set_records(&self, wanted: bool) -> Result<(), Error> {
        let socket = self.socket();
        socket.set(LEVEL, abi::IPN_SO_RECORDS, "records", wanted.into())
    }

    /// See [`RecordPort::send_with`].
    pub(crate) fn send_records(
        &self,
        batch: &mut RecordBatch,
        flags: SendFlags,
    ) -> Result<(), Error> {
        let error = |errno| self.error(Operation::Send, errno);
        while !batch.is_empty() {
            match rustix::net::send(self, batch.as_bytes(), flags).map_err(error)? {
                // No network answers so.
                0 => return Err(error(Errno::IO)),
                taken => batch.sent(taken),
            }
        }
        Ok(())
    }

    /// See [`RecordPort::recv_sequenced`].
    pub(crate) fn recv_records_sequenced(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Sequenced, Error> {
        sys::recvmsg_sequenced(self.as_fd(), buffer, flags)
            .map_err(|errno| self.error(Operation::Receive, errno))
    }

    /// See [`RecordPort::recv_with`].
    pub(crate) fn recv_records(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Received, Error> {
        sys::recvmsg(self.as_fd(), buffer, flags)
            .map_err(|errno| self.error(Operation::Receive, errno))
    }
}

impl RecordPort {
    /// The port itself, to set options. What it sends and receives by itself are records too, as bytes.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// The port, which sends and receives a message by each call again.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn into_port(self) -> Result<Port, Failed<Self>> {
        match self.port.set_records(false) {
            Ok(()) => Ok(self.port),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// Sends all messages of `batch`, by as many calls as that takes. A lossless network makes the caller
    /// wait for its slowest reader.
    ///
    /// Also when it fails, what was sent has left the batch: the error is about its first message. It may
    /// be sent once more, or be removed: [`RecordBatch::remove_first`].
    ///
    /// # Errors
    ///
    /// Those of [`Port::send`].
    pub fn send(&self, batch: &mut RecordBatch) -> Result<(), Error> {
        self.send_with(batch, SendFlags::NOSIGNAL)
    }

    /// Sends all messages of `batch` with exactly these flags. Without [`SendFlags::NOSIGNAL`], a port
    /// that may not send costs a `SIGPIPE`.
    ///
    /// # Errors
    ///
    /// Those of [`Port::send`].
    pub fn send_with(&self, batch: &mut RecordBatch, flags: SendFlags) -> Result<(), Error> {
        self.port.send_records(batch, flags)
    }

    /// Waits for a message, and receives as many as there are and fit into `buffer`, of which each takes
    /// [`Record::room`](crate::Record::room) of its length. The buffer should have that of the network's
    /// MTU at least: the first message is cut where it does not fit.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv<'a>(&self, buffer: &'a mut [u8]) -> Result<RecordContent<'a>, Error> {
        let received = self.recv_with(buffer, RecvFlags::empty())?;
        Ok(received.records(buffer))
    }

    /// The same with these flags: what there is to know, from which [`Received::records`] gives the
    /// records. Its lengths are those of all records together, its losses and its time of the last.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv_with(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Received, Error> {
        self.port.recv_records(buffer, flags)
    }

    /// The same, and what was missed before the first of them, if the call before said that something was: an
    /// error that [is a gap](Error::is_gap). No sequence is told.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv_sequenced(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Sequenced, Error> {
        self.port.recv_records_sequenced(buffer, flags)
    }
}

impl AsFd for RecordPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.port.as_fd()
    }
}

impl AsRawFd for RecordPort {
    fn as_raw_fd(&self) -> RawFd {
        self.port.as_raw_fd()
    }
}
