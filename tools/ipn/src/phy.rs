// SPDX-License-Identifier: GPL-2.0

//! A port as the network device of a TCP/IP stack in user space.

use crate::error::Error;
use crate::failed::Failed;
use crate::port::Port;
use crate::received::Kind;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// The longest Ethernet frame without tags: what a stack sends, even on a network
/// with room for tags or more, so that every other node understands it.
const FRAME: usize = 1514;

/// An Ethernet device for [`smoltcp`], on a port of a network.
///
/// Neither direction ever waits. When [`phy::Device::receive`] has nothing more,
/// wait until the descriptor is readable, or also until it is writable while
/// [`Device::is_waiting`]: on a lossless network a frame may have to wait for a
/// slow reader. Look at [`Device::take_error`] and [`Device::has_ended`] then.
#[derive(Debug)]
pub struct Device {
    sender: Sender,
    received: Vec<u8>,
    has_ended: bool,
}

/// The sending side.
#[derive(Debug)]
struct Sender {
    port: Port,
    frame: Vec<u8>,
    /// Whether `frame` found no room yet.
    is_waiting: bool,
    dropped: u64,
    error: Option<Error>,
    longest: usize,
}

impl Device {
    /// Makes a device of a port.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn new(port: Port) -> Result<Self, Failed<Port>> {
        let mtu = match port.network().mtu() {
            Ok(mtu) => mtu,
            Err(error) => return Err(Failed::new(error, port)),
        };
        Ok(Self {
            sender: Sender {
                port,
                frame: Vec::new(),
                is_waiting: false,
                dropped: 0,
                error: None,
                longest: mtu.min(FRAME),
            },
            received: vec![0; mtu],
            has_ended: false,
        })
    }

    /// The port.
    pub fn port(&self) -> &Port {
        &self.sender.port
    }

    /// Whether the network was terminated.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether a frame waits for room on the network.
    pub fn is_waiting(&self) -> bool {
        self.sender.is_waiting
    }

    /// How many frames the stack made while another one waited for room: they were
    /// dropped.
    pub fn dropped(&self) -> u64 {
        self.sender.dropped
    }

    /// The error, other than the network's end, that sending or receiving has met.
    pub fn take_error(&mut self) -> Option<Error> {
        self.sender.error.take()
    }

    /// Receives the next frame, if there is one; returns its length.
    fn receive_frame(&mut self) -> Option<usize> {
        while !self.has_ended {
            let port = &self.sender.port;
            match port.recv_with(&mut self.received, RecvFlags::DONTWAIT) {
                Ok(received) => match received.kind() {
                    Kind::Message => return Some(received.len()),
                    Kind::OutOfBand => {}
                    Kind::End => self.has_ended = true,
                },
                Err(error) if error.errno() == Errno::INTR => {}
                Err(error) if error.errno() == Errno::AGAIN => return None,
                Err(error) => {
                    self.sender.error.get_or_insert(error);
                    return None;
                }
            }
        }
        None
    }
}

impl Sender {
    /// Tries to send the frame that waits.
    fn flush(&mut self) {
        if !self.is_waiting {
            return;
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match self.port.send_with(&self.frame, flags) {
            Err(error) if matches!(error.errno(), Errno::AGAIN | Errno::INTR) => return,
            // The end is told by the receiving side.
            Err(error) if !self.is_over() => drop(self.error.get_or_insert(error)),
            _ => {}
        }
        self.is_waiting = false;
    }

    /// Whether the network was terminated.
    fn is_over(&self) -> bool {
        let flags = self.port.network().flags();
        flags.is_ok_and(|flags| flags.contains(crate::Flags::TERMINATED))
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.sender.port.as_fd()
    }
}

impl phy::Device for Device {
    type RxToken<'a> = RxToken<'a>;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _: Instant) -> Option<(RxToken<'_>, TxToken<'_>)> {
        self.sender.flush();
        let len = self.receive_frame()?;
        let sender = &mut self.sender;
        Some((RxToken(&self.received[..len]), TxToken(sender)))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        self.sender.flush();
        let is_free = !self.sender.is_waiting && !self.has_ended;
        is_free.then_some(TxToken(&mut self.sender))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = self.sender.longest;
        capabilities
    }
}

/// A frame that was received.
#[derive(Debug)]
pub struct RxToken<'a>(&'a [u8]);

impl phy::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// The place for a frame to send.
#[derive(Debug)]
pub struct TxToken<'a>(&'a mut Sender);

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let sender = self.0;
        if sender.is_waiting {
            // An answer to a frame that was received while another one waits.
            sender.dropped += 1;
            return f(&mut vec![0; len]);
        }
        sender.frame.clear();
        sender.frame.resize(len, 0);
        let result = f(&mut sender.frame);
        sender.is_waiting = true;
        sender.flush();
        result
    }
}
