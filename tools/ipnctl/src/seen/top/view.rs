// SPDX-License-Identifier: GPL-2.0

//! What is shown: lines in their order, and what keys do to it.

use super::rates::{Rate, Rates};
use crate::seen::ports::seconds;
use crate::seen::short::short;
use crate::seen::users::Users;
use crate::sort::Sort;
use ipn::{Flags, Policy, Shown};
use ipn_netlink::{Kind, Network, Port};
use std::cmp::Ordering;
use std::time::Duration;

/// A key that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Escape,
    /// The terminal has another size.
    Resized,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    GoOn,
    Quit,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// A network's, or one of its ports'.
    pub is_network: bool,
    /// Whose it is.
    pub name: String,
    pub user: String,
    pub sent: String,
    pub received: String,
    pub sent_bytes: String,
    pub received_bytes: String,
    pub lost_rate: String,
    pub lost: String,
    pub lag: String,
    pub waiting: String,
    /// Whether something is being lost.
    pub is_losing: bool,
}

/// What is shown.
#[derive(Debug)]
pub struct View {
    users: Users,
    pub sort: Sort,
    pub interval: Duration,
    pub is_paused: bool,
    pub is_helping: bool,
    pub lines: Vec<Line>,
    pub networks: usize,
    pub ports: usize,
    /// The first line that is to be seen.
    pub first: usize,
    /// How many there is room for, as it was drawn last.
    pub room: usize,
}

impl View {
    /// Nothing yet.
    pub fn new(users: Users, sort: Sort, interval: Duration) -> Self {
        Self {
            users,
            sort,
            interval,
            is_paused: false,
            is_helping: false,
            lines: Vec::new(),
            networks: 0,
            ports: 0,
            first: 0,
            room: 1,
        }
    }

    /// Shows these figures.
    pub fn show(&mut self, rates: &Rates) {
        let mut networks: Vec<_> = rates.seen.networks.iter().collect();
        let sort = self.sort;
        let by = |one: (Rate, u64, u64), other: (Rate, u64, u64)| match sort {
            Sort::Rate => other.0.sum().total_cmp(&one.0.sum()),
            Sort::Lost => (other.0.lost.total_cmp(&one.0.lost)).then(other.1.cmp(&one.1)),
            Sort::Lag => other.2.cmp(&one.2),
            Sort::Name => Ordering::Equal,
        };
        let figures = |network: &Network, ports: &[Port]| {
            let lag = ports.iter().map(|port| port.lag).max();
            (rates.network(network), network.lost, lag.unwrap_or(0))
        };
        // What is equal stays in the order of names.
        networks.sort_by(|(one, its), (other, their)| by(figures(one, its), figures(other, their)));
        self.networks = networks.len();
        self.lines.clear();
        self.ports = 0;
        for (network, ports) in networks {
            self.ports += ports.len();
            self.lines
                .push(self.network(network, rates.network(network)));
            let figures = |port: &Port| (rates.port(port), port.lost, port.lag);
            let mut ports: Vec<_> = ports.iter().collect();
            ports.sort_by(|one, other| by(figures(one), figures(other)));
            let lines = ports.iter().map(|port| self.port(port, rates.port(port)));
            let lines: Vec<_> = lines.collect();
            self.lines.extend(lines);
        }
        self.keep_within();
    }

    fn network(&self, network: &Network, rate: Rate) -> Line {
        let flags = [
            (Flags::LOSSLESS, " lossless"),
            (Flags::RELIABLE, " reliable"),
            (Flags::TERMINATED, " ended"),
        ];
        let flags = flags
            .iter()
            .filter(|(flag, _)| network.flags.contains(*flag));
        let flags: String = flags.map(|(_, name)| *name).collect();
        let policy = Policy::new(network.policy);
        Line {
            is_network: true,
            name: format!(
                "{}  {policy}{flags}, {} of {}",
                Shown::of(&network.path),
                network.ports,
                network.capacity
            ),
            user: self.users.name_of(network.owner),
            sent: per_second(rate.sent),
            received: String::new(),
            sent_bytes: per_second(rate.sent_bytes),
            received_bytes: String::new(),
            lost_rate: per_second(rate.lost),
            lost: short(network.lost),
            lag: String::new(),
            waiting: String::new(),
            is_losing: rate.lost > 0.0,
        }
    }

    fn port(&self, port: &Port, rate: Rate) -> Line {
        let mut name = format!("{:>4} ", port.number);
        if port.kind == Kind::Observer {
            name += "observer ";
        }
        name += &Shown::of(&port.command).to_string();
        if let Some(pid) = port.pid {
            name += &format!(" {pid}");
        }
        if let Some(device) = &port.device {
            name += &format!(" {}", Shown::of(&device.name));
        }
        if !port.description.is_empty() {
            name += &format!(" {}", Shown::of(&port.description));
        }
        let of = |may: bool, rate| {
            if may {
                per_second(rate)
            } else {
                "-".to_owned()
            }
        };
        Line {
            is_network: false,
            name,
            user: self.users.name_of(port.uid),
            sent: of(port.sends, rate.sent),
            received: of(port.receives, rate.received),
            sent_bytes: of(port.sends, rate.sent_bytes),
            received_bytes: of(port.receives, rate.received_bytes),
            lost_rate: of(port.receives, rate.lost),
            lost: short(port.lost),
            lag: short(port.lag),
            waiting: port.waiting.map_or_else(String::new, seconds),
            is_losing: rate.lost > 0.0,
        }
    }

    /// Does what a key says.
    pub fn press(&mut self, key: Key) -> Act {
        let page = self.room.max(1);
        match key {
            Key::Char('q') | Key::Escape => return Act::Quit,
            Key::Char('s') => self.sort = self.sort.next(),
            Key::Char('r') => self.sort = Sort::Rate,
            Key::Char('l') => self.sort = Sort::Lost,
            Key::Char('g') => self.sort = Sort::Lag,
            Key::Char('n') => self.sort = Sort::Name,
            Key::Char('p' | ' ') => self.is_paused = !self.is_paused,
            Key::Char('h' | '?') => self.is_helping = !self.is_helping,
            Key::Char('+') => self.interval = (self.interval * 2).min(LONGEST),
            Key::Char('-') => self.interval = (self.interval / 2).max(SHORTEST),
            Key::Up | Key::Char('k') => self.first = self.first.saturating_sub(1),
            Key::Down | Key::Char('j') => self.first = self.first.saturating_add(1),
            Key::PageUp => self.first = self.first.saturating_sub(page),
            Key::PageDown => self.first = self.first.saturating_add(page),
            Key::Home => self.first = 0,
            Key::End => self.first = usize::MAX,
            Key::Char(_) | Key::Resized => {}
        }
        self.keep_within();
        Act::GoOn
    }

    /// Scrolls no further than to the last line.
    pub fn keep_within(&mut self) {
        self.first = self.first.min(self.lines.len().saturating_sub(self.room));
    }
}

/// The bounds of the interval that keys set.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(60);

/// A rate: with a fraction where it is small.
fn per_second(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 => "0".to_owned(),
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate => short(rate as u64),
    }
}
