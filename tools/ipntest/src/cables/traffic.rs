// SPDX-License-Identifier: GPL-2.0
//! What goes over cables, whatever their engine.
//!
//! IPN_CABLE_MESSAGES says how many messages each machine sends in the long tests; IPN_SLOW stretches the limits as
//! always.

use super::account::{message, Account};
use super::machine::{Cable, Machine};
use crate::lab::check::{ok, same};
use crate::pace::patience;
use crate::sys::socket::Sock;
use std::thread;
use std::time::{Duration, Instant};

/// What the wire does to packets.
pub const BAD: &str = "limit 20000 loss 5% delay 50ms 5ms reorder 10% 50%";

/// How many messages each machine sends, where so many are too few.
pub fn volume(few: u64) -> u64 {
    let said = std::env::var("IPN_CABLE_MESSAGES").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// A cable on each machine, and they have met.
#[track_caller]
pub fn cables(machines: &[Machine], url: &str) -> Vec<Cable> {
    let cables: Vec<_> = machines
        .iter()
        .map(|machine| machine.cable("cable", url))
        .collect();
    for cable in &cables {
        cable.meets(machines.len() - 1);
    }
    cables
}

/// All machines send at once, for so long, and the account of each of them balances at the end; one
/// machine's link is cut for three seconds meanwhile. The accounts.
#[track_caller]
pub fn everybody_sends(
    (machines, cables): (&[Machine], &[Cable]),
    count: u64,
    time: Duration,
) -> Vec<Account> {
    let ports: Vec<Sock> = machines.iter().map(Machine::port).collect();
    let others = machines.len() as u64 - 1;
    let limit = patience(time * 2 + Duration::from_secs(60));
    thread::scope(|scope| {
        let hearing: Vec<_> = ports
            .iter()
            .map(|port| {
                scope.spawn(move || {
                    let mut account = Account::default();
                    // And one last one of each, behind all that may be lost.
                    account.hear_for(port, others * (count + 1), limit);
                    account
                })
            })
            .collect();
        let sending = ports.iter().zip(machines).map(|(port, machine)| {
            scope.spawn(move || {
                let start = Instant::now();
                for number in 1..=count {
                    let due = time.mul_f64(number as f64 / count as f64);
                    thread::sleep(due.saturating_sub(start.elapsed()));
                    ok("send", port.send(&message(machine.number, number), 0));
                }
            })
        });
        let sending: Vec<_> = sending.collect();
        thread::sleep(time / 4);
        machines[0].ip("link set eth0 down");
        thread::sleep(Duration::from_secs(3));
        machines[0].ip("link set eth0 up");
        machines[0].ip("route add 224.0.0.0/4 dev eth0");
        for thread in sending {
            thread.join().expect("it sends");
        }
        for (port, machine) in ports.iter().zip(machines) {
            ok("send", port.send(&message(machine.number, count + 1), 0));
        }
        let accounts = hearing.into_iter().map(|thread| thread.join());
        let accounts: Vec<_> = accounts.map(|account| account.expect("it hears")).collect();
        let said: Vec<String> = cables.iter().map(Cable::said).collect();
        for account in &accounts {
            let sum = account.sum();
            assert!(
                sum == others * (count + 1),
                "{sum} in all: {accounts:?}; {said:?}"
            );
        }
        accounts
    })
}

/// Two machines that are joined by several cables send, and everything comes once.
#[track_caller]
pub fn twice_is_once(machines: &[Machine]) {
    let ports: Vec<Sock> = machines.iter().map(Machine::port).collect();
    for number in 1..=500 {
        for (port, machine) in ports.iter().zip(machines) {
            ok("send", port.send(&message(machine.number, number), 0));
        }
    }
    let mut accounts = [Account::default(), Account::default()];
    for (account, port) in accounts.iter_mut().zip(&ports) {
        account.hear_until(port, 500, Duration::from_secs(30));
        same("lost", account.lost, 0);
    }
    // Nothing goes round: nobody hears anything any more.
    thread::sleep(Duration::from_secs(2));
    for (account, port) in accounts.iter_mut().zip(&ports) {
        account.hear(port);
        same("heard", account.sum(), 500);
    }
}
