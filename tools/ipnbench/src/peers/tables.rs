// SPDX-License-Identifier: GPL-2.0

//! The tables of this part.

use super::system::{System, SYSTEMS};
use crate::clock::Clock;
use crate::record::{Measure, Record};
use crate::results::Results;
use crate::table::{thousands, Table};

const CLOCKS: [Clock; 2] = [Clock::Counted, Clock::Wall];

/// What a delivered message costs, with what the cheapest of ours takes beside it.
pub fn costs(results: &Results) -> String {
    let mut texts = Vec::new();
    for clock in CLOCKS {
        for (measure, place) in [
            (Measure::Delivered, "on one machine"),
            (Measure::DeliveredFar, "between two machines"),
        ] {
            let records = results.of(clock, measure);
            for together in values(&records, |record| record.count) {
                let of = |record: &&&Record| record.count == together;
                let records: Vec<&Record> = records.iter().filter(of).copied().collect();
                let how = match together {
                    1 => "one by one".to_string(),
                    count => format!("{count} at once"),
                };
                let unit = clock.unit();
                texts.push(format!(
                    "Messages {how}, {place}, in {unit}:\n\n{}",
                    beside_ours(&records).text()
                ));
            }
        }
    }
    texts.join("\n")
}

fn values(records: &[&Record], key: impl Fn(&Record) -> usize) -> Vec<usize> {
    let mut values: Vec<usize> = records.iter().map(|record| key(record)).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The cheapest of ours and of the others on one machine, by its name, and what a message of so many at once takes there.
pub fn cheapest(
    results: &Results,
    together: usize,
    receivers: usize,
) -> [Option<(&'static str, f64)>; 2] {
    let records = results.of(Clock::Counted, Measure::Delivered);
    [true, false].map(|ours| {
        let systems = SYSTEMS
            .iter()
            .filter(|system| System::is_ours(system.name) == ours);
        let figures = systems.filter_map(|system| {
            let found = records.iter().find(|record| {
                record.medium == system.name
                    && (record.count, record.receivers) == (together, receivers)
            });
            found.map(|record| (system.name, record.value))
        });
        figures.min_by(|one, other| one.1.total_cmp(&other.1))
    })
}

/// A row for each system; figures, then multiples of the cheapest of ours.
fn beside_ours(records: &[&Record]) -> Table {
    let receivers = values(records, |record| record.receivers);
    let find = |name: &str, receivers: usize| {
        let is = |record: &&&Record| record.medium == name && record.receivers == receivers;
        records.iter().find(is).map(|record| record.value)
    };
    let least = |receivers: usize| {
        let ours = SYSTEMS.iter().filter(|system| System::is_ours(system.name));
        let values = ours.filter_map(|system| find(system.name, receivers));
        values.min_by(f64::total_cmp)
    };
    let headings = receivers.iter().map(|count| format!("to {count}"));
    let ratios = receivers.iter().map(|count| format!("to {count}: / ours"));
    let mut table = Table::new([String::new()].into_iter().chain(headings).chain(ratios));
    for system in SYSTEMS {
        let figures = receivers.iter().map(|&count| find(system.name, count));
        let figures: Vec<Option<f64>> = figures.collect();
        if figures.iter().all(Option::is_none) {
            continue;
        }
        let ratios = figures.iter().zip(&receivers).map(|(figure, &count)| {
            let ratio = figure
                .zip(least(count))
                .map(|(figure, least)| figure / least);
            ratio.map_or("-".into(), |ratio| format!("{ratio:.1}"))
        });
        let figures = figures.iter();
        let figures = figures.map(|figure| figure.map_or("-".into(), thousands));
        let name = system.name.to_string();
        table.row([name].into_iter().chain(figures).chain(ratios));
    }
    table
}

/// What a slow subscriber does, and what a late one gets.
pub fn subscribers(results: &Results) -> String {
    use Measure::{DelayWith, DelayWithout, FastLost, GrowthWith, GrowthWithout, GuestGrowth};
    use Measure::{LateGot, SlowEnded, SlowGot, SlowTold};
    let kilobytes = |value: f64| thousands(value / 1024.0);
    let yes = |value: f64| if value > 0.0 { "yes" } else { "no" }.to_string();
    let columns: [(_, _, &dyn Fn(f64) -> String); 10] = [
        (FastLost, "others lost", &thousands),
        (DelayWithout, "longest way without it", &thousands),
        (DelayWith, "with it", &thousands),
        (SlowGot, "the slow one got", &thousands),
        (SlowTold, "was told of", &thousands),
        (SlowEnded, "was cut off", &yes),
        (GrowthWithout, "KiB grown without it", &kilobytes),
        (GrowthWith, "with it", &kilobytes),
        (GuestGrowth, "of the machine", &kilobytes),
        (LateGot, "a late one got", &thousands),
    ];
    let mut texts = Vec::new();
    for clock in CLOCKS {
        let headings = columns.iter().map(|(_, heading, _)| *heading);
        let mut table = Table::new([""].into_iter().chain(headings));
        for system in SYSTEMS {
            let cells = columns.iter().map(|(measure, _, text)| {
                let records = results.of(clock, *measure);
                let found = records.iter().find(|record| record.medium == system.name);
                found.map(|record| text(record.value))
            });
            let cells: Vec<Option<String>> = cells.collect();
            if cells.iter().any(Option::is_some) {
                let cells = cells.into_iter().map(|cell| cell.unwrap_or("-".into()));
                table.row([system.name.to_string()].into_iter().chain(cells));
            }
        }
        if !table.is_empty() {
            let unit = clock.unit();
            texts.push(format!("Ways in {unit}:\n\n{}", table.text()));
        }
    }
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(records: &[(&str, &str, usize, usize, f64)]) -> Results {
        let mut text =
            r#"{"clock":"counted","kernel":"7.2","processors":1,"accelerator":"tcg"}"#.to_string();
        for (measure, medium, receivers, count, value) in records {
            text += &format!(
                "\n{{\"measure\":\"{measure}\",\"medium\":\"{medium}\",\"bytes\":12,\
                 \"receivers\":{receivers},\"count\":{count},\"value\":{value}}}"
            );
        }
        Results::read(&text).unwrap()
    }

    #[test]
    fn others_are_told_as_multiples_of_the_cheapest_of_ours() {
        let text = costs(&results(&[
            ("delivered", "NATS", 1, 1, 5000.0),
            ("delivered", "reliable bus", 1, 1, 2000.0),
            ("delivered", "reliable bus", 8, 1, 1500.0),
            ("delivered", "reliable bus in records", 1, 1, 1000.0),
            ("delivered", "NATS", 8, 1, 1500.0),
        ]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "Messages one by one, on one machine, in instructions:"
        );
        let row = |line: usize| -> Vec<&str> {
            let cells = lines[line].split('|').map(str::trim);
            cells.filter(|cell| !cell.is_empty()).collect()
        };
        assert_eq!(row(4), ["reliable bus", "2,000", "1,500", "2.0", "1.0"]);
        assert_eq!(
            row(5),
            ["reliable bus in records", "1,000", "-", "1.0", "-"]
        );
        assert_eq!(row(6), ["NATS", "5,000", "1,500", "5.0", "1.0"]);
    }

    #[test]
    fn the_cheapest_is_that_of_as_many_at_once_to_as_many() {
        let results = results(&[
            ("delivered", "NATS", 8, 1, 5000.0),
            ("delivered", "PGM", 8, 1, 4000.0),
            ("delivered", "MQTT", 8, 512, 1.0),
            ("delivered", "MQTT", 1, 1, 1.0),
            ("delivered", "reliable bus", 8, 1, 2000.0),
        ]);
        let [ours, other] = cheapest(&results, 1, 8);
        assert_eq!(ours, Some(("reliable bus", 2000.0)));
        assert_eq!(other, Some(("PGM", 4000.0)));
        assert_eq!(cheapest(&results, 1, 64), [None, None]);
    }

    #[test]
    fn machines_and_numbers_at_once_have_tables_of_their_own() {
        let text = costs(&results(&[
            ("delivered", "NATS", 1, 1, 1.0),
            ("delivered", "NATS", 1, 512, 1.0),
            ("delivered-far", "NATS", 1, 512, 1.0),
        ]));
        let headings: Vec<&str> = text.lines().filter(|line| line.ends_with(':')).collect();
        assert_eq!(
            headings,
            [
                "Messages one by one, on one machine, in instructions:",
                "Messages 512 at once, on one machine, in instructions:",
                "Messages 512 at once, between two machines, in instructions:",
            ]
        );
    }

    #[test]
    fn what_a_slow_and_a_late_one_get_stands_in_one_row() {
        let text = subscribers(&results(&[
            ("fast-lost", "MQTT", 8, 0, 3.0),
            ("slow-got", "MQTT", 8, 0, 1000.0),
            ("slow-ended", "MQTT", 8, 0, 1.0),
            ("growth-with", "MQTT", 8, 0, 2_097_152.0),
            ("late-got", "MQTT", 2, 0, 1.0),
        ]));
        let cells: Vec<&str> = text
            .lines()
            .last()
            .unwrap()
            .split('|')
            .map(str::trim)
            .collect();
        let expected = [
            "MQTT", "3", "-", "-", "1,000", "-", "yes", "-", "2,048", "-", "1",
        ];
        assert_eq!(cells[1..12], expected);
    }

    #[test]
    fn where_nothing_was_measured_there_are_no_tables() {
        assert_eq!(costs(&results(&[])), "");
        assert_eq!(subscribers(&results(&[])), "");
    }
}
