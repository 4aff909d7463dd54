// SPDX-License-Identifier: GPL-2.0

//! The client's side of a TCP connection.

use crate::failure::Failure;
use crate::node::Node;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{RecvError, Socket, State};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The bytes under way in each direction.
const ROOM: usize = 64 * 1024;

/// The longest answer that is taken, in bytes.
const LONGEST: usize = 16 << 20;

/// A peer that does not answer for so long is gone.
const TIME_OUT: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(30);

/// Opens a connection, within `limit`.
pub fn open(node: &mut Node, to: SocketAddr, limit: Duration) -> Result<SocketHandle, Failure> {
    let address = node.reaches(to.ip())?;
    let handle = node.add_tcp(ROOM);
    node.tcp(handle).set_timeout(Some(TIME_OUT));
    node.connect(handle, (address, to.port()), fastrand::u16(49152..))
        .map_err(|error| Failure::because(format!("cannot connect to {to}: {error}")))?;
    let deadline = Instant::now() + limit;
    loop {
        node.turn()?;
        match node.tcp(handle).state() {
            State::SynSent | State::SynReceived => {}
            State::Closed => {
                return Err(Failure::because(format!(
                    "cannot connect to {to}: refused; nothing listens there"
                )))
            }
            _ => return Ok(handle),
        }
        if Instant::now() >= deadline {
            return Err(Failure::because(format!(
                "cannot connect to {to}: no answer within {limit:?}; is the node up and on this network?"
            )));
        }
        node.wait(Some(deadline), None)?;
    }
}

/// Sends standard input and prints what comes back, until the peer is done.
pub fn with_standard_streams(node: &mut Node, handle: SocketHandle) -> Result<(), Failure> {
    let (input, mut output) = (io::stdin(), io::stdout().lock());
    let end = exchange(
        node,
        handle,
        Vec::new(),
        Some(input.as_fd()),
        &mut output,
        None,
    );
    end.map(drop)
}

/// Sends `request` and gives the whole answer, if it has come until `deadline`.
pub fn request(
    node: &mut Node,
    handle: SocketHandle,
    request: Vec<u8>,
    deadline: Instant,
) -> Result<Option<Vec<u8>>, Failure> {
    let mut answer = Answer(Vec::new());
    let is_whole = exchange(node, handle, request, None, &mut answer, Some(deadline))?;
    Ok(is_whole.then_some(answer.0))
}

/// An answer so far.
struct Answer(Vec<u8>);

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            let text = format!("the answer is longer than {LONGEST} bytes");
            return Err(io::Error::other(text));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends `unsent` and then all of `input`, at whose end it stops sending; writes
/// what comes to `output` until the peer stops sending too; whether it has until `deadline`.
fn exchange(
    node: &mut Node,
    handle: SocketHandle,
    mut unsent: Vec<u8>,
    mut input: Option<BorrowedFd<'_>>,
    output: &mut impl Write,
    deadline: Option<Instant>,
) -> Result<bool, Failure> {
    loop {
        node.turn()?;
        let socket = node.tcp(handle);
        let is_over = receive(socket, output)?;
        if is_over {
            socket.close();
            return drain(node, handle).map(|()| true);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(false);
        }
        if !unsent.is_empty() && socket.can_send() {
            let sent = socket.send_slice(&unsent).unwrap_or(0);
            unsent.drain(..sent);
        }
        let ready = node.wait(deadline, input.filter(|_| unsent.is_empty()))?;
        if let Some(source) = input.filter(|_| ready) {
            unsent = read(source)?;
            if unsent.is_empty() {
                input = None;
                node.tcp(handle).close();
            }
        }
    }
}

/// Writes what has come; whether the peer has said everything.
fn receive(socket: &mut Socket<'_>, output: &mut impl Write) -> Result<bool, Failure> {
    loop {
        let written =
            socket.recv(|bytes| (bytes.len(), output.write_all(bytes).map(|()| bytes.len())));
        match written {
            Ok(Ok(0)) => break,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(Failure::System("take what came", error)),
            Err(RecvError::Finished) => return flush(output).map(|()| true),
            Err(RecvError::InvalidState) => {
                return Err(Failure::because("the connection was broken off"));
            }
        }
    }
    flush(output).map(|()| false)
}

fn flush(output: &mut impl Write) -> Result<(), Failure> {
    output
        .flush()
        .map_err(|error| Failure::System("take what came", error))
}

/// Reads what there is of the input; nothing at its end.
fn read(input: BorrowedFd<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        match rustix::io::read(input, &mut bytes) {
            Ok(len) => {
                bytes.truncate(len);
                return Ok(bytes);
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::System("read the input", errno.into())),
        }
    }
}

/// Lets the peer know that the connection is over.
fn drain(node: &mut Node, handle: SocketHandle) -> Result<(), Failure> {
    let deadline = Instant::now() + Duration::from_secs(1);
    loop {
        node.turn()?;
        let is_over = matches!(node.tcp(handle).state(), State::Closed | State::TimeWait);
        if is_over || Instant::now() >= deadline {
            return Ok(());
        }
        node.wait(Some(deadline), None)?;
    }
}
