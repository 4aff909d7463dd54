// SPDX-License-Identifier: GPL-2.0
//! The table's calls that send and receive.

use super::calls::{address, did, num, Outcome};
use super::stage::Stage;
use crate::lab::bus::NOW;
use crate::sys::message::{Control, Received};
use crate::sys::process::pipe;
use crate::sys::socket::Sock;
use ipntest::table::numbers::flags;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

/// The flag that is this bit.
fn bit(number: &str) -> i32 {
    (1_u32 << num(number)) as i32
}

/// A message of this length, or the room for one.
pub fn bytes(len: &str) -> Vec<u8> {
    vec![b'x'; num(len) as usize]
}

/// A message is sent.
pub fn send(stage: &Stage, words: &[&str]) -> Outcome {
    let sock = &stage.sock;
    let sent = match words {
        ["send", "nowhere"] => sock.send_at(16, 9, NOW),
        ["send", "flag", flag] => sock.send(b"x", NOW | bit(flag)),
        ["send", len, bits] => sock.send(&bytes(len), flags(bits).expect("flags")),
        ["sendto", name] => sock.sendto(b"x", NOW, &address(stage, name)),
        ["sendmsg", "parts", count] => {
            let parts = vec![&b"x"[..]; num(count) as usize];
            sock.sendmsg(&parts, &[], None, NOW)
        }
        ["sendmsg", "stub"] => sock.sendmsg_bytes(&[b"x"], &[0; 8], None, NOW),
        ["sendmsg", "lie"] => sock.sendmsg_bytes(&[b"x"], &[0xff; 16], None, NOW),
        ["sendmsg", "control", level, kind, len] => {
            let control = Control {
                level: num(level) as i32,
                kind: num(kind) as i32,
                data: vec![0; num(len) as usize],
            };
            sock.sendmsg(&[b"x"], &[control], None, NOW)
        }
        ["sendmmsg", count] => {
            let messages = vec![&b"x"[..]; num(count) as usize];
            sock.sendmmsg(&messages, NOW)
        }
        _ => return write(stage, words),
    };
    did(sent?)
}

/// Makes calls that have no flag for it not wait.
fn without_waiting<T>(sock: &Sock, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = sock.fcntl(libc::F_GETFL, 0)?;
    sock.fcntl(libc::F_SETFL, before | libc::O_NONBLOCK)?;
    let result = call();
    sock.fcntl(libc::F_SETFL, before)?;
    result
}

/// The same by calls of files.
fn write(stage: &Stage, words: &[&str]) -> Outcome {
    let sock = &stage.sock;
    let mut file = File::from(sock.as_fd().try_clone_to_owned()?);
    let sent = without_waiting(sock, || match words {
        ["write", len] => sock.write(&bytes(len)),
        ["writev", count] => {
            let parts = vec![IoSlice::new(b"x"); num(count) as usize];
            file.write_vectored(&parts)
        }
        ["pwrite"] => file.write_at(b"x", 0),
        ["sendfile", len] => sock.sendfile(&File::open("/proc/self/exe")?, num(len) as usize),
        ["splice-to", len] => {
            let (from, into) = pipe()?;
            File::from(into).write_all(&bytes(len))?;
            sock.splice_from(&from, num(len) as usize)
        }
        other => panic!(
            "src/states/calls.rs does not know the call {}",
            other.join(" ")
        ),
    });
    did(sent?)
}

/// A message that was received: its length, and what came beside it.
fn received(received: &Received) -> String {
    let mut answer = received.len.to_string();
    for (bit, name) in [
        (libc::MSG_EOR, "+EOR"),
        (libc::MSG_TRUNC, "+TRUNC"),
        (libc::MSG_OOB, "+OOB"),
        (libc::MSG_CTRUNC, "+CTRUNC"),
    ] {
        if received.flags & bit != 0 {
            answer += name;
        }
    }
    if received.name_len != 0 {
        answer += "+name";
    }
    answer
}

/// One is received.
pub fn receive(stage: &Stage, words: &[&str]) -> Outcome {
    let sock = &stage.sock;
    match words {
        ["recv", "nowhere"] => did(sock.recv_to_nowhere(9, NOW)?),
        ["recv", "flag", flag] => did(sock.recv(&mut [0; 4], NOW | bit(flag))?),
        ["recv", len, bits] => did(sock.recv(&mut bytes(len), flags(bits).expect("flags"))?),
        ["recvmsg", len, bits] => {
            let got = sock.recvmsg(num(len) as usize, flags(bits).expect("flags"))?;
            did(received(&got))
        }
        ["recvmmsg", count] => {
            let got = sock.recvmmsg(num(count) as usize, 64, NOW, None)?;
            let got: Vec<_> = got.iter().map(received).collect();
            did(if got.is_empty() {
                "0".into()
            } else {
                got.join(",")
            })
        }
        _ => read(stage, words),
    }
}

/// The same by calls of files.
fn read(stage: &Stage, words: &[&str]) -> Outcome {
    let sock = &stage.sock;
    let mut file = File::from(sock.as_fd().try_clone_to_owned()?);
    let got = without_waiting(sock, || match words {
        ["read", len] => sock.read(&mut bytes(len)),
        ["readv", count] => {
            let mut rooms = vec![[0; 4]; num(count) as usize];
            let mut parts: Vec<_> = rooms.iter_mut().map(|room| IoSliceMut::new(room)).collect();
            file.read_vectored(&mut parts)
        }
        ["pread"] => file.read_at(&mut [0; 4], 0),
        ["splice-from", len] => {
            let (_from, into) = pipe()?;
            sock.splice_to(&into, num(len) as usize)
        }
        other => panic!(
            "src/states/calls.rs does not know the call {}",
            other.join(" ")
        ),
    });
    did(got?)
}
