// SPDX-License-Identifier: GPL-2.0
//! The same of ports whose owner maps the network's memory.

use crate::faults;
use crate::faults::fault::{trial, try_each, Stage, EACH, MEMORY, MEMORY_AND_USER};
use crate::faults::messages::first;
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::mapping::lab::{map_cursor, map_head, map_ring};
use crate::sys::mapping::Area;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::fs;
use std::sync::atomic::Ordering::Relaxed;

cases!["faults_mapping":
    mapping @ 60,
    receiving @ 60,
    ending @ 60,
];

/// A port that two messages wait for, and what is mapped of it.
struct Scene {
    port: faults::Scene,
    head: Area,
    ring: Option<Area>,
    cursor: Option<Area>,
}

impl Stage for Scene {
    fn state(&self) -> String {
        let maps = ok("/proc/self/maps", fs::read_to_string("/proc/self/maps"));
        let mapped = maps.lines().filter(|line| line.contains("socket:")).count();
        let words = |area: &Option<Area>| {
            let word = |at| area.as_ref().map(|area| area.word(at).load(Relaxed));
            [0, 8, 16].map(word)
        };
        let (ring, cursor) = (words(&self.ring), words(&self.cursor));
        let port = self.port.state();
        format!("{port}\nmappings: {mapped}, ring: {ring:?}, cursor: {cursor:?}")
    }
}

impl Scene {
    fn sock(&self) -> &Sock {
        self.port.sock()
    }
}

fn port() -> Scene {
    let port = faults::port();
    Scene {
        head: ok("mmap", map_head(port.sock())),
        port,
        ring: None,
        cursor: None,
    }
}

fn mapped_port() -> Scene {
    let mut scene = port();
    scene.ring = Some(ok("ring", map_ring(scene.sock(), &scene.head)));
    scene.cursor = Some(ok("cursor", map_cursor(scene.sock())));
    scene
}

fn mapping() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("mmap of the ring", port, MEMORY, |scene| {
                scene.ring = Some(map_ring(scene.sock(), &scene.head)?);
                Ok(())
            }),
            trial("mmap of the cursor", port, MEMORY, |scene| {
                scene.cursor = Some(map_cursor(scene.sock())?);
                Ok(())
            }),
            trial("mmap of the ring once more", mapped_port, MEMORY, |scene| {
                map_ring(scene.sock(), &scene.head).map(drop)
            }),
            trial(
                "mmap of the cursor once more",
                mapped_port,
                MEMORY,
                |scene| map_cursor(scene.sock()).map(drop),
            ),
        ],
    );
}

fn receiving() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("recv", mapped_port, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.sock().recv(&mut buffer, NOW);
                first(got, &buffer)
            }),
            trial("poll", mapped_port, MEMORY_AND_USER, |scene| {
                poll(scene.sock(), libc::POLLIN | libc::POLLOUT, 0).map(drop)
            }),
            trial("FIONREAD", mapped_port, MEMORY_AND_USER, |scene| {
                scene.sock().ioctl_int(libc::FIONREAD).map(drop)
            }),
            trial("send", mapped_port, MEMORY_AND_USER, |scene| {
                scene.sock().send(b"x", NOW).map(drop)
            }),
            trial(
                "send out of the ring",
                mapped_port,
                MEMORY_AND_USER,
                |scene| {
                    let ring = scene.ring.as_ref().expect("a ring").address();
                    scene.sock().send_at(ring, 1500, NOW).map(drop)
                },
            ),
            trial(
                "recv into the cursor",
                mapped_port,
                MEMORY_AND_USER,
                |scene| {
                    let cursor = scene.cursor.as_ref().expect("a cursor");
                    cursor.recv_into(scene.sock(), NOW).map(drop)
                },
            ),
        ],
    );
}

fn ending() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("close of a mapped port", mapped_port, &[], |scene| {
                scene.port.close()
            }),
            trial("munmap after close", mapped_port, &[], |scene| {
                scene.port.close()?;
                drop((scene.ring.take(), scene.cursor.take()));
                Ok(())
            }),
        ],
    );
}
