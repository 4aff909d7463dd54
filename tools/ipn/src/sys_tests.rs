// SPDX-License-Identifier: GPL-2.0

//! The system calls on a pair of AF_UNIX sockets, which need no module.

use super::*;
use crate::batch::Batch;
use crate::{Content, Port};
use rustix::net::RecvFlags;
use rustix::net::SendFlags;
use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, SystemTime};

/// Two ports that reach each other without the module.
fn pair() -> (Port, Port) {
    let (a, b) = UnixDatagram::pair().expect("a socket pair");
    (OwnedFd::from(a).into(), OwnedFd::from(b).into())
}

#[test]
fn an_address_holds_1_to_108_bytes() {
    let (long, longest) = ("x".repeat(107), "x".repeat(108));
    for (path, len) in [("a", 4), (&long as &str, 110), (&longest, 110)] {
        let address = Address::new(Path::new(path)).expect("an address");
        assert_eq!(address.len as usize, len);
        assert_eq!(address.raw.sun_family, abi::AF_IPN);
        assert_eq!(address.raw.sun_path[0] as u8, path.as_bytes()[0]);
        let nul = address.raw.sun_path.get(path.len());
        assert!(nul.is_none_or(|byte| *byte == 0));
    }
    for path in ["", "a\0b", &"x".repeat(109)] {
        assert!(Address::new(Path::new(path)).is_none(), "{path:?}");
    }
}

#[test]
fn messages_keep_their_bounds() {
    let (sender, receiver) = pair();
    let mut buffer = [0; 8];
    for message in [&b"one"[..], b"", b"twelve bytes"] {
        sender.send(message).expect("sent");
        let received = receiver
            .recv_with(&mut buffer, RecvFlags::empty())
            .expect("received");
        let len = message.len().min(buffer.len());
        assert_eq!(received.content(&buffer), Content::Message(&message[..len]));
        assert_eq!(received.full_len(), message.len());
        assert_eq!(received.is_truncated(), message.len() > buffer.len());
        assert_eq!((received.lost(), received.time()), (None, None));
    }
}

#[test]
fn a_time_stamp_is_told() {
    let (sender, receiver) = pair();
    receiver.set_timestamps(true).expect("time stamps");
    let before = SystemTime::now() - Duration::from_secs(1);
    sender.send(b"x").expect("sent");
    let received = receiver
        .recv_with(&mut [0; 8], RecvFlags::empty())
        .expect("received");
    let time = received.time().expect("a time");
    assert!(before < time && time < SystemTime::now() + Duration::from_secs(1));
}

#[test]
fn a_batch_is_sent_and_received() {
    let (sender, receiver) = pair();
    let messages = [&b"a"[..], b"", b"ccc", b"longer than the room"];
    let slices = messages.map(IoSlice::new);
    assert_eq!(sender.send_batch(&slices, SendFlags::empty()).ok(), Some(4));
    assert_eq!(sender.send_batch(&[], SendFlags::empty()).ok(), Some(0));

    let mut batch = Batch::new(3, 4);
    let count = receiver.recv_batch(&mut batch, 9, Port::WAIT_FOR_ONE);
    assert_eq!(count.ok(), Some(3));
    let got: Vec<_> = batch.iter().map(|(content, _)| content).collect();
    assert_eq!(got, [b"a" as &[u8], b"", b"ccc"].map(Content::Message));

    let count = receiver.recv_batch(&mut batch, 2, Port::WAIT_FOR_ONE);
    assert_eq!(count.ok(), Some(1));
    let (content, received) = batch.iter().next().expect("a message");
    assert_eq!(content, Content::Message(b"long"));
    assert_eq!(received.full_len(), 20);

    let error = receiver.recv_batch(&mut batch, 1, RecvFlags::DONTWAIT);
    assert_eq!(error.expect_err("nothing is there").errno(), Errno::AGAIN);
    assert!(batch.is_empty());
}

#[test]
fn a_time_out_is_kept() {
    let (_sender, receiver) = pair();
    assert_eq!(receiver.recv_timeout().ok(), Some(None));
    let timeout = Some(Duration::from_millis(10));
    receiver.set_recv_timeout(timeout).expect("a time-out");
    assert!(receiver.recv_timeout().expect("a time-out") >= timeout);
    let error = receiver.recv(&mut [0; 8]).expect_err("nothing is sent");
    assert_eq!(error.errno(), Errno::AGAIN);
}

#[test]
fn a_filter_keeps_messages_out() {
    let (sender, receiver) = pair();
    // ret #0: no byte of any message.
    let nothing = crate::Instruction {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: 0,
    };
    receiver.attach_filter(&[nothing]).expect("a filter");
    let _ = sender.send(b"lost");
    receiver.detach_filter().expect("no filter");
    sender.send(b"kept").expect("sent");
    let mut buffer = [0; 8];
    assert_eq!(
        receiver.recv(&mut buffer).expect("received"),
        Content::Message(b"kept")
    );
}

#[test]
fn the_path_is_that_of_the_socket() {
    let directory = std::env::temp_dir();
    let name = directory.join(format!("ipn-{}-path", std::process::id()));
    let socket = UnixDatagram::bind(&name).expect("a socket file");
    assert_eq!(
        path(rustix::fd::AsFd::as_fd(&socket)).ok(),
        Some(name.clone())
    );
    std::fs::remove_file(name).expect("removed");
    let (nameless, _) = UnixDatagram::pair().expect("a socket pair");
    assert_eq!(
        path(rustix::fd::AsFd::as_fd(&nameless)),
        Err(Errno::NOTCONN)
    );
}

#[test]
fn other_sockets_are_not_of_the_family() {
    let (socket, _) = UnixDatagram::pair().expect("a socket pair");
    assert!(!crate::is_ipn(&socket));
}

#[test]
fn options_of_the_family_are_refused_by_others() {
    let (port, _) = pair();
    let error = port.number().expect_err("no such option");
    assert_eq!(error.errno(), Errno::OPNOTSUPP);
}
