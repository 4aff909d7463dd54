// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate's ports for asynchronous programs.

use crate::lab::bus::Bus;
use crate::lab::check::same;
use crate::lab::runner::cases;
use crate::programs::library_lab::*;
use ipn::{Builder, Content, Direction, Oob, Shutdown};

cases!["library_async":
    port_waits,
    port_is_told_of_members,
    port_without_a_right_gets_its_error,
];

/// Runs this on a runtime of one thread.
fn block_on(future: impl std::future::Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    runtime.expect("a runtime").block_on(future);
}

fn port_waits() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().lossless(true).pool(2));
    let reader = reader(&bus);
    block_on(async {
        let sender = ok("a sender", ipn::AsyncPort::new(sender));
        let reader = ok("a reader", ipn::AsyncPort::new(reader));
        let sending = async {
            for n in 0..100_u8 {
                ok("send", sender.send(&[n]).await);
            }
            ok("terminate", sender.network().terminate());
        };
        let receiving = async {
            let mut buffer = [0; 8];
            for n in 0..100_u8 {
                let content = ok("recv", reader.recv(&mut buffer).await);
                same("message", content, Content::Message(&[n]));
            }
            let content = ok("recv", reader.recv(&mut buffer).await);
            same("the end", content, Content::End);
        };
        tokio::join!(receiving, sending);
    });
}

fn port_without_a_right_gets_its_error() {
    let bus = Bus::new();
    // Full, so that the one who may send waits.
    let creator = create(&bus, &Builder::new().lossless(true).pool(1));
    let builder = Builder::new().direction(Direction::Send);
    let deaf = ok("connect", builder.connect(&bus.path));
    let (mute, _slow) = (reader(&bus), reader(&bus));
    ok("send", creator.send(b"x"));
    block_on(async {
        let deaf = ok("a port that only sends", ipn::AsyncPort::new(deaf));
        let mute = ok("a port that only receives", ipn::AsyncPort::new(mute));
        let error = deaf
            .recv(&mut [0; 8])
            .await
            .expect_err("it may not receive");
        same("recv", error.errno().raw_os_error(), libc::EPIPE);
        let error = mute.send(b"y").await.expect_err("it may not send");
        same("send", error.errno().raw_os_error(), libc::EPIPE);
        let mut buffer = [0; 8];
        let content = ok("recv", mute.recv(&mut buffer).await);
        same("message", content, Content::Message(b"x"));
        // One that loses its right while it waits.
        let waits = async { mute.recv(&mut [0; 8]).await.map(drop) };
        let shut = async {
            tokio::task::yield_now().await;
            mute.get_ref().shutdown(Shutdown::Read)
        };
        let (received, shut) = tokio::join!(waits, shut);
        ok("shutdown", shut);
        let error = received.expect_err("its receive side is shut");
        same("recv", error.errno().raw_os_error(), libc::EPIPE);
        // At the end a send ends too.
        let waits = deaf.send(b"y");
        let end = async {
            tokio::task::yield_now().await;
            creator.network().terminate()
        };
        let (sent, end) = tokio::join!(waits, end);
        ok("terminate", end);
        let error = sent.expect_err("the network has ended");
        same("send", error.errno().raw_os_error(), libc::EPIPE);
    });
}

fn port_is_told_of_members() {
    let bus = Bus::new();
    let watcher = watcher(&bus);
    block_on(async {
        let watcher = ok("a watcher", ipn::AsyncPort::new(watcher));
        let mut buffer = [0; Oob::LEN];
        let mut members = None;
        tokio::join!(
            async {
                let content = ok("recv", watcher.recv(&mut buffer).await);
                let counts = Oob::Members {
                    readers: 1,
                    writers: 1,
                };
                same("content", content, Content::OutOfBand(counts));
            },
            async {
                tokio::task::yield_now().await;
                members = Some(reader(&bus));
            }
        );
        drop(members);
    });
}
