// SPDX-License-Identifier: GPL-2.0

//! The tables of the report.

use crate::clock::Clock;
use crate::media::kinds::MEDIA;
use crate::media::Group;
use crate::record::{Measure, Record};
use crate::results::Results;
use crate::table::{percent, thousands, Table};
use crate::target;
use crate::{cells, entries, peers, senders};

/// A table, or some of a kind.
pub struct Section {
    /// Its name in a document.
    pub name: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Makes its text; empty where nothing of it was measured.
    pub text: fn(&Results) -> String,
}

/// All of them.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "conditions",
        title: "Conditions",
        text: conditions,
    },
    Section {
        name: "messages",
        title: "A message: its send and all its receives",
        text: |results| by_size(results, Measure::Message, Group::Bus),
    },
    Section {
        name: "sends",
        title: "Its send alone",
        text: |results| by_size(results, Measure::Send, Group::Bus),
    },
    Section {
        name: "receives",
        title: "One of its receives",
        text: |results| by_size(results, Measure::Receive, Group::Bus),
    },
    Section {
        name: "frames",
        title: "A frame on a switch: to one station, or to all",
        text: |results| by_size(results, Measure::Message, Group::Ethernet),
    },
    Section {
        name: "devices",
        title: "A frame between a network device and a process",
        text: |results| by_size(results, Measure::Message, Group::Device),
    },
    Section {
        name: "latency",
        title: "From a send to the return of a receive that slept",
        text: latency,
    },
    Section {
        name: "flow",
        title: "Messages a second that each receiver gets, and lost",
        text: flow,
    },
    Section {
        name: "filters",
        title: "What a socket filter adds to a receive",
        text: filters,
    },
    Section {
        name: "memory",
        title: "Bytes of memory",
        text: memory,
    },
    Section {
        name: "growth",
        title: "A message where there is much else",
        text: growth,
    },
    Section {
        name: "quiet",
        title: "A message of a quiet network while another user attacks",
        text: quiet,
    },
    Section {
        name: "entries",
        title: "What each entry costs at worst",
        text: entries::table,
    },
    Section {
        name: "cells",
        title: "What a message costs at the extremes of what can be set",
        text: cells::table,
    },
    Section {
        name: "senders",
        title: "Messages a second of two senders",
        text: senders,
    },
    Section {
        name: "fairness",
        title: "Where two senders wait for readers: shares, and context switches for each message",
        text: fairness,
    },
    Section {
        name: "peers",
        title: "What a delivered message costs all processes together",
        text: peers::tables::costs,
    },
    Section {
        name: "subscribers",
        title: "What a slow subscriber does to seven others, and what a late one gets",
        text: peers::tables::subscribers,
    },
    Section {
        name: "targets",
        title: "Targets",
        text: |results| target::table(&target::verdicts(results)).text(),
    },
];

const CLOCKS: [Clock; 2] = [Clock::Counted, Clock::Wall];

/// The values of a key, each once, in order.
fn values<T: Ord>(records: &[&Record], key: impl Fn(&Record) -> T) -> Vec<T> {
    let mut values: Vec<T> = records.iter().map(|record| key(record)).collect();
    values.sort();
    values.dedup();
    values
}

/// The names of the media of some records, in the order of [`MEDIA`], others after them.
fn media(records: &[&Record]) -> Vec<String> {
    let mut names = in_order(records);
    let place = |name: &String| MEDIA.iter().position(|kind| kind.name == name);
    names.sort_by_key(|name| place(name).unwrap_or(MEDIA.len()));
    names
}

/// A table of some records: media down, and across what else tells them apart.
fn table<K: PartialEq>(
    records: &[&Record],
    columns: &[(K, String)],
    key: impl Fn(&Record) -> K,
    cell: impl Fn(&Record) -> String,
) -> Table {
    let headings = columns.iter().map(|(_, heading)| heading.clone());
    let mut table = Table::new([String::new()].into_iter().chain(headings));
    for name in media(records) {
        let of_medium = || records.iter().filter(|record| record.medium == name);
        let cells = columns.iter().map(|(wanted, _)| {
            let found = of_medium().find(|record| key(record) == *wanted);
            found.map_or("-".into(), |record| cell(record))
        });
        table.row([name.clone()].into_iter().chain(cells));
    }
    table
}

/// What each clock has measured, under a heading if it is not the first.
fn by_clock(results: &Results, of: impl Fn(&Results, Clock) -> String) -> String {
    let texts = CLOCKS.map(|clock| (clock, of(results, clock)));
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let texts = texts.map(|(clock, text)| match clock {
        Clock::Counted => text,
        Clock::Wall => format!("By the clock, in {}:\n\n{text}", clock.unit()),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn conditions(results: &Results) -> String {
    let mut table = Table::new(["clock", "kernel", "processors", "run by"]);
    for guest in &results.guests {
        let conditions = &guest.conditions;
        table.row([
            conditions.clock.unit().to_string(),
            conditions.kernel.clone(),
            conditions.processors.to_string(),
            conditions.accelerator.clone(),
        ]);
    }
    table.text()
}

/// A table for each size; receivers across.
fn by_size(results: &Results, measure: Measure, group: Group) -> String {
    by_clock(results, |results, clock| {
        let in_group = |record: &&Record| {
            MEDIA
                .iter()
                .any(|kind| kind.group == group && kind.name == record.medium)
        };
        let records = results.of(clock, measure);
        let records: Vec<&Record> = records.into_iter().filter(in_group).collect();
        let receivers = values(&records, |record| record.receivers);
        let columns: Vec<(usize, String)> = receivers
            .into_iter()
            .map(|count| (count, format!("to {count}")))
            .collect();
        let mut texts = Vec::new();
        for bytes in values(&records, |record| record.bytes) {
            let of_size = records.iter().filter(|record| record.bytes == bytes);
            let of_size: Vec<&Record> = of_size.copied().collect();
            let cell = |record: &Record| thousands(record.value);
            let table = table(&of_size, &columns, |record| record.receivers, cell);
            texts.push(sized(bytes, &table));
        }
        texts.join("\n")
    })
}

/// A measure, what it is called at the head of a column, and how its figures are written.
type Column = (Measure, &'static str, fn(f64) -> String);

/// A table for each size; a column of each measure for each number of receivers.
fn by_setting(results: &Results, clock: Clock, measures: &[Column]) -> String {
    let records = measures
        .iter()
        .flat_map(|&(measure, ..)| results.of(clock, measure));
    let records: Vec<&Record> = records.collect();
    let key = |record: &Record| (record.receivers, record.measure);
    let cell = |record: &Record| {
        let found = measures
            .iter()
            .find(|(measure, ..)| *measure == record.measure);
        found.map_or(String::new(), |(.., text)| text(record.value))
    };
    let mut texts = Vec::new();
    for bytes in values(&records, |record| record.bytes) {
        let of_size = records.iter().filter(|record| record.bytes == bytes);
        let of_size: Vec<&Record> = of_size.copied().collect();
        let mut columns = Vec::new();
        for receivers in values(&of_size, |record| record.receivers) {
            for &(measure, name, _) in measures {
                columns.push(((receivers, measure), format!("to {receivers}: {name}")));
            }
        }
        let table = table(&of_size, &columns, key, cell);
        texts.push(sized(bytes, &table));
    }
    texts.join("\n")
}

/// A table of messages of a size.
fn sized(bytes: usize, table: &Table) -> String {
    format!("{} bytes:\n\n{}", thousands(bytes as f64), table.text())
}

fn latency(results: &Results) -> String {
    by_clock(results, |results, clock| {
        let measures: [Column; 2] = [
            (Measure::Latency, "half", thousands),
            (Measure::Latency99, "99 %", thousands),
        ];
        by_setting(results, clock, &measures)
    })
}

fn flow(results: &Results) -> String {
    by_clock(results, |results, clock| {
        let measures: [Column; 2] = [
            (Measure::Rate, "rate", thousands),
            (Measure::Lost, "lost", percent),
        ];
        by_setting(results, clock, &measures)
    })
}

fn memory(results: &Results) -> String {
    by_clock(results, |results, clock| {
        let networks = results.of(clock, Measure::Memory);
        let column = [((), "a network, its ring included".to_string())];
        let networks = table(&networks, &column, |_| (), |record| thousands(record.value));
        let mut columns = Vec::new();
        let measures = [
            (Measure::ReceiverMemory, "receiver"),
            (Measure::MessageMemory, "message that waits"),
        ];
        let mut records = Vec::new();
        for (measure, name) in measures {
            let found = results.of(clock, measure);
            for bytes in values(&found, |record| record.bytes) {
                columns.push(((measure, bytes), format!("a {name}, {bytes} B")));
            }
            records.extend(found);
        }
        let key = |record: &Record| (record.measure, record.bytes);
        let others = table(&records, &columns, key, |record| thousands(record.value));
        let tables = [networks, others]
            .into_iter()
            .filter(|table| !table.is_empty());
        tables
            .map(|table| table.text())
            .collect::<Vec<_>>()
            .join("\n")
    })
}

fn growth(results: &Results) -> String {
    let mut texts = Vec::new();
    for (measure, noun) in [
        (Measure::Networks, "networks"),
        (Measure::Addresses, "addresses"),
    ] {
        let text = by_clock(results, |results, clock| {
            by_count(results, clock, measure, noun)
        });
        if !text.is_empty() {
            texts.push(text);
        }
    }
    texts.join("\n")
}

/// A column for each count.
fn by_count(results: &Results, clock: Clock, measure: Measure, noun: &str) -> String {
    let heading = |count| format!("{noun}: {}", thousands(count as f64));
    by_field(results, clock, measure, |record| record.count, heading)
}

/// A column for each value of a field.
fn by_field(
    results: &Results,
    clock: Clock,
    measure: Measure,
    field: impl Fn(&Record) -> usize,
    heading: impl Fn(usize) -> String,
) -> String {
    let records = results.of(clock, measure);
    let columns: Vec<(usize, String)> = values(&records, &field)
        .into_iter()
        .map(|value| (value, heading(value)))
        .collect();
    let cell = |record: &Record| thousands(record.value);
    let table = table(&records, &columns, &field, cell);
    match table.is_empty() {
        true => String::new(),
        false => table.text(),
    }
}

fn quiet(results: &Results) -> String {
    by_clock(results, |results, clock| {
        let records = results.of(clock, Measure::Quiet);
        let column = [((), "a message".to_string())];
        let table = table(&records, &column, |_| (), |record| thousands(record.value));
        match table.is_empty() {
            true => String::new(),
            false => table.text(),
        }
    })
}

/// The value of a measure of a medium, where there was such a record.
fn value(records: &[&Record], wanted: impl Fn(&Record) -> bool) -> Option<f64> {
    let found = records.iter().find(|record| wanted(record));
    found.map(|record| record.value)
}

fn filters(results: &Results) -> String {
    by_clock(results, |results, clock| {
        let heading = |bytes| format!("{} bytes", thousands(bytes as f64));
        by_field(
            results,
            clock,
            Measure::Filter,
            |record| record.bytes,
            heading,
        )
    })
}

/// A table for each size, and what a cache line took meanwhile.
fn senders(results: &Results) -> String {
    use Measure::{Senders, Together, TogetherToAlone, TogetherToApart};
    let of = |measure| results.of(Clock::Wall, measure);
    let records = [Senders, Together, TogetherToAlone, TogetherToApart].map(of);
    let records = records.concat();
    let ratio = |value: f64| format!("{value:.2}");
    let columns: [(_, _, &dyn Fn(f64) -> String); 5] = [
        ((Senders, 1), "one sender", &thousands),
        ((Together, 2), "two on one", &thousands),
        ((Senders, 2), "two on one each", &thousands),
        ((TogetherToAlone, 2), "two on one / one", &ratio),
        ((TogetherToApart, 2), "two on one / on one each", &ratio),
    ];
    let mut texts = Vec::new();
    for bytes in values(&records, |record| record.bytes) {
        let of_size = records.iter().filter(|record| record.bytes == bytes);
        let of_size: Vec<&Record> = of_size.copied().collect();
        let headings = columns.map(|(_, heading, _)| heading.to_string());
        let mut table = Table::new([String::new()].into_iter().chain(headings));
        for name in in_order(&of_size) {
            let cells = columns.iter().map(|((measure, count), _, text)| {
                let found = value(&of_size, |record| {
                    record.medium == name && (record.measure, record.count) == (*measure, *count)
                });
                found.map_or("-".into(), text)
            });
            table.row([name.clone()].into_iter().chain(cells));
        }
        texts.push(sized(bytes, &table));
    }
    let lines = of(Measure::CacheLine);
    let times = [
        senders::BEFORE,
        senders::QUICKEST,
        senders::SLOWEST,
        senders::AFTER,
    ];
    let times = times.map(|when| value(&lines, |record| record.medium == when));
    if let [Some(before), Some(quickest), Some(slowest), Some(after)] = times {
        texts.push(format!(
            "A cache line went from one processor to the other in {before:.0} ns before that, in {quickest:.0} to \
             {slowest:.0} ns meanwhile, in {after:.0} ns after it.\n"
        ));
    }
    texts.join("\n")
}

/// The names of the media of some records, in the order in which they were measured.
fn in_order(records: &[&Record]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for record in records {
        if !names.contains(&record.medium) {
            names.push(record.medium.clone());
        }
    }
    names
}

fn fairness(results: &Results) -> String {
    use Measure::{ReaderShare, ReaderSwitches, SenderShare, SenderSwitches, Waiting};
    let ratio = |value: f64| format!("{value:.2}");
    let columns: [(_, _, &dyn Fn(f64) -> String); 5] = [
        (Waiting, "messages a second", &thousands),
        (SenderShare, "slowest sender", &percent),
        (ReaderShare, "slowest reader", &percent),
        (SenderSwitches, "switches: senders", &ratio),
        (ReaderSwitches, "switches: readers", &ratio),
    ];
    let records = columns.map(|(measure, ..)| results.of(Clock::Wall, measure));
    let records = records.concat();
    let headings = columns.map(|(_, heading, _)| heading);
    let mut table = Table::new(["", "readers"].into_iter().chain(headings));
    for name in in_order(&records) {
        for readers in values(&records, |record| record.receivers) {
            let cells = columns.iter().map(|(measure, _, text)| {
                let found = value(&records, |record| {
                    (record.measure, record.receivers) == (*measure, readers)
                        && record.medium == name
                });
                found.map_or("-".into(), text)
            });
            let first = [name.clone(), readers.to_string()];
            table.row(first.into_iter().chain(cells));
        }
    }
    match table.is_empty() {
        true => String::new(),
        false => table.text(),
    }
}

#[cfg(test)]
#[path = "section_tests.rs"]
mod tests;
