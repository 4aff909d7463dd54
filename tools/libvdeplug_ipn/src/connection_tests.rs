// SPDX-License-Identifier: GPL-2.0

//! What needs no network. A socket of another family plays the port.

use super::*;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::net::socketpair;

/// A connection, and the other end of its socket.
fn connection() -> (Connection, OwnedFd) {
    let (ours, theirs) = socketpair(
        AddressFamily::UNIX,
        rustix::net::SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
    .expect("a socket pair");
    let connection = Connection::of(Port::from(ours)).expect("a connection");
    (connection, theirs)
}

/// What is to be read, or has ended, on a descriptor.
fn events(fd: BorrowedFd<'_>) -> PollFlags {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).expect("poll");
    fds[0].revents()
}

#[test]
fn frames_pass_and_scraps_are_marked() {
    let (connection, other) = connection();
    let mut buffer = [0; 64];
    assert_eq!(connection.send(&[7; 60], SendFlags::empty()), Ok(60));
    let (len, _) = rustix::net::recv(&other, &mut buffer, RecvFlags::empty()).expect("recv");
    assert_eq!(buffer[..len], [7; 60]);
    for (sent, told) in [(14, 14), (64, 64), (13, IGNORED), (65, IGNORED)] {
        rustix::net::send(&other, &vec![1; sent], SendFlags::empty()).expect("send");
        assert!(events(connection.data_fd()).contains(PollFlags::IN));
        assert_eq!(connection.recv(&mut buffer, RecvFlags::empty()), Ok(told));
    }
    assert!(events(connection.control_fd()).is_empty());
    let nothing = connection.recv(&mut buffer, RecvFlags::DONTWAIT);
    assert_eq!(nothing, Err(Errno::AGAIN));
}

#[test]
fn after_the_end_the_data_are_silent_and_the_control_is_not() {
    let (connection, other) = connection();
    drop(other);
    let number = std::os::fd::AsRawFd::as_raw_fd(&connection.data_fd());
    assert!(events(connection.data_fd()).contains(PollFlags::IN));
    for _ in 0..2 {
        connection.end();
        assert!(events(connection.data_fd()).is_empty());
        assert!(events(connection.control_fd()).contains(PollFlags::IN));
        let mut byte = [0];
        assert_eq!(rustix::io::read(connection.control_fd(), &mut byte), Ok(0));
        let mut buffer = [0; 64];
        assert_eq!(connection.recv(&mut buffer, RecvFlags::empty()), Ok(0));
        assert_eq!(
            connection.send(&[0; 60], SendFlags::empty()),
            Err(Errno::PIPE)
        );
    }
    let same = std::os::fd::AsRawFd::as_raw_fd(&connection.data_fd());
    assert_eq!(
        number, same,
        "the caller knows the descriptor by its number"
    );
}

#[test]
fn a_group_is_not_set_here() {
    let request = Request {
        group: true,
        ..Request::default()
    };
    let failure = Connection::open(b"/nowhere", &request).expect_err("a failure");
    assert_eq!(failure.errno(), Errno::OPNOTSUPP);
    assert!(failure.to_string().contains("chgrp"));
}

#[test]
fn a_wrong_url_is_an_invalid_argument() {
    let failure = Connection::open(b"/a[b", &Request::default()).expect_err("a failure");
    assert_eq!(failure.errno(), Errno::INVAL);
}

#[test]
fn a_description_is_cut_between_characters() {
    assert_eq!(description("qemu"), "qemu");
    assert_eq!(description(&"a".repeat(200)).len(), 127);
    let text = format!("a{}", "ü".repeat(80));
    assert_eq!(description(&text).len(), 127);
    let text = "ü".repeat(80);
    assert_eq!(description(&text).len(), 126);
}
