// SPDX-License-Identifier: GPL-2.0
//! Accounts: whatever the calls, what a reader has received and was told that it missed is what was sent.

use super::*;
use crate::lab::runner::cases;
use crate::pace::volume;
use crate::sys::bpf::attach;
use crate::sys::poll::poll;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;

cases!["reliable_accounts":
        of_calls_for_a_message_balance @ 60,
        of_records_balance @ 60,
        of_records_with_sequences_balance @ 60,
        behind_a_look_balance @ 60,
        of_filtered_ports_balance @ 60,
        of_many_threads_on_a_port_balance @ 60,
        of_observers_balance @ 60,
        of_long_messages_balance @ 60,
        within_a_window_balance @ 60,
];

/// What readers have come to: of each port, messages received and missed.
type Account = BTreeMap<u32, (u64, u64)>;

/// Senders, but the one that makes the bus.
const SENDERS: u32 = 3;

/// How a reader reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Message,
    Records(i32),
    Looks,
}

/// Adds what a call told.
fn note(account: &mut Account, by: By, received: &Received) {
    for (port, lost) in gaps(received) {
        account.entry(port).or_default().1 += lost;
    }
    let word = |at: usize| u32::from_ne_bytes(received.data[at..at + 4].try_into().unwrap());
    let header = match by {
        By::Records(1) => 24,
        By::Records(_) => 32,
        By::Message | By::Looks => {
            account.entry(word(0)).or_default().0 += 1;
            return;
        }
    };
    let mut at = 0;
    while at < received.data.len() {
        account.entry(word(at + 4)).or_default().0 += 1;
        at = (at + header + word(at) as usize).next_multiple_of(8);
    }
}

/// Reads until the senders have done, and nothing is left.
fn read(sock: &Sock, by: By, done: &AtomicBool) -> Account {
    let mut account = Account::new();
    let room = if matches!(by, By::Records(_)) {
        2000
    } else {
        8
    };
    loop {
        let is_done = done.load(Ordering::SeqCst);
        if by == By::Looks {
            if let Ok(seen) = sock.recvmsg(room, NOW | libc::MSG_PEEK) {
                for (port, lost) in gaps(&seen) {
                    account.entry(port).or_default().1 += lost;
                }
            }
        }
        match sock.recvmsg(room, NOW) {
            Ok(received) => note(&mut account, by, &received),
            Err(error) => match error.raw_os_error() {
                Some(libc::ECONNRESET) => {}
                Some(libc::EAGAIN) if is_done => return account,
                Some(libc::EAGAIN) => drop(ok("poll", poll(sock, libc::POLLIN, 10))),
                _ => panic!("recvmsg: {error}"),
            },
        }
    }
}

/// A run: so many threads that read each of the readers.
#[track_caller]
fn balance(len: usize, readers: &[Sock], by: By, threads: u32, bus: &Bus) {
    let count = volume(4000, "messages of each sender");
    let senders: Vec<Sock> = (0..SENDERS).map(|_| join(bus)).collect();
    let done = AtomicBool::new(false);
    let begin = Barrier::new(SENDERS as usize);
    let accounts: Vec<Vec<Account>> = thread::scope(|scope| {
        let reading: Vec<Vec<_>> = readers
            .iter()
            .map(|sock| {
                (0..threads)
                    .map(|_| scope.spawn(|| read(sock, by, &done)))
                    .collect()
            })
            .collect();
        let sending: Vec<_> = senders
            .iter()
            .map(|sock| {
                scope.spawn(|| {
                    let mut message = vec![0; len];
                    message[..4].copy_from_slice(&port(sock).to_ne_bytes());
                    begin.wait();
                    for n in 0..count {
                        message[4..8].copy_from_slice(&n.to_ne_bytes());
                        ok("send", sock.send(&message, 0));
                    }
                })
            })
            .collect();
        sending
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::SeqCst);
        let end = |threads: Vec<thread::ScopedJoinHandle<'_, Account>>| {
            let ended = threads.into_iter().map(|thread| thread.join().unwrap());
            ended.collect()
        };
        reading.into_iter().map(end).collect()
    });
    for (accounts, reader) in accounts.into_iter().zip(readers) {
        let mut sum = Account::new();
        for (port, (received, missed)) in accounts.into_iter().flatten() {
            let place = sum.entry(port).or_default();
            place.0 += received;
            place.1 += missed;
        }
        let (received, missed) = sum
            .values()
            .fold((0, 0), |all, of| (all.0 + of.0, all.1 + of.1));
        let refused = counted(reader, 5);
        same(
            format_args!("received {received}, refused {refused} and missed {missed}: {sum:?}"),
            received + refused + missed,
            u64::from(SENDERS * count),
        );
        same("received, says the port", counted(reader, 2), received);
        same("lost, says the port", counted(reader, 4), missed);
        if refused == 0 && threads == 1 {
            for sender in &senders {
                let (received, missed) = sum.get(&port(sender)).copied().unwrap_or_default();
                same("of one sender", received + missed, count.into());
            }
        }
    }
}

/// A bus that holds some messages, and two readers of it.
#[track_caller]
fn lossy(bus: &Bus, window: i32, mtu: i32) -> (Sock, [Sock; 2]) {
    let options = [
        (IPN_SO_WINDOW, window),
        (IPN_SO_MTU, mtu),
        (IPN_SO_MSGPOOLSIZE, 24),
    ];
    let creator = create(bus, &options);
    let readers = [join(bus), join(bus)];
    (creator, readers)
}

fn of_calls_for_a_message_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 32);
    balance(32, &readers, By::Message, 1, &bus);
}

fn of_records(kind: i32) {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 32);
    for reader in &readers {
        ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, kind));
    }
    balance(20, &readers, By::Records(kind), 1, &bus);
}

fn of_records_balance() {
    of_records(1);
}

fn of_records_with_sequences_balance() {
    of_records(2);
}

fn behind_a_look_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 32);
    balance(32, &readers, By::Looks, 1, &bus);
}

fn of_filtered_ports_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 32);
    // Odd numbers only.
    let odd = [
        (0x30, 0, 0, 4),
        (0x45, 1, 0, 1),
        (6, 0, 0, 0),
        (6, 0, 0, u32::MAX),
    ];
    for reader in &readers {
        ok("a filter", attach(reader, &odd));
    }
    balance(32, &readers, By::Message, 1, &bus);
}

fn of_many_threads_on_a_port_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 32);
    balance(32, &readers, By::Message, 3, &bus);
}

fn of_observers_balance() {
    let bus = Bus::new();
    let (_creator, _) = lossy(&bus, 0, 32);
    let readers = [(); 2].map(|()| join_with(&bus, &[(IPN_SO_OBSERVE, 1)]));
    balance(32, &readers, By::Message, 1, &bus);
}

fn of_long_messages_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 0, 20_000);
    balance(18_000, &readers, By::Message, 1, &bus);
}

fn within_a_window_balance() {
    let bus = Bus::new();
    let (_creator, readers) = lossy(&bus, 2, 32);
    balance(32, &readers, By::Message, 1, &bus);
}
