// SPDX-License-Identifier: GPL-2.0

//! The services: echo and a page.

use crate::failure::Failure;
use crate::node::Node;
use crate::output::say;
use crate::page;
use ipn::Shown;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Duration;
use std::path::Path;

/// The TCP port of the echo service (RFC 862).
const ECHO: u16 = 7;

/// The TCP port of the page.
const PAGE: u16 = 80;

/// How many clients each service has at a time.
const CLIENTS: usize = 8;

/// The bytes under way in each direction of a connection.
const ROOM: usize = 16 * 1024;

/// A client is asked after this time whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A client that says nothing for so long is gone.
const TIME_OUT: Duration = Duration::from_secs(60);

/// What a socket serves.
enum Service {
    Echo,
    /// The request so far, then the rest of the answer.
    Page {
        request: Vec<u8>,
        answer: Option<Vec<u8>>,
    },
}

/// Serves until the network ends.
pub fn run(node: &mut Node, path: &Path) -> Result<(), Failure> {
    let mut services: Vec<(SocketHandle, Service)> = Vec::new();
    for _ in 0..CLIENTS {
        services.push((node.add_tcp(ROOM), Service::Echo));
        let page = Service::Page {
            request: Vec::new(),
            answer: None,
        };
        services.push((node.add_tcp(ROOM), page));
    }
    let about = node.describe();
    let number = node.port().number()?;
    say(&format!("port {number} of {}: {about}", Shown::of(path)))?;
    loop {
        match node.turn() {
            Err(Failure::Ended) => return Ok(()),
            other => other?,
        }
        for (handle, service) in &mut services {
            service.serve(node.tcp(*handle), &about);
        }
        node.wait(None, None)?;
    }
}

impl Service {
    /// Does what can be done on a socket now.
    fn serve(&mut self, socket: &mut Socket<'_>, about: &str) {
        // No peer could reuse the pair of addresses by accident.
        if matches!(socket.state(), State::Closed | State::TimeWait) {
            self.listen(socket);
        }
        match self {
            Self::Echo => echo(socket),
            Self::Page { request, answer } => {
                if answer.is_none() {
                    *answer = read_request(socket, request, about);
                }
                if let Some(answer) = answer {
                    write_answer(socket, answer);
                }
            }
        }
    }

    /// Waits for the next client.
    fn listen(&mut self, socket: &mut Socket<'_>) {
        let port = match self {
            Self::Echo => ECHO,
            Self::Page { request, answer } => {
                request.clear();
                *answer = None;
                PAGE
            }
        };
        socket.abort();
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_timeout(Some(TIME_OUT));
        if let Err(error) = socket.listen(port) {
            // The socket is closed and the port is not 0.
            unreachable!("listening on port {port}: {error}");
        }
    }
}

/// Sends back what has come, as far as there is room for it.
fn echo(socket: &mut Socket<'_>) {
    let mut bytes = [0; 2048];
    loop {
        let room = socket.send_capacity() - socket.send_queue();
        let most = bytes.len().min(room);
        if !socket.may_send() || most == 0 {
            return;
        }
        match socket.recv_slice(&mut bytes[..most]) {
            Ok(0) => return,
            // There is room, and the socket may send.
            Ok(len) => drop(socket.send_slice(&bytes[..len])),
            // The client has said everything, and so have we.
            Err(_) => break,
        }
    }
    if socket.state() == State::CloseWait {
        socket.close();
    }
}

/// Reads on until there is an answer to give.
fn read_request(socket: &mut Socket<'_>, request: &mut Vec<u8>, about: &str) -> Option<Vec<u8>> {
    while socket.can_recv() {
        let taken = socket.recv(|bytes| {
            request.extend_from_slice(bytes);
            (bytes.len(), ())
        });
        taken.ok()?;
        if let Some(answer) = page::answer(request, about) {
            return Some(answer);
        }
    }
    if socket.state() == State::CloseWait {
        socket.close();
    }
    None
}

/// Sends the rest of an answer, then closes.
fn write_answer(socket: &mut Socket<'_>, rest: &mut Vec<u8>) {
    // What the client still says is of no interest, but must not block it.
    while socket.can_recv() {
        if socket.recv(|bytes| (bytes.len(), ())).is_err() {
            break;
        }
    }
    if !rest.is_empty() && socket.can_send() {
        let sent = socket.send_slice(rest).unwrap_or(0);
        rest.drain(..sent);
    }
    if rest.is_empty() {
        socket.close();
    }
}
