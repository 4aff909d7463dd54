// SPDX-License-Identifier: GPL-2.0
//! The same of the calls that send, receive and wait for messages.

use crate::abi::*;
use crate::faults::fault::{trial, try_each, Trial, EACH, MEMORY_AND_USER};
use crate::faults::{filtered_port, port, Scene, EVENTS};
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::sys::epoll::Epoll;
use crate::sys::memory::PAGE;
use crate::sys::poll::poll;
use std::io;

cases!["faults_messages":
    sending @ 60,
    receiving @ 60,
    polling @ 60,
];

/// A port that an out-of-band message waits for too.
fn told_port() -> Scene {
    let scene = port();
    ok("handle", scene.sock().set(IPN_SO_HANDLE_OOB, 1));
    ok("want", scene.sock().set(IPN_SO_WANT_OOB_NUMNODES, 1));
    drop(scene.bus.join());
    scene
}

/// A port with all kinds of control messages.
fn stamped_port() -> Scene {
    let scene = port();
    for option in [libc::SO_TIMESTAMP, libc::SO_RXQ_OVFL] {
        ok("generic option", scene.sock().set_generic(option, 1));
    }
    scene
}

fn port_with_fresh_memory() -> Scene {
    port().with_memory(4)
}

/// A port that an epoll may watch.
fn watched_port() -> Scene {
    let mut scene = port();
    scene.epoll = Some(ok("epoll", Epoll::new()));
    scene
}

const ONE_BYTE: &[u8] = b"x";

/// What `recv` gives must be a message that waits.
pub fn first(got: io::Result<usize>, buffer: &[u8]) -> io::Result<()> {
    let len = got?;
    if buffer.get(..len) == Some(b"first") {
        Ok(())
    } else {
        Err(io::Error::other(format!("another message, of {len} bytes")))
    }
}

fn sending() {
    let all: Vec<Trial<Scene>> = vec![
        trial("send", port, MEMORY_AND_USER, |scene| {
            scene.sock().send(ONE_BYTE, NOW).map(drop)
        }),
        trial("send of 65,535 bytes", port, MEMORY_AND_USER, |scene| {
            scene.sock().send(&[7; 65535], NOW).map(drop)
        }),
        trial(
            "send from pages never touched",
            port_with_fresh_memory,
            MEMORY_AND_USER,
            |scene| {
                let at = scene.memory.as_ref().expect("memory").address(PAGE / 2);
                scene.sock().send_at(at, 3 * PAGE, NOW).map(drop)
            },
        ),
        trial("write", port, MEMORY_AND_USER, |scene| {
            scene.sock().write(ONE_BYTE).map(drop)
        }),
        trial("sendmsg", port, MEMORY_AND_USER, |scene| {
            let parts: [&[u8]; 3] = [b"one", b"", b"two"];
            scene.sock().sendmsg(&parts, &[], None, NOW).map(drop)
        }),
        trial("sendmmsg", port, MEMORY_AND_USER, |scene| {
            let batch: [&[u8]; 3] = [b"one", b"two", b"three"];
            scene.sock().sendmmsg(&batch, NOW).map(drop)
        }),
    ];
    try_each(EACH, || (), &all);
}

fn receiving() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("recv", port, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.sock().recv(&mut buffer, NOW);
                first(got, &buffer)
            }),
            trial("peek", port, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.sock().recv(&mut buffer, NOW | libc::MSG_PEEK);
                first(got, &buffer)
            }),
            trial("read", port, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.sock().read(&mut buffer);
                first(got, &buffer)
            }),
            trial(
                "recv into pages never touched",
                port_with_fresh_memory,
                MEMORY_AND_USER,
                |scene| {
                    let sock = scene.sock().clone();
                    let memory = scene.memory.as_mut().expect("memory");
                    let len = memory.recv(&sock, PAGE / 2, 3 * PAGE, NOW)?;
                    first(Ok(len), &memory.read(PAGE / 2, len))
                },
            ),
            trial("recvmsg", stamped_port, MEMORY_AND_USER, |scene| {
                let message = scene.sock().recvmsg(64, NOW)?;
                first(Ok(message.len), &message.data)
            }),
            trial("recvmmsg", stamped_port, MEMORY_AND_USER, |scene| {
                scene.sock().recvmmsg(4, 64, NOW, None).map(drop)
            }),
            trial("recv out of band", told_port, MEMORY_AND_USER, |scene| {
                scene.sock().recv(&mut [0; 64], NOW).map(drop)
            }),
            trial(
                "recv past a filter",
                filtered_port,
                MEMORY_AND_USER,
                |scene| {
                    let mut buffer = [0; 64];
                    let got = scene.sock().recv(&mut buffer, NOW);
                    first(got, &buffer)
                },
            ),
        ],
    );
}

fn polling() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("poll", port, MEMORY_AND_USER, |scene| {
                poll(scene.sock(), EVENTS, 0).map(drop)
            }),
            trial(
                "poll past a filter",
                filtered_port,
                MEMORY_AND_USER,
                |scene| match poll(scene.sock(), EVENTS, 0)? & libc::POLLIN {
                    0 => Err(io::Error::other("no POLLIN for a message that waits")),
                    _ => Ok(()),
                },
            ),
            trial("epoll_ctl", watched_port, MEMORY_AND_USER, |scene| {
                let epoll = scene.epoll.as_ref().expect("an epoll");
                epoll.add(scene.sock(), libc::EPOLLIN | libc::EPOLLET, 1)
            }),
            trial("FIONREAD", port, MEMORY_AND_USER, |scene| {
                scene.sock().ioctl_int(libc::FIONREAD).map(drop)
            }),
            trial(
                "FIONREAD past a filter",
                filtered_port,
                MEMORY_AND_USER,
                |scene| match scene.sock().ioctl_int(libc::FIONREAD)? {
                    5 => Ok(()),
                    other => Err(io::Error::other(format!("{other} bytes, not 5"))),
                },
            ),
        ],
    );
}
