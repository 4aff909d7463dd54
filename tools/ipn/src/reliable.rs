// SPDX-License-Identifier: GPL-2.0

//! What a port of a reliable bus does besides: it tells sequences and gaps, and says where a message comes
//! from.

use crate::error::Error;
use crate::level::LEVEL;
use crate::operation::Operation;
use crate::port::Port;
use crate::sequence::{Origin, Sequenced};
use crate::sys;
use crate::sys::plain::bytes;
use ipn_abi as abi;
use rustix::fd::AsFd;
use rustix::net::{RecvFlags, SendFlags};
use std::ffi::c_int;

impl Port {
    /// Receives the next message as [`Port::recv_with`] does, and tells besides which of its sender it is, and
    /// what was missed before it.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ipn::Error> {
    /// use ipn::{Builder, History, RecvFlags};
    /// # let maker = Builder::new().reliable(true).keep_history(true).replace_stale(true);
    /// # let _bus = maker.bind("/tmp/bus")?;
    /// let bus = Builder::new().reliable(true).history(History::All);
    /// let port = bus.connect("/tmp/bus")?;
    /// port.set_report_sequences(true)?;
    /// let mut buffer = vec![0; port.network().mtu()?];
    /// loop {
    ///     let told = match port.recv_sequenced(&mut buffer, RecvFlags::empty()) {
    ///         // The next message tells what it was.
    ///         Err(error) if error.is_gap() => continue,
    ///         told => told?,
    ///     };
    ///     for gap in &told.gaps {
    ///         eprintln!("missed {} messages of port {:?}", gap.lost, gap.port);
    ///     }
    ///     let ipn::Content::Message(text) = told.received.content(&buffer) else {
    ///         break Ok(()); // the end
    ///     };
    ///     println!("{}", String::from_utf8_lossy(text));
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `ECONNRESET`, which is [`Error::is_gap`]: messages were missed; it is told once, and the next call goes on
    /// behind them. Those of [`Port::recv`].
    pub fn recv_sequenced(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<Sequenced, Error> {
        let mut told = sys::recvmsg_sequenced(self.as_fd(), buffer, flags)
            .map_err(|errno| self.error(Operation::Receive, errno))?;
        self.tell_end(&mut told.received);
        Ok(told)
    }

    /// Whether every message comes with its sequence (`IPN_SO_SEQUENCE`), which [`Port::recv_sequenced`] tells.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the module is older than this option.
    pub fn set_report_sequences(&self, wanted: bool) -> Result<(), Error> {
        let name = "the report of sequences";
        (self.socket()).set(LEVEL, abi::IPN_SO_SEQUENCE, name, wanted.into())
    }

    /// Sends a message that was sent elsewhere before, as a cable does, with where it comes from
    /// (`IPN_SO_ORIGIN`). Its readers are told: [`Sequence::origin`](crate::Sequence::origin).
    ///
    /// # Errors
    ///
    /// Those of [`Port::send`]. `EINVAL`: the network is no reliable bus.
    pub fn send_from(&self, message: &[u8], origin: Origin, flags: SendFlags) -> Result<(), Error> {
        let told = abi::ipn_origin::from(origin);
        let control = (LEVEL, abi::IPN_SO_ORIGIN, bytes(&told));
        sys::sendmsg(self.as_fd(), message, control, flags)
            .map_err(|errno| self.error(Operation::Send, errno))
    }

    /// Says that so many messages of this port were lost before they came here, between those that it has sent and the
    /// next one (`IPN_SO_SKIP`), as a cable does. Who reads the next one is told of that gap. Of none it does nothing.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP`: the network is no reliable bus. `ENOPROTOOPT`: the module is older than this option.
    pub fn skip(&self, count: u64) -> Result<(), Error> {
        const MOST: u64 = c_int::MAX as u64;
        let mut left = count;
        while left > 0 {
            let some = left.min(MOST);
            let name = "the messages that were lost";
            (self.socket()).set(LEVEL, abi::IPN_SO_SKIP, name, some as c_int)?;
            left -= some;
        }
        Ok(())
    }
}
