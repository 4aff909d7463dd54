// SPDX-License-Identifier: GPL-2.0

//! What the module's entries cost at worst, beside what they cost plainly: the table of
//! `Documentation/bounds.md`, measured.
//!
//! Each entry is measured with a plain amount of what bounds its work, and with the largest that an
//! ordinary user can set. It may cost as many times more as that amount is larger; what is another's
//! work may cost nothing more.

mod backlogs;
mod members;
mod messages;
mod others;
mod shown;
mod stage;

use crate::clock::Clock;
use crate::media::Setting;
use crate::record::{Measure, Record};
use crate::results::Results;
use crate::run::{tell_of, Run};
use crate::table::{thousands, Table};
use std::io;

/// A way into the module.
pub struct Entry {
    /// Its name, as the document has it, and on what it is called.
    name: &'static str,
    /// What bounds its work, in the plural.
    unit: &'static str,
    /// How much of that is plain, and how much there is at worst.
    amounts: [usize; 2],
    /// Whether the work is the caller's, and so grows with the amount.
    grows: bool,
    /// What one call takes with an amount, in nanoseconds.
    cost: fn(usize) -> io::Result<f64>,
}

/// An entry whose caller does the work.
const fn own(
    name: &'static str,
    unit: &'static str,
    amounts: [usize; 2],
    cost: fn(usize) -> io::Result<f64>,
) -> Entry {
    Entry {
        name,
        unit,
        amounts,
        grows: true,
        cost,
    }
}

/// An entry whose caller has nothing to do with the amount.
const fn constant(
    name: &'static str,
    unit: &'static str,
    amounts: [usize; 2],
    cost: fn(usize) -> io::Result<f64>,
) -> Entry {
    Entry {
        grows: false,
        ..own(name, unit, amounts, cost)
    }
}

/// What a ratio may be above what is counted: caches and branches of what else a call does.
const MARGIN: f64 = 1.25;

/// Ports, messages of a pool, and bytes of one as a network has them by default, and at most where
/// `max_ports` and `max_network_bytes` are the defaults.
const PORTS: [usize; 2] = [64, 4096];
const POOL: [usize; 2] = [256, 40_000];
const BYTES: [usize; 2] = [1514, 65_535];
/// Receivers.
const FEW: usize = 8;
/// Messages that wait beside another: one, and those of the largest pool.
const WAITING: [usize; 2] = [1, 65_535];

/// All of them.
const ENTRIES: &[Entry] = &[
    own(
        "`bind`, a new name",
        "messages of the pool",
        POOL,
        members::bind,
    ),
    own("`bind` to a name", "ports", PORTS, members::manage),
    own("`connect` to a name", "ports", PORTS, members::connect),
    own(
        "`connect`, a ring per port",
        "messages of its ring",
        [256, 20_000],
        members::connect_to_a_switch,
    ),
    own("`send`", "bytes", BYTES, messages::send),
    own(
        "`send`, lossless, no room",
        "ports",
        [FEW, 4096],
        messages::send_without_room,
    ),
    own(
        "`send` to those who poll",
        "ports",
        [FEW, 4000],
        messages::send_to_sleepers,
    ),
    own(
        "`sendmmsg` of 32 to those who poll",
        "ports",
        [FEW, 4000],
        messages::send_many_to_sleepers,
    ),
    own(
        "`send`, a ring per port",
        "ports",
        [FEW, 4000],
        messages::send_by_a_switch,
    ),
    own(
        "`send`, a ring per port, 65,535 bytes",
        "ports",
        [FEW, 450],
        messages::send_long_by_a_switch,
    ),
    own(
        "`send` past a mapped reader's own messages",
        "messages",
        WAITING,
        messages::send_past_own,
    ),
    constant(
        "`send` beside a filter's backlog",
        "messages",
        WAITING,
        others::send,
    ),
    constant(
        "`send` that calls for the worker",
        "messages",
        WAITING,
        others::send_for_the_worker,
    ),
    constant(
        "`recv`, overrun",
        "messages",
        [256, 65_536],
        others::recv_overrun,
    ),
    own(
        "`recv` past own messages",
        "messages",
        WAITING,
        backlogs::recv_past_own,
    ),
    own(
        "`recv` past refused messages",
        "messages",
        WAITING,
        backlogs::recv,
    ),
    own(
        "`recv` past one, a long filter",
        "instructions",
        [64, 4096],
        backlogs::recv_past_one,
    ),
    own(
        "`poll` past refused messages",
        "messages",
        WAITING,
        backlogs::poll,
    ),
    own(
        "`FIONREAD` past refused messages",
        "messages",
        WAITING,
        backlogs::next_length,
    ),
    own(
        "attaching a filter, lossless",
        "messages",
        WAITING,
        backlogs::attach,
    ),
    own("`mmap`", "messages of the pool", POOL, shown::map),
    own(
        "`shutdown`",
        "ports that are told",
        [FEW, 4000],
        members::shut,
    ),
    own(
        "`close`",
        "ports that are told",
        [FEW, 4000],
        members::close,
    ),
    own(
        "`IPN_TERMINATE`",
        "ports that poll",
        [FEW, 4000],
        members::terminate,
    ),
    own("`IPN_SO_CHANGE_NUMNODES`", "ports", PORTS, members::resize),
    own(
        "a policy's option: flush",
        "addresses",
        [16, 16_384],
        shown::flush,
    ),
    own(
        "a policy's option: list",
        "addresses",
        [16, 16_384],
        shown::addresses,
    ),
    own("a tap is made", "ports", PORTS, shown::tap),
    own(
        "a packet from a tap",
        "ports",
        [FEW, 450],
        messages::packet_to_a_switch,
    ),
    own(
        "a turn of a tap's NAPI",
        "messages",
        [1, 64],
        messages::packets_to_a_tap,
    ),
    own("sysfs: `taken`", "ports", PORTS, shown::taken),
    own("`/proc/net/ipn`", "networks", [1, 4096], shown::networks),
];

impl Entry {
    /// What the ratio of worst to plain may be.
    fn bound(&self) -> f64 {
        let [plain, worst] = self.amounts;
        match self.grows {
            true => MARGIN * worst as f64 / plain as f64,
            false => MARGIN,
        }
    }

    /// What was measured of it, plain and at worst.
    fn figures(&self, records: &[&Record]) -> Option<[f64; 2]> {
        let figure = |amount| {
            let is_it = |record: &&&Record| (&*record.medium, record.count) == (self.name, amount);
            records.iter().find(is_it).map(|record| record.value)
        };
        let [plain, worst] = self.amounts.map(figure);
        Some([plain?, worst?])
    }
}

/// Measures all of them, where instructions are counted.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.turns.is_some() || run.clock != Clock::Counted {
        return Ok(());
    }
    let setting = Setting {
        bytes: 0,
        receivers: 0,
        sleep: false,
    };
    for entry in ENTRIES {
        for amount in entry.amounts {
            let cost = (entry.cost)(amount).map_err(|error| {
                let text = format!("{}, {amount} {}: {error}", entry.name, entry.unit);
                io::Error::new(error.kind(), text)
            })?;
            let value = run.clock.figure(cost);
            tell_of(Measure::Entry, entry.name, setting, amount, value)?;
        }
    }
    Ok(())
}

/// A table of what was measured.
pub fn table(results: &Results) -> String {
    let records = results.of(Clock::Counted, Measure::Entry);
    let mut table = Table::new(["entry", "bounded by", "plain", "worst", "ratio", "at most"]);
    for entry in ENTRIES {
        let Some([plain, worst]) = entry.figures(&records) else {
            continue;
        };
        let amounts = entry.amounts.map(|amount| thousands(amount as f64));
        let bounded = match entry.grows {
            true => entry.unit.into(),
            false => format!("not by {}", entry.unit),
        };
        table.row([
            entry.name.into(),
            format!("{bounded}: {} to {}", amounts[0], amounts[1]),
            thousands(plain),
            thousands(worst),
            ratio(worst / plain),
            ratio(entry.bound()),
        ]);
    }
    match table.is_empty() {
        true => String::new(),
        false => table.text(),
    }
}

/// Which entries cost more at worst than their bound allows.
pub fn exceeded(results: &Results) -> Vec<&'static str> {
    let records = results.of(Clock::Counted, Measure::Entry);
    let exceeds = |entry: &&Entry| {
        let figures = entry.figures(&records);
        figures.is_some_and(|[plain, worst]| worst > plain * entry.bound())
    };
    ENTRIES
        .iter()
        .filter(exceeds)
        .map(|entry| entry.name)
        .collect()
}

/// A ratio, with as many places as say something.
fn ratio(ratio: f64) -> String {
    match ratio {
        ..10.0 => format!("{ratio:.2}"),
        _ => thousands(ratio),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(name: &str, figures: [(usize, f64); 2]) -> Results {
        let mut text =
            String::from(r#"{"clock":"counted","kernel":"7","processors":1,"accelerator":"tcg"}"#);
        for (count, value) in figures {
            text += &format!(
                "\n{{\"measure\":\"entry\",\"medium\":\"{name}\",\"bytes\":0,\"receivers\":0,\
                 \"count\":{count},\"value\":{value}}}"
            );
        }
        Results::read(&text).unwrap()
    }

    #[test]
    fn work_may_grow_as_what_bounds_it() {
        let of = |worst| results("`connect` to a name", [(64, 100.0), (4096, worst)]);
        assert!(exceeded(&of(8000.0)).is_empty());
        assert_eq!(exceeded(&of(8001.0)), ["`connect` to a name"]);
        let text = table(&of(8001.0));
        assert!(
            text.contains("| ports: 64 to 4,096 |   100 | 8,001 |    80 |      80 |"),
            "{text}"
        );
    }

    #[test]
    fn work_of_others_may_not_grow() {
        let of = |worst| results("`recv`, overrun", [(256, 100.0), (65_536, worst)]);
        assert!(exceeded(&of(125.0)).is_empty());
        assert_eq!(exceeded(&of(126.0)), ["`recv`, overrun"]);
    }

    #[test]
    fn what_was_not_measured_exceeds_nothing() {
        let nothing = Results::default();
        assert!(exceeded(&nothing).is_empty());
        assert!(table(&nothing).is_empty());
    }

    #[test]
    fn each_entry_has_a_name_of_its_own() {
        let mut names: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENTRIES.len());
    }
}
