// SPDX-License-Identifier: GPL-2.0

//! What is on the screen.

use super::super::rates::Rates;
use super::super::view::{Act, Key};
use super::*;
use crate::seen::snapshot::Snapshot;
use crate::seen::users::Users;
use ipn::{FileNumbers, Flags, Policy};
use ipn_netlink::{Kind, Network, Port};
use ratatui::backend::TestBackend;
use ratatui::Terminal;
use std::time::{Duration, Instant};

const BUS: FileNumbers = FileNumbers::new(0, 27, 1);
const LAN: FileNumbers = FileNumbers::new(0, 27, 2);

fn seen(time: u64) -> Snapshot {
    let mut bus = Network::new(BUS);
    (bus.path, bus.policy, bus.flags) = ("/tmp/bus".into(), Policy::HUB.number(), Flags::LOSSLESS);
    (bus.ports, bus.capacity, bus.owner, bus.sent) = (1, 64, Some(0), 5 * time);
    bus.sent_bytes = 1500 * time;
    let mut lan = Network::new(LAN);
    (lan.path, lan.policy) = ("/run/lan".into(), Policy::SWITCH.number());
    (lan.ports, lan.capacity, lan.sent, lan.lost) = (2, 32, 1234 * time, 3 * time);
    let mut one = Port::new(BUS, 7);
    (one.command, one.pid, one.uid) = ("sensor".into(), Some(300), Some(1000));
    (one.sends, one.sent) = (true, 5 * time);
    let mut fast = Port::new(LAN, 1);
    (fast.command, fast.pid, fast.uid) = ("qemu-system-x86_64".into(), Some(41), Some(1000));
    (fast.sends, fast.receives, fast.sent) = (true, true, 1234 * time);
    let mut slow = Port::new(LAN, 0);
    (slow.command, slow.receives, slow.received) = ("evil\x1b[2J".into(), true, 12_345 * time);
    slow.kind = Kind::Observer;
    (slow.lost, slow.lag, slow.waiting) = (3 * time, 17, Some(Duration::from_millis(2500)));
    Snapshot::new(vec![bus, lan], vec![one, fast, slow], None)
}

fn view(sort: Sort) -> (View, Rates) {
    let users = Users::of("root:x:0:\nu1:x:1000:");
    let mut view = View::new(users, sort, Duration::from_secs(2));
    let (mut rates, begin) = (Rates::default(), Instant::now());
    rates.take(seen(10), begin);
    rates.take(seen(12), begin + Duration::from_secs(2));
    view.show(&rates);
    (view, rates)
}

fn screen(view: &mut View, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
    terminal.draw(|one| frame(view, one)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let line = |y| {
        (0..width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

#[test]
fn it_has_room_in_eighty_columns() {
    let (mut view, _) = view(Sort::Rate);
    assert_eq!(
        screen(&mut view, 80, 8),
        [
            "ipn top: 2 networks, 3 ports, every 2.0s, by rate",
            "NETWORK, PORT                  USER  SENT/s  RECV/s  LOST/s   LOST    LAG   WAIT",
            "/run/lan  switch, 2 of 32         -    1234             3.0     36",
            "   0 observer $'evil\\033[…        -       -   12.3k     3.0     36     17   2.5s",
            "   1 qemu-system-x86_64 41       u1    1234       0       0      0      0",
            "/tmp/bus  hub lossless, 1…     root     5.0               0      0",
            "   7 sensor 300                  u1     5.0       -       -      0      0",
            "q quit  s sort  space stop  +- interval  h help",
        ]
    );
}

#[test]
fn small_and_large_terminals_are_drawn_too() {
    let (mut view, _) = view(Sort::Rate);
    for (width, height) in [(1, 1), (10, 3), (20, 2), (79, 24), (300, 100)] {
        let lines = screen(&mut view, width, height);
        assert_eq!(lines.len(), usize::from(height));
    }
    let wide = screen(&mut view, 120, 20).join("\n");
    assert!(wide.contains("/run/lan  switch, 2 of 32"), "{wide}");
    assert!(wide.contains("SENTB/s"), "{wide}");
    let line = wide.lines().find(|line| line.contains("/tmp/bus"));
    let line = line.expect("the bus").split_whitespace();
    let words: Vec<_> = line.collect();
    assert_eq!(words[words.len() - 4..], ["5.0", "1500", "0", "0"]);
}

#[test]
fn lines_are_sorted_as_keys_say() {
    let (mut view, rates) = view(Sort::Rate);
    let mut order = |key| {
        assert_eq!(view.press(Key::Char(key)), Act::GoOn);
        view.show(&rates);
        let words = view
            .lines
            .iter()
            .map(|line| line.name.trim_start().split(' ').next());
        words
            .map(|word| word.unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order('r'), ["/run/lan", "0", "1", "/tmp/bus", "7"]);
    assert_eq!(order('l'), ["/run/lan", "0", "1", "/tmp/bus", "7"]);
    assert_eq!(order('g'), ["/run/lan", "0", "1", "/tmp/bus", "7"]);
    assert_eq!(order('n'), ["/run/lan", "0", "1", "/tmp/bus", "7"]);
    assert_eq!(order('s').len(), 5);
    assert_eq!(view.sort, Sort::Rate, "after the last comes the first");
}

#[test]
fn ports_that_lose_more_come_first() {
    let users = Users::default();
    let mut view = View::new(users, Sort::Lost, Duration::from_secs(1));
    let ports = (0..4).map(|number| {
        let mut port = Port::new(BUS, number);
        port.lost = u64::from(number % 3);
        port
    });
    let mut rates = Rates::default();
    rates.take(
        Snapshot::new(vec![Network::new(BUS)], ports.collect(), None),
        Instant::now(),
    );
    view.show(&rates);
    let numbers: Vec<_> = view.lines[1..]
        .iter()
        .map(|line| line.name.trim().to_owned())
        .collect();
    assert_eq!(numbers, ["2", "1", "0", "3"]);
}

#[test]
fn keys_scroll_stop_help_and_quit() {
    let (mut view, rates) = view(Sort::Rate);
    let top = screen(&mut view, 80, 5);
    assert!(top[4].contains("lines 1-2 of 5"), "{top:?}");
    view.press(Key::End);
    assert!(screen(&mut view, 80, 5)[4].contains("lines 4-5 of 5"));
    view.press(Key::Down);
    assert_eq!(view.first, 3, "there is nothing below the last");
    view.press(Key::PageUp);
    view.press(Key::Up);
    view.press(Key::Up);
    assert_eq!(view.first, 0);
    view.press(Key::Char(' '));
    assert!(screen(&mut view, 80, 5)[0].ends_with(", stopped"));
    view.press(Key::Char('?'));
    let help = screen(&mut view, 80, 14).join("\n");
    for word in ["quit", "sort by the next", "scroll", "waiting"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    view.press(Key::Char('-'));
    assert_eq!(view.interval, Duration::from_secs(1));
    for _ in 0..20 {
        view.press(Key::Char('+'));
    }
    assert_eq!(view.interval, Duration::from_secs(60));
    view.show(&rates);
    assert_eq!(view.press(Key::Char('x')), Act::GoOn);
    assert_eq!(view.press(Key::Char('q')), Act::Quit);
    assert_eq!(view.press(Key::Escape), Act::Quit);
}

#[test]
fn losses_are_red() {
    let (mut view, _) = view(Sort::Rate);
    let mut terminal = Terminal::new(TestBackend::new(80, 8)).expect("a screen");
    terminal.draw(|one| frame(&mut view, one)).expect("drawn");
    let buffer = terminal.backend().buffer();
    assert_eq!(buffer[(0, 3)].fg, Color::Red);
    assert_ne!(buffer[(0, 4)].fg, Color::Red);
}

#[test]
fn scripts_get_a_table() {
    let (view, _) = view(Sort::Name);
    let text = plain(&view);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    assert!(lines[0].starts_with("NETWORK, PORT "), "{text}");
    assert!(lines[1].starts_with("/run/lan  switch, 2 of 32 "), "{text}");
    assert!(lines[1].ends_with(" 36    -    -"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !ipn::is_unsafe(c)));
}
