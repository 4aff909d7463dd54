// SPDX-License-Identifier: GPL-2.0

//! A socket that is connected: it holds a port of its network.

use crate::batch::Batch;
use crate::error::Error;
use crate::filter::Instruction;
use crate::kinds::Flags;
use crate::level::LEVEL;
use crate::network::Network;
use crate::operation::Operation;
use crate::port_statistics::PortStatistics;
use crate::received::{Content, Kind, Received};
use crate::socket::{descriptor, Socket};
use crate::sys;
use crate::sys::plain::bytes_mut;
use ipn_abi as abi;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::net::sockopt::{set_socket_timeout, socket_timeout, Timeout};
use rustix::net::{MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown};
use std::ffi::c_int;
use std::io::IoSlice;
use std::time::Duration;

/// A port of a network: what one port sends, the network's policy hands to the
/// others.
///
/// All methods take `&self`, so that one thread may send while another receives.
#[derive(Debug)]
pub struct Port {
    socket: Socket,
}

impl Port {
    #[inline]
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(crate) fn of(socket: Socket) -> Self {
        Self { socket }
    }

    /// Its network.
    pub fn network(&self) -> Network<'_> {
        Network::of(&self.socket)
    }

    /// Whether this socket has created its network (`IPN_SO_CREATOR`).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn is_creator(&self) -> Result<bool, Error> {
        self.socket.is_creator()
    }

    /// Its number.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn number(&self) -> Result<u32, Error> {
        let number = self.socket.get(LEVEL, abi::IPN_SO_PORT, "the port")?;
        Ok(number.max(0) as u32)
    }

    /// Whether it observes: [`Builder::observe`](crate::Builder::observe).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn observes(&self) -> Result<bool, Error> {
        let name = "whether it observes";
        Ok(self.socket.get(LEVEL, abi::IPN_SO_OBSERVE, name)? != 0)
    }

    /// The text that describes the socket.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn description(&self) -> Result<String, Error> {
        self.socket.description()
    }

    /// Sets the text that describes the socket, of up to 127 bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is longer.
    pub fn set_description(&self, text: &str) -> Result<(), Error> {
        self.socket.set_description(text)
    }

    /// The same port under another descriptor.
    ///
    /// # Errors
    ///
    /// `EMFILE`: the process has as many descriptors as it may.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self::of(self.socket.try_clone()?))
    }

    /// Sends a message, which may be empty. A lossless network makes the caller
    /// wait for its slowest reader; a reliable bus as long as its window, or as its rate takes.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`: it is longer than the network's MTU. `EPIPE`: the send side is shut, or the
    /// network has ended. `EAGAIN`: it would wait for room and must not, or has waited as long
    /// as it may. `EINTR`: a signal came first. `ENOBUFS`: no memory for a copy.
    pub fn send(&self, message: &[u8]) -> Result<(), Error> {
        self.send_with(message, SendFlags::NOSIGNAL)
    }

    /// Sends a message with exactly these flags. Without [`SendFlags::NOSIGNAL`],
    /// a port that may not send costs a `SIGPIPE`.
    ///
    /// # Errors
    ///
    /// Those of [`Port::send`].
    pub fn send_with(&self, message: &[u8], flags: SendFlags) -> Result<(), Error> {
        match rustix::net::send(&self.socket, message, flags) {
            Ok(_) => Ok(()),
            Err(errno) => Err(self.socket.error(Operation::Send, errno)),
        }
    }

    /// Sends several messages by one system call; returns how many it took. An
    /// error is told only when it hits the first of them.
    ///
    /// # Errors
    ///
    /// Those of [`Port::send`], of the first message.
    pub fn send_batch(&self, messages: &[IoSlice<'_>], flags: SendFlags) -> Result<usize, Error> {
        let mut controls: Vec<_> = messages
            .iter()
            .map(|_| SendAncillaryBuffer::default())
            .collect();
        let mut headers: Vec<_> = messages
            .iter()
            .zip(&mut controls)
            .map(|(message, control)| MMsgHdr::new(std::slice::from_ref(message), control))
            .collect();
        rustix::net::sendmmsg(&self.socket, &mut headers, flags)
            .map_err(|errno| self.socket.error(Operation::Send, errno))
    }

    /// Receives the next message into `buffer`, which should be as long as the
    /// network's MTU.
    ///
    /// # Errors
    ///
    /// `EPIPE`: the receive side is shut. `EAGAIN`: there is nothing and it must not wait, or
    /// has waited as long as it may. `EINTR`: a signal came first. `ECONNRESET`, which is
    /// [`Error::is_gap`]: a port of a reliable bus has missed messages, and the next call goes on behind
    /// them.
    pub fn recv<'a>(&self, buffer: &'a mut [u8]) -> Result<Content<'a>, Error> {
        let received = self.recv_with(buffer, RecvFlags::empty())?;
        Ok(received.content(buffer))
    }

    /// Receives the next message into `buffer`, and tells all that is known of it:
    /// its full length, losses, its time.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv_with(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Received, Error> {
        let mut received = sys::recvmsg(self.socket.as_fd(), buffer, flags)
            .map_err(|errno| self.socket.error(Operation::Receive, errno))?;
        self.tell_end(&mut received);
        Ok(received)
    }

    /// Receives up to `most` messages by one system call, which waits for as many
    /// of them as its flags say: [`Port::WAIT_FOR_ONE`] is the usual choice.
    /// Returns the number of messages that are in the batch, the end among them.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv_batch(
        &self,
        batch: &mut Batch,
        most: usize,
        flags: RecvFlags,
    ) -> Result<usize, Error> {
        batch
            .fill(most, |data, results| {
                let count = sys::recvmmsg(self.socket.as_fd(), data, results, flags)?;
                results[..count]
                    .iter_mut()
                    .for_each(|one| self.tell_end(one));
                Ok(count)
            })
            .map_err(|errno| self.socket.error(Operation::Receive, errno))
    }

    /// For [`Port::recv_batch`]: waits for the first message, then takes what is
    /// there (`MSG_WAITFORONE`).
    pub const WAIT_FOR_ONE: RecvFlags = RecvFlags::from_bits_retain(libc::MSG_WAITFORONE as u32);

    /// The length of the message that would be received next, 0 when there is none.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn next_len(&self) -> Result<usize, Error> {
        rustix::io::ioctl_fionread(&self.socket)
            .map(|len| len as usize)
            .map_err(|errno| self.socket.error(Operation::Receive, errno))
    }

    /// Nothing was received, and no end of a record (`MSG_EOR`): the end of the network, for a port that was
    /// evicted at least, or an empty message of a socket of another family, or of a module from before that
    /// flag.
    pub(crate) fn tell_end(&self, received: &mut Received) {
        if received.kind == Kind::End {
            let flags = self.socket.flags();
            let ends = Flags::TERMINATED | Flags::EVICT;
            if !flags.is_ok_and(|flags| flags.intersects(ends)) {
                received.kind = Kind::Message;
            }
        }
    }

    /// Gives up sending or receiving, for good.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.socket.give_up(how)
    }

    /// Makes calls that would wait fail with `EAGAIN`, or not.
    ///
    /// # Errors
    ///
    /// On a descriptor that is no socket: `ENOTTY`.
    pub fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Error> {
        self.socket.set_nonblocking(nonblocking)
    }

    /// How long a receiver waits before it fails with `EAGAIN`; `None` is for ever.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the time is 0.
    pub fn set_recv_timeout(&self, timeout: Option<Duration>) -> Result<(), Error> {
        self.set_timeout(Timeout::Recv, timeout)
    }

    /// How long a sender waits before it fails with `EAGAIN`; `None` is for ever.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the time is 0.
    pub fn set_send_timeout(&self, timeout: Option<Duration>) -> Result<(), Error> {
        self.set_timeout(Timeout::Send, timeout)
    }

    /// How long a receiver waits.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn recv_timeout(&self) -> Result<Option<Duration>, Error> {
        self.timeout(Timeout::Recv)
    }

    /// How long a sender waits.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn send_timeout(&self) -> Result<Option<Duration>, Error> {
        self.timeout(Timeout::Send)
    }

    fn set_timeout(&self, which: Timeout, timeout: Option<Duration>) -> Result<(), Error> {
        set_socket_timeout(&self.socket, which, timeout).map_err(|errno| {
            self.socket
                .error(Operation::SetOption("the time-out"), errno)
        })
    }

    fn timeout(&self, which: Timeout) -> Result<Option<Duration>, Error> {
        socket_timeout(&self.socket, which).map_err(|errno| {
            self.socket
                .error(Operation::GetOption("the time-out"), errno)
        })
    }

    /// How many messages this port has lost since it connected, modulo 2³² (`SO_MEMINFO`). It
    /// counts when the port reads on after a loss.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn lost(&self) -> Result<u32, Error> {
        let mut figures = [0; 9 * size_of::<u32>()];
        let (level, name) = (libc::SOL_SOCKET, libc::SO_MEMINFO);
        let got = sys::get_bytes(self.socket.as_fd(), level, name, &mut figures);
        got.map_err(|errno| self.socket.error(Operation::GetOption("the losses"), errno))?;
        // SK_MEMINFO_DROPS is the last of them.
        let [.., a, b, c, d] = figures;
        Ok(u32::from_ne_bytes([a, b, c, d]))
    }

    /// What it has counted since it was taken, and where it stands (`IPN_SO_STATISTICS`).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn statistics(&self) -> Result<PortStatistics, Error> {
        let mut told = abi::ipn_statistics::default();
        let (name, place) = (abi::IPN_SO_STATISTICS, bytes_mut(&mut told));
        match sys::get_bytes(self.socket.as_fd(), LEVEL, name, place) {
            Ok(_) => Ok(told.into()),
            Err(errno) => Err(self
                .socket
                .error(Operation::GetOption("the statistics"), errno)),
        }
    }

    /// Whether a message comes with the number of messages lost so far, once any was lost
    /// (`SO_RXQ_OVFL`): see [`Received::lost`]. [`Port::lost`] tells it without.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn set_report_losses(&self, wanted: bool) -> Result<(), Error> {
        let name = "the report of losses";
        self.socket
            .set(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, name, wanted.into())
    }

    /// Whether every message comes with who sent it (`IPN_SO_SENDER`): see [`Received::sender`].
    /// Messages that are taken out of mapped memory come without.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn set_report_senders(&self, wanted: bool) -> Result<(), Error> {
        self.set_flag(abi::IPN_SO_SENDER, "the report of senders", wanted)
    }

    /// Whether every message comes with the time it was sent (`SO_TIMESTAMP`): see
    /// [`Received::time`].
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn set_timestamps(&self, wanted: bool) -> Result<(), Error> {
        let name = "time stamps";
        self.socket
            .set(libc::SOL_SOCKET, libc::SO_TIMESTAMP, name, wanted.into())?;
        if wanted {
            // From the first call that receives, messages are stamped when they are sent, also
            // for those who take them out of mapped memory. This one takes none.
            let look = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            let _ = sys::recvmsg(self.socket.as_fd(), &mut [], look);
        }
        Ok(())
    }

    /// Attaches an eBPF socket filter: it says of each message whether this port
    /// gets it, and how much of it (`SO_ATTACH_BPF`).
    ///
    /// # Errors
    ///
    /// `EINVAL`, `EBADF`: it is no socket filter. `EPERM`: the filter is locked
    /// (`SO_LOCK_FILTER`). `ENOMEM`: it is larger than `optmem_max` allows.
    pub fn attach_bpf(&self, program: BorrowedFd<'_>) -> Result<(), Error> {
        let program = std::os::fd::AsRawFd::as_raw_fd(&program);
        let name = "the filter";
        self.socket
            .set(libc::SOL_SOCKET, libc::SO_ATTACH_BPF, name, program)?;
        self.socket.leave_memory();
        Ok(())
    }

    /// Attaches a classic BPF socket filter (`SO_ATTACH_FILTER`).
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is no filter. `EPERM`: the filter is locked (`SO_LOCK_FILTER`). `ENOMEM`:
    /// it is larger than `optmem_max` allows.
    pub fn attach_filter(&self, program: &[Instruction]) -> Result<(), Error> {
        let program: Vec<_> = program.iter().map(|one| one.raw()).collect();
        sys::attach_filter(self.socket.as_fd(), &program)
            .map_err(|errno| self.socket.error(Operation::SetOption("the filter"), errno))?;
        self.socket.leave_memory();
        Ok(())
    }

    /// Takes the port's filter away (`SO_DETACH_FILTER`).
    ///
    /// # Errors
    ///
    /// `ENOENT`: there is none. `EPERM`: it is locked (`SO_LOCK_FILTER`).
    pub fn detach_filter(&self) -> Result<(), Error> {
        let name = "the filter";
        self.socket
            .set(libc::SOL_SOCKET, libc::SO_DETACH_FILTER, name, 0)
    }

    /// Whether to receive out-of-band messages.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn set_out_of_band(&self, wanted: bool) -> Result<(), Error> {
        self.set_flag(abi::IPN_SO_HANDLE_OOB, "out-of-band messages", wanted)?;
        if wanted {
            self.socket.leave_memory();
        }
        Ok(())
    }

    /// Whether to be told of every change in the number of readers and writers, if
    /// out-of-band messages are received at all.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn set_watch_members(&self, wanted: bool) -> Result<(), Error> {
        let name = "messages about members";
        self.set_flag(abi::IPN_SO_WANT_OOB_NUMNODES, name, wanted)
    }

    fn set_flag(&self, option: c_int, name: &'static str, wanted: bool) -> Result<(), Error> {
        self.socket.set(LEVEL, option, name, wanted.into())
    }

    /// The error of this port for a cause outside its socket's calls.
    pub(crate) fn error(&self, operation: Operation, errno: rustix::io::Errno) -> Error {
        self.socket.error(operation, errno)
    }
}

descriptor!(Port);
