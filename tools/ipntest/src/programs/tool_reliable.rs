// SPDX-License-Identifier: GPL-2.0
//! The `ipn` command on reliable buses.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, OWNER, ROOT};
use crate::sys::process::kill;
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

cases!["tool_reliable":
    bus_has_its_shape_and_shows_it,
    late_readers_begin_with_what_was_sent_before,
    reader_learns_whose_messages_it_missed,
    other_networks_have_no_past,
    evicted_reader_finds_the_end,
    file_describes_it,
];

fn ipn(arguments: &[&str]) -> Command {
    program("ipn", ROOT, arguments)
}

/// `ipn create --reliable`, once the bus is up.
#[track_caller]
fn create(bus: &Bus, options: &[&str]) -> Running {
    let arguments = [&["create", name(bus), "--reliable"], options].concat();
    let (creator, line) = start(program("ipn", OWNER, &arguments));
    holds("it is up", line.contains("is up"));
    creator
}

/// What a command prints, which succeeds.
#[track_caller]
fn says(arguments: &[&str], input: &str) -> String {
    String::from_utf8_lossy(&succeeds(ipn(arguments), input.as_bytes())).into_owned()
}

#[track_caller]
fn send(bus: &Bus, lines: &str) {
    says(&["send", name(bus)], lines);
}

fn numbers(count: u32) -> String {
    let lines: Vec<String> = (0..count).map(|n| format!("{n}\n")).collect();
    lines.concat()
}

fn bus_has_its_shape_and_shows_it() {
    let bus = Bus::new();
    let options = "--window 10s --bytes 1M --rate 10M --history --evict";
    let _creator = create(&bus, &options.split(' ').collect::<Vec<_>>());
    let text = says(&["show", name(&bus)], "");
    for line in [
        "  flags    reliable,history,evict\n",
        "  window   10s at least\n",
        "  rate     10485760 bytes a second of each port\n",
    ] {
        holds(line, text.contains(line));
    }
    let json = says(&["show", "--json", name(&bus)], "");
    for word in [
        "\"reliable\": true",
        "\"window_ms\": 10000",
        "\"rate\": 10485760",
        "\"evicted\": 0",
    ] {
        holds(word, json.contains(word));
    }
    let figures = says(&["show", "--prometheus"], "");
    holds("figures", figures.contains("ipn_network_window_seconds{"));
}

fn late_readers_begin_with_what_was_sent_before() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--window", "1h", "--history"]);
    send(&bus, &numbers(5));
    let recv = |options: &str| {
        let options: Vec<_> = options.split(' ').collect();
        says(&[&["recv", name(&bus)], &options[..]].concat(), "")
    };
    same("the last", recv("--last 1 --count 1"), "4\n".to_owned());
    same("two", recv("--last 2 --count 2"), "3\n4\n".to_owned());
    same("all", recv("--all --count 5"), numbers(5));
    same("of an hour", recv("--since 1h --count 5"), numbers(5));
    same(
        "out of memory",
        recv("--all --count 5 --mapped"),
        numbers(5),
    );
}

fn reader_learns_whose_messages_it_missed() {
    for how in [&[][..], &["--mapped"], &["--count", "1000"]] {
        let bus = Bus::new();
        let _creator = create(&bus, &["--window", "0", "--pool", "8"]);
        let arguments = [&["recv", name(&bus), "--stats"], how].concat();
        let mut command = ipn(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(ok("a file", File::create("told")));
        let mut reader = Running::start(command);
        let is_in = || says(&["show", "--json", name(&bus)], "").contains("\"readers\": 1");
        wait_until("the reader is in", is_in);
        let signal = |signal| ok("kill", kill(reader.id() as i32, signal));
        signal(libc::SIGSTOP);
        says(&["send", name(&bus), "--end"], &numbers(100));
        signal(libc::SIGCONT);
        let mut text = String::new();
        ok("its output", reader.pipes().1.read_to_string(&mut text));
        reader.status();
        holds("it has the last", text.ends_with("98\n99\n"));
        let missed = 100 - text.lines().count();
        let told = ok("what it told", fs::read_to_string("told"));
        for words in [
            format!("ipn: missed {missed} messages of port 1"),
            format!(", lost {missed}, "),
        ] {
            // Whose they were the memory does not tell of who sends for the first time.
            let is_told =
                told.contains(&words) || how.contains(&"--mapped") && !words.starts_with(',');
            holds(format_args!("{told:?} has {words:?}"), is_told);
        }
    }
}

fn other_networks_have_no_past() {
    let (plain, reliable) = (Bus::named("plain"), Bus::named("reliable"));
    let (_hub, line) = start(program("ipn", OWNER, &["create", name(&plain)]));
    holds("it is up", line.contains("is up"));
    let _creator = create(&reliable, &[]);
    for (bus, why) in [(&plain, "no reliable bus"), (&reliable, "without history")] {
        complains(ipn(&["recv", name(bus), "--last", "1"]), &[why]);
    }
}

fn evicted_reader_finds_the_end() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--window", "0", "--pool", "8", "--evict"]);
    let mut command = ipn(&["recv", name(&bus)]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = Running::start(command);
    let is_in = || says(&["show", "--json", name(&bus)], "").contains("\"readers\": 1");
    wait_until("the reader is in", is_in);
    let signal = |signal| ok("kill", kill(reader.id() as i32, signal));
    signal(libc::SIGSTOP);
    send(&bus, &numbers(100));
    signal(libc::SIGCONT);
    let mut text = String::new();
    ok("its output", reader.pipes().1.read_to_string(&mut text));
    same("status", reader.status(), Some(0));
    let text = says(&["show", name(&bus)], "");
    holds("it is counted", text.contains("  evicted  1 port"));
}

fn file_describes_it() {
    let bus = Bus::new();
    let file = bus.path.with_extension("toml");
    let lines =
        "reliable = true\nwindow = \"2500ms\"\nrate = 4096\nhistory = true\nevict = false\n";
    let text = format!("path = {:?}\n{lines}", bus.path);
    ok("writing a description", fs::write(&file, text));
    let file = file.to_str().expect("the path is text");
    let (_holder, line) = start(ipn(&["up", file]));
    holds("it is up", line.contains("is up"));
    let saved = says(&["save", name(&bus)], "");
    holds(
        format_args!("{saved:?} has {lines:?}"),
        lines.lines().all(|line| {
            let line = line.replace("4096", "\"4096\"");
            saved.lines().any(|saved| saved == line)
        }),
    );
    let other = format!("path = {:?}\nreliable = true\nwindow = 1\n", bus.path);
    ok("another window", fs::write(file, other));
    complains(ipn(&["up", file]), &["window is 2500ms, not 1s"]);
}
