// SPDX-License-Identifier: GPL-2.0

//! A port in a tokio reactor.

use crate::error::Error;
use crate::failed::Failed;
use crate::network::Network;
use crate::operation::Operation;
use crate::port::Port;
use crate::received::{Content, Received};
use crate::sequence::{Origin, Sequenced};
use crate::sys;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use std::io;
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;

/// A [`Port`] whose calls wait asynchronously.
#[derive(Debug)]
pub struct AsyncPort {
    port: AsyncFd<Port>,
}

impl AsyncPort {
    /// Registers a port with the current runtime, and makes it non-blocking.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime that has I/O enabled.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENOMEM`: the runtime cannot watch one more.
    pub fn new(port: Port) -> Result<Self, Failed<Port>> {
        if let Err(error) = port.set_nonblocking(true) {
            return Err(Failed::new(error, port));
        }
        let interest = Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY;
        match sys::register::register(port, interest) {
            Ok(port) => Ok(Self { port }),
            Err(error) => {
                let (port, cause) = error.into_parts();
                let errno = Errno::from_io_error(&cause).unwrap_or(Errno::IO);
                Err(Failed::new(port.error(Operation::Register, errno), port))
            }
        }
    }

    /// The port, still non-blocking, out of the runtime again.
    pub fn into_inner(self) -> Port {
        self.port.into_inner()
    }

    /// The port itself.
    pub fn get_ref(&self) -> &Port {
        self.port.get_ref()
    }

    /// Its network.
    pub fn network(&self) -> Network<'_> {
        self.get_ref().network()
    }

    /// Sends a message, which may be empty.
    ///
    /// # Errors
    ///
    /// As [`Port::send`], but never `EAGAIN`.
    pub async fn send(&self, message: &[u8]) -> Result<(), Error> {
        self.when_ready(Interest::WRITABLE, Operation::Send, |port| {
            port.send_with(message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)
        })
        .await
    }

    /// Receives the next message into `buffer`.
    ///
    /// # Errors
    ///
    /// As [`Port::recv`], but never `EAGAIN`.
    pub async fn recv<'a>(&self, buffer: &'a mut [u8]) -> Result<Content<'a>, Error> {
        let received = self.recv_with(buffer, RecvFlags::empty()).await?;
        Ok(received.content(buffer))
    }

    /// Receives the next message into `buffer`, and tells all that is known of it.
    ///
    /// # Errors
    ///
    /// As [`Port::recv_with`], but never `EAGAIN`.
    pub async fn recv_with(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Received, Error> {
        let flags = flags | RecvFlags::DONTWAIT;
        self.when_ready(
            Interest::READABLE | Interest::PRIORITY,
            Operation::Receive,
            |port| port.recv_with(buffer, flags),
        )
        .await
    }

    /// Receives the next message into `buffer`, with which of its sender it is and what was missed before it.
    ///
    /// # Errors
    ///
    /// As [`Port::recv_sequenced`], but never `EAGAIN`.
    pub async fn recv_sequenced(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Sequenced, Error> {
        let flags = flags | RecvFlags::DONTWAIT;
        let interest = Interest::READABLE | Interest::PRIORITY;
        self.when_ready(interest, Operation::Receive, |port| {
            port.recv_sequenced(buffer, flags)
        })
        .await
    }

    /// Sends a message that was sent elsewhere before, with where it comes from.
    ///
    /// # Errors
    ///
    /// As [`Port::send_from`], but never `EAGAIN`.
    pub async fn send_from(&self, message: &[u8], origin: Origin) -> Result<(), Error> {
        self.when_ready(Interest::WRITABLE, Operation::Send, |port| {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            port.send_from(message, origin, flags)
        })
        .await
    }

    /// Makes `call` whenever the port is ready, until it does not have to wait.
    pub(crate) async fn when_ready<T>(
        &self,
        interest: Interest,
        operation: Operation,
        mut call: impl FnMut(&Port) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let outcome = self
            .port
            .async_io(interest, |port| match call(port) {
                Err(error) if error.errno() == Errno::AGAIN => {
                    Err(io::ErrorKind::WouldBlock.into())
                }
                result => Ok(result),
            })
            .await;
        outcome.unwrap_or_else(|error| {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
            Err(self.get_ref().error(operation, errno))
        })
    }
}

impl AsFd for AsyncPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl AsRawFd for AsyncPort {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    /// Two ports that reach each other without the module.
    fn pair() -> (Port, Port) {
        let (a, b) = UnixDatagram::pair().expect("a socket pair");
        (OwnedFd::from(a).into(), OwnedFd::from(b).into())
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_receiver_waits_for_the_sender() {
        let (sender, receiver) = pair();
        let sender = AsyncPort::new(sender).expect("a sender");
        let receiver = AsyncPort::new(receiver).expect("a receiver");
        let mut buffer = [0; 16];
        let (received, sent) = tokio::join!(receiver.recv(&mut buffer), async {
            tokio::task::yield_now().await;
            sender.send(b"hello").await
        });
        sent.expect("sent");
        assert_eq!(received.expect("received"), Content::Message(b"hello"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_sender_waits_for_room() {
        let (sender, receiver) = pair();
        while sender.send_with(b"x", SendFlags::DONTWAIT).is_ok() {}
        let sender = AsyncPort::new(sender).expect("a sender");
        let mut buffer = [0; 4];
        let (sent, ()) = tokio::join!(sender.send(b"last"), async {
            tokio::task::yield_now().await;
            loop {
                match receiver.recv(&mut buffer).expect("received") {
                    Content::Message(b"last") => break,
                    _ => tokio::task::yield_now().await,
                }
            }
        });
        sent.expect("sent");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_error_is_that_of_the_port() {
        let (sender, receiver) = pair();
        drop(receiver);
        let sender = AsyncPort::new(sender).expect("a sender");
        let error = sender.send(b"x").await.expect_err("there is no receiver");
        assert_eq!(error.operation(), Operation::Send);
        assert_eq!(error.errno(), Errno::CONNREFUSED);
    }
}
