// SPDX-License-Identifier: GPL-2.0
//! The sample in `samples/market`: prices on a reliable bus, for a quick, a slow, a late and a killed consumer.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::{name, program, Running};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, ROOT};
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

cases!["market":
    prices_reach_consumers_at_their_own_pace @ 120,
];

const ROUNDS: usize = 300;
const SYMBOLS: usize = 5;

/// A consumer whose output goes into files.
struct Consumer {
    running: Running,
    told: Told,
}

/// What a consumer has told.
struct Told(PathBuf);

impl Consumer {
    #[track_caller]
    fn start(bus: &Bus, kind: &str, arguments: &[&str]) -> Consumer {
        let place = directory().join(kind);
        let file = |end| ok("a file", File::create(place.with_extension(end)));
        let mut command = program("market-consumer", ROOT, &[&[name(bus)], arguments].concat());
        command.stdout(file("out")).stderr(file("err"));
        Consumer {
            running: Running::start(command),
            told: Told(place),
        }
    }
}

impl Told {
    fn prices(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.with_extension("out"));
        let text = ok("its output", text);
        text.lines().map(str::to_owned).collect()
    }

    /// How many prices it was told that it has missed.
    fn missed(&self) -> usize {
        let text = fs::read_to_string(self.0.with_extension("err"));
        let text = ok("what it told", text);
        let counts = text.lines().map(|line| {
            let count = line.split_whitespace().nth(2);
            let whose = line.contains(" prices of port ");
            holds(format_args!("it says of whom: {line:?}"), whose);
            count.and_then(|count| count.parse::<usize>().ok())
        });
        counts.map(Option::unwrap_or_default).sum()
    }
}

/// Waits until a network has so many readers.
#[track_caller]
fn await_readers(bus: &Bus, readers: u32) {
    wait_until(&format!("{readers} readers"), || {
        let entry = ipn::network(&bus.path).ok().flatten();
        entry.is_some_and(|entry| entry.readers == readers)
    });
}

fn prices_reach_consumers_at_their_own_pace() {
    let bus = Bus::new();
    // The producer joins it, once the consumers are there.
    let shape = ipn::Builder::new().reliable(true).keep_history(true);
    let shape = shape.bytes(32 * 1024).window(Duration::from_secs(1));
    let manager = shape.bind(&bus.path).expect("a bus");
    let quick = Consumer::start(&bus, "quick", &[]);
    let slow = Consumer::start(&bus, "slow", &["0", "20"]);
    let killed = Consumer::start(&bus, "killed", &["0", "100000"]);
    await_readers(&bus, 3);
    let rounds = ROUNDS.to_string();
    let mut producer = program("market-producer", ROOT, &[name(&bus), &rounds]);
    let sent = directory().join("sent");
    producer.stdout(ok("a file", File::create(&sent)));
    let _producer = Running::start(producer);
    wait_until("the first price is there", || {
        !killed.told.prices().is_empty()
    });
    drop(killed);
    wait_until("all are sent", || {
        fs::read_to_string(&sent).is_ok_and(|text| !text.is_empty())
    });
    let late = Consumer::start(&bus, "late", &["5"]);
    wait_until("the late one has the last", || {
        late.told.prices().len() == SYMBOLS
    });
    manager.network().terminate().expect("the end");
    let all = ROUNDS * SYMBOLS;
    let is_last = |price: &String| price.ends_with(&format!(" {ROUNDS}"));
    holds("of the last round", late.told.prices().iter().all(is_last));
    let count = |consumer: Consumer| {
        let Consumer { running, told } = consumer;
        same("status", running.status(), Some(0));
        (told.prices().len(), told.missed())
    };
    same("the late one", count(late), (SYMBOLS, 0));
    same("the quick one", count(quick), (all, 0));
    let (prices, missed) = count(slow);
    same("prices and gaps of the slow one", prices + missed, all);
    holds("it missed some", missed > 0);
}
