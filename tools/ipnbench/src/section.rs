// SPDX-License-Identifier: GPL-2.0

//! The tables of the report.

use crate::clock::Clock;
use crate::media::kinds::MEDIA;
use crate::media::Group;
use crate::record::{Measure, Record};
use crate::results::Results;
use crate::table::{percent, thousands, Table};
use crate::target;
use crate::{cells, entries};

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
    let mut names: Vec<String> = Vec::new();
    for record in records {
        if !names.contains(&record.medium) {
            names.push(record.medium.clone());
        }
    }
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
    let records = results.of(clock, measure);
    let columns: Vec<(usize, String)> = values(&records, |record| record.count)
        .into_iter()
        .map(|count| (count, format!("{noun}: {}", thousands(count as f64))))
        .collect();
    let cell = |record: &Record| thousands(record.value);
    let table = table(&records, &columns, |record| record.count, cell);
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

fn senders(results: &Results) -> String {
    by_count(results, Clock::Wall, Measure::Senders, "senders")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(clock: &str, records: &[(&str, &str, usize, usize, usize, f64)]) -> Results {
        let mut text =
            format!(r#"{{"clock":"{clock}","kernel":"7.2","processors":1,"accelerator":"tcg"}}"#);
        for (measure, medium, bytes, receivers, count, value) in records {
            text += &format!(
                "\n{{\"measure\":\"{measure}\",\"medium\":\"{medium}\",\"bytes\":{bytes},\
                 \"receivers\":{receivers},\"count\":{count},\"value\":{value}}}"
            );
        }
        Results::read(&text).unwrap()
    }

    #[test]
    fn each_size_has_a_table_with_receivers_across() {
        let results = results(
            "counted",
            &[
                ("message", "netlink", 12, 1, 0, 5000.0),
                ("message", "hub", 12, 1, 0, 2000.0),
                ("message", "hub", 12, 8, 0, 9000.0),
                ("message", "hub", 1514, 8, 0, 9999.0),
                ("send", "hub", 12, 1, 0, 1.0),
                ("message", "switch", 60, 1, 0, 1.0),
            ],
        );
        let text = by_size(&results, Measure::Message, Group::Bus);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "12 bytes:");
        assert_eq!(lines[2], "|         |  to 1 |  to 8 |");
        assert_eq!(lines[4], "| hub     | 2,000 | 9,000 |");
        assert_eq!(lines[5], "| netlink | 5,000 |     - |");
        assert_eq!(lines[7], "1,514 bytes:");
        assert!(!text.contains("switch"));
    }

    #[test]
    fn what_a_clock_of_time_has_measured_says_so() {
        let results = results("wall", &[("message", "hub", 12, 1, 0, 700.0)]);
        let text = by_size(&results, Measure::Message, Group::Bus);
        assert!(text.starts_with("By the clock, in ns:"), "{text}");
    }

    #[test]
    fn losses_stand_beside_rates() {
        let records = [
            ("rate", "hub", 12, 8, 0, 12345.0),
            ("lost", "hub", 12, 8, 0, 0.25),
        ];
        let text = flow(&results("counted", &records));
        assert!(text.contains("| to 8: rate | to 8: lost |"), "{text}");
        assert!(text.contains("|     12,345 |     25.0 % |"), "{text}");
    }

    #[test]
    fn where_nothing_was_measured_there_is_no_table() {
        let results = results("counted", &[]);
        let empty = SECTIONS
            .iter()
            .filter(|section| (section.text)(&results).is_empty());
        let full: Vec<&str> = SECTIONS
            .iter()
            .filter(|section| !(section.text)(&results).is_empty())
            .map(|section| section.name)
            .collect();
        assert_eq!(full, ["conditions", "targets"]);
        assert_eq!(empty.count(), SECTIONS.len() - 2);
    }
}
