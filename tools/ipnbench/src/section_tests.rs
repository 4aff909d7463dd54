// SPDX-License-Identifier: GPL-2.0

//! The tables of made-up results.

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
fn two_senders_stand_beside_one_and_what_a_cache_line_took_below() {
    let records = [
        ("senders", "hub", 60, 1, 1, 1000.0),
        ("senders", "hub", 60, 1, 2, 2000.0),
        ("together", "hub", 60, 1, 2, 1700.0),
        ("together-to-alone", "hub", 60, 1, 2, 1.7),
        ("together-to-apart", "hub", 60, 1, 2, 0.85),
        ("senders", "shared memory", 60, 1, 1, 9.0),
        ("cache-line", "before", 64, 1, 0, 41.0),
        ("cache-line", "quickest", 64, 1, 0, 39.6),
        ("cache-line", "slowest", 64, 1, 0, 230.0),
        ("cache-line", "after", 64, 1, 0, 44.4),
    ];
    let text = senders(&results("wall", &records));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "60 bytes:");
    let cells: Vec<&str> = lines[4].split('|').map(str::trim).collect();
    assert_eq!(
        cells[1..7],
        ["hub", "1,000", "1,700", "2,000", "1.70", "0.85"]
    );
    assert!(lines[5].starts_with("| shared memory |          9 |          - |"));
    let told = "in 41 ns before that, in 40 to 230 ns meanwhile, in 44 ns after it.";
    assert!(lines[7].ends_with(told), "{text}");
    assert_eq!(super::senders(&results("counted", &records)), "");
}

#[test]
fn shares_and_switches_have_a_row_for_each_number_of_readers() {
    let records = [
        ("waiting", "hub, lossless", 60, 8, 0, 5000.0),
        ("sender-share", "hub, lossless", 60, 8, 0, 0.98),
        ("reader-share", "hub, lossless", 60, 8, 0, 0.995),
        ("sender-switches", "hub, lossless", 60, 8, 0, 0.25),
        ("waiting", "hub, lossless", 60, 64, 0, 700.0),
    ];
    let text = fairness(&results("wall", &records));
    let rows = text.lines().skip(2).map(|line| {
        let cells = line
            .split('|')
            .map(str::trim)
            .filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>()
    });
    let rows: Vec<Vec<&str>> = rows.collect();
    assert_eq!(
        rows[0],
        [
            "hub, lossless",
            "8",
            "5,000",
            "98.0 %",
            "99.5 %",
            "0.25",
            "-"
        ]
    );
    assert_eq!(rows[1][..3], ["hub, lossless", "64", "700"]);
}

#[test]
fn what_a_filter_adds_is_told_by_size() {
    let records = [("filter", "hub", 64, 1, 0, 243.4)];
    let text = filters(&results("counted", &records));
    assert!(text.contains("| hub |      243 |"), "{text}");
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
