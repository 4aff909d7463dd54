// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate's ports for asynchronous programs.

use crate::bus::Bus;
use crate::check::same;
use crate::library_lab::*;
use crate::runner::cases;
use ipn::{Builder, Content, Oob};

cases!["library_async":
    port_waits,
    port_is_told_of_members,
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
