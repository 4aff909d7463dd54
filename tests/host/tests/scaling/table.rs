// SPDX-License-Identifier: GPL-2.0

//! The table.

use crate::{
    kinds::{Kind, Network, KINDS},
    machine::{rate, Order},
    trace::{sends, Trace},
};
use std::fmt::Write;

/// Numbers of processors.
const PROCESSORS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// How many accesses a send has, on the average.
fn accesses(senders: &[Vec<Trace>]) -> usize {
    let sends = || senders.iter().flatten();
    sends().map(Vec::len).sum::<usize>() / sends().count()
}

/// How many times as much as one processor each number of them sends, where each number has these senders.
fn row(kind: &Kind, senders: &[Vec<Vec<Trace>>], order: Order) -> Vec<f64> {
    let beside = kind.beside(accesses(&senders[0]));
    let rates = senders.iter().map(|sends| rate(sends, beside, order));
    let rates: Vec<f64> = rates.collect();
    rates.iter().map(|rate| rate / rates[0]).collect()
}

#[test]
fn how_senders_fare() {
    let mut text = format!("{:<44}", "processors");
    for processors in PROCESSORS {
        write!(text, "{processors:>6}").unwrap();
    }
    text.push('\n');
    for kind in &KINDS {
        let senders = PROCESSORS.map(|processors| sends(kind, processors));
        let orders = [(Order::AtOnce, "at once"), (Order::OneByOne, "one by one")];
        for (order, name) in orders {
            let row = row(kind, &senders, order);
            write!(text, "{:<44}", format!("{}, {name}", kind.name)).unwrap();
            for rate in &row {
                write!(text, "{rate:>6.2}").unwrap();
            }
            text.push('\n');
            for (rate, processors) in row.iter().zip(PROCESSORS) {
                assert!(*rate < 1.02 * processors as f64, "{}: {row:?}", kind.name);
            }
            if kind.network != Network::Hub {
                let last = row.last().copied().unwrap_or(0.0);
                assert!(last > 63.0, "they share something: {row:?}");
            }
        }
    }
    match std::env::var_os("AF_IPN_SCALING") {
        Some(path) => std::fs::write(path, text).unwrap(),
        None => println!("{text}"),
    }
}
