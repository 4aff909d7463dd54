// SPDX-License-Identifier: GPL-2.0
//! A crowd: one sender at a fixed rate, many receivers, a few of which are slow.
//!
//! `ipntest crowd SECONDS [RECEIVERS]` does it for as long as one likes.

use super::*;
use crate::ktap::remark;
use crate::lab::bus::say;
use crate::lab::runner::{self, cases, Case};
use crate::sys::epoll::Epoll;
use crate::sys::process;
use crate::users::charge::in_a_group;
use std::sync::OnceLock;
use std::time::Instant;

cases!["reliable_crowd":
    slow_ones_alone_lose_messages @ 60,
];

/// How many seconds at least, and how many receivers.
static TASK: OnceLock<(u64, usize)> = OnceLock::new();

/// Receivers that read a message while [`RATE`] are sent.
const SLOW: usize = 10;

/// Messages a second, at most.
const RATE: u32 = 50;

/// Bytes of a message.
const LEN: usize = 64;

/// Runs it as the only test: whether it passed.
pub fn run(seconds: u64, receivers: usize) -> std::io::Result<bool> {
    TASK.get_or_init(|| (seconds, receivers));
    let limit = u32::try_from(seconds)
        .unwrap_or(u32::MAX)
        .saturating_add(120);
    runner::run(&[&Case {
        name: "reliable_crowd.slow_ones_alone_lose_messages",
        run: slow_ones_alone_lose_messages,
        limit: limit.into(),
    }])
}

/// A receiver, and what it has got and missed.
struct Receiver {
    sock: Sock,
    received: u64,
    missed: u64,
}

impl Receiver {
    /// Takes a message, if one is there.
    fn take(&mut self) -> bool {
        match self.sock.recvmsg(LEN, NOW) {
            Ok(received) => {
                self.missed += gaps(&received).iter().map(|(_, lost)| lost).sum::<u64>();
                let number = u64::from_ne_bytes(received.data[..8].try_into().unwrap());
                same("number", number, self.received + self.missed);
                self.received += 1;
                true
            }
            Err(error) => match error.raw_os_error() {
                Some(libc::ECONNRESET) => true,
                Some(libc::EAGAIN) => false,
                _ => panic!("recv: {error}"),
            },
        }
    }
}

fn slow_ones_alone_lose_messages() {
    let (seconds, count) = *TASK.get_or_init(|| (4, 200));
    let status = in_a_group(1 << 30, |group| {
        ok(
            "descriptors",
            process::allow_descriptors(count as u64 + 100),
        );
        let bus = Bus::new();
        // Room for two and a half seconds, of which each message stays one.
        let options = [
            (IPN_SO_NUMNODES, count as i32 + 1),
            (IPN_SO_WINDOW, 1000),
            (IPN_SO_BYTES, (RATE as usize * LEN * 5 / 2) as i32),
            (IPN_SO_MTU, LEN as i32),
        ];
        let sender = create(&bus, &options);
        let epoll = ok("epoll", Epoll::new());
        let mut crowd: Vec<Receiver> = (0..count)
            .map(|_| Receiver {
                sock: join(&bus),
                received: 0,
                missed: 0,
            })
            .collect();
        for (number, receiver) in crowd.iter().enumerate().skip(SLOW) {
            let added = epoll.add(&receiver.sock, libc::EPOLLIN, number as u64);
            ok("epoll_ctl", added);
        }
        // By what was sent, so that a machine that cannot keep pace sees the same.
        let all = seconds * u64::from(RATE);
        let (mut sent, mut reads, mut settled) = (0_u64, 0, 0);
        let begin = Instant::now();
        while sent < all {
            let due = (begin.elapsed().as_millis() as u64) * u64::from(RATE) / 1000;
            if sent < due {
                let mut message = [0; LEN];
                message[..8].copy_from_slice(&sent.to_ne_bytes());
                say(&sender, &message);
                sent += 1;
            }
            while let Some(events) = Some(ok("epoll_wait", epoll.wait(0))).filter(|e| !e.is_empty())
            {
                for (_, number) in events {
                    while crowd[number as usize].take() {}
                }
            }
            if sent / u64::from(RATE) > reads {
                reads += 1;
                for slow in &mut crowd[..SLOW] {
                    slow.take();
                }
            }
            if settled == 0 && sent > all / 4 {
                settled = group.used();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let grown = group.used().saturating_sub(settled);
        for (number, receiver) in crowd.iter_mut().enumerate() {
            while receiver.take() {}
            let all = receiver.received + receiver.missed;
            same(format_args!("account of {number}"), all, sent);
            holds(
                format_args!("{number} is slow"),
                receiver.missed == 0 || number < SLOW,
            );
        }
        let missed: u64 = crowd.iter().map(|receiver| receiver.missed).sum();
        remark(format_args!(
            "{sent} messages to {count}, of which {SLOW} were slow and missed {missed}; memory grew by {grown} bytes"
        ));
        // What is charged ahead for each processor.
        holds("memory stays flat", grown < 1 << 20);
        holds("the slow ones missed some", missed != 0);
    });
    same("status (9: killed for want of memory)", status, 0);
}
