// SPDX-License-Identifier: GPL-2.0

//! What a message costs at the extremes of what can be set: every two values of pool, MTU, ports, flags,
//! policy, filter and kind of port together (`ipnmatrix`), beside the same port with all else as it is
//! unless told.

use crate::clock::{self, Clock};
use crate::media::{ip, receive, send, whole, Setting, BROADCAST, FRAME_MIN, PROTOCOL, SENDER};
use crate::record::Measure;
use crate::results::Results;
use crate::run::{tell, Run};
use crate::sys::packet::packet_socket;
use crate::table::{thousands, Table};
use ipn::{Builder, Device, DeviceName, Flags, Instruction, Policy, Port, Receiver};
use ipnmatrix::cell::{Numbers, USERS_BYTES};
use ipnmatrix::dimension::{self, Filter, Kind};
use ipnmatrix::Cell;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use std::io;

/// How many times its default a cell may cost.
const MOST: f64 = 4.0;

/// Messages that wait together, where there is room.
const DEPTH: u32 = 8;

/// Instructions of the longest filter (`BPF_MAXINSNS`).
const LONGEST: usize = 4096;

/// Bytes to which a filter cuts.
const CUT: u32 = 4;

/// Where the module is told how many ports a network may have.
const MAX_PORTS: &str = "/sys/module/af_ipn/parameters/max_ports";

/// The cell where all is as it is unless told, for a kind of port.
fn default_of(cell: &Cell) -> Cell {
    Cell {
        kind: cell.kind,
        policy: dimension::Policy::Hub,
        pool: dimension::Amount::Default,
        mtu: dimension::Amount::Default,
        ports: dimension::Amount::Default,
        flags: dimension::Flags::None,
        filter: Filter::None,
        user: dimension::User::Root,
    }
}

/// The cells, each with its default before it. Who the user is makes no message dearer: one of each.
fn cells() -> Vec<(Cell, Cell)> {
    let mut cells: Vec<Cell> = Vec::new();
    for cell in Cell::working() {
        let same = |other: &Cell| {
            (Cell {
                user: cell.user,
                ..*other
            }) == cell
        };
        if !cells.iter().any(same) {
            cells.push(cell);
        }
    }
    cells
        .into_iter()
        .map(|cell| (default_of(&cell), cell))
        .collect()
}

/// Who receives in a cell.
enum Receiving {
    /// No port but the sender's.
    None,
    Socket(Port),
    Mapped(Box<Receiver>),
    Device(
        OwnedFd,
        #[expect(dead_code, reason = "it lives as long")] Device,
    ),
}

/// A network as a cell has it.
struct Stage {
    sender: Port,
    receiving: Receiving,
    filter: Filter,
    message: Vec<u8>,
    room: Vec<u8>,
    depth: u32,
    veth: bool,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.receiving = Receiving::None;
        if self.veth {
            // It has gone with an error before.
            let _ = ip("link del bench");
        }
    }
}

fn filter(filter: Filter) -> Vec<Instruction> {
    let instruction = |code, k| Instruction {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    let ends = |k| vec![instruction((libc::BPF_RET | libc::BPF_K) as u16, k)];
    match filter {
        Filter::None => Vec::new(),
        Filter::Takes => ends(u32::MAX),
        Filter::Refuses => ends(0),
        Filter::Cuts => ends(CUT),
        Filter::Longest => {
            let load = instruction((libc::BPF_LD | libc::BPF_IMM) as u16, 1);
            let mut program = vec![load; LONGEST - 1];
            program.extend(ends(u32::MAX));
            program
        }
    }
}

impl Stage {
    fn new(cell: &Cell) -> io::Result<Self> {
        // The document's formula is exact to some hundredths.
        let fits = |numbers: &Numbers| numbers.bytes(cell.policy) <= USERS_BYTES / 100 * 97;
        let numbers = cell.numbers_of_user(fits);
        let path = "/tmp/ipnbench-cell";
        let policy = match cell.policy {
            dimension::Policy::Hub => Policy::HUB,
            dimension::Policy::Switch => Policy::SWITCH,
        };
        // There is one manager, or another who is it with the device.
        let mut flags = Flags::from_bits_retain(cell.flags.value() as u32);
        flags.remove(Flags::EXCLUSIVE);
        let mut builder = Builder::new()
            .policy(policy)
            .mtu(numbers.mtu)
            .ports(numbers.ports)
            .flags(flags);
        if numbers.pool != 0 {
            builder = builder.pool(numbers.pool);
        }
        let manager = builder.bind(path)?;
        let joined = Self::joined(cell, &numbers, manager, path);
        std::fs::remove_file(path)?;
        joined
    }

    fn joined(
        cell: &Cell,
        numbers: &Numbers,
        manager: ipn::Manager,
        path: &str,
    ) -> io::Result<Self> {
        let second = ipn::Manager::bind(path)?;
        let sender = manager.connect()?;
        let mut veth = false;
        let receiving = match cell.kind {
            _ if numbers.ports == 1 => Receiving::None,
            Kind::Socket | Kind::Mapped => {
                let port = Port::connect(path)?;
                if cell.filter != Filter::None {
                    port.attach_filter(&filter(cell.filter))?;
                }
                match cell.kind {
                    Kind::Mapped => Receiving::Mapped(Box::new(port.into_receiver()?)),
                    _ => Receiving::Socket(port),
                }
            }
            Kind::Tap => {
                let (device, _) = second.tap(name("bench")?)?;
                ip("link set bench up")?;
                Receiving::Device(packet_socket("bench", PROTOCOL)?, device)
            }
            Kind::Grab => {
                veth = true;
                ip("link add bench type veth peer name bench2")?;
                ip("link set bench up")?;
                ip("link set bench2 up")?;
                let device = second.grab(name("bench")?)?;
                Receiving::Device(packet_socket("bench2", PROTOCOL)?, device)
            }
        };
        let setting = Setting {
            bytes: FRAME_MIN.min(numbers.mtu as usize),
            receivers: 1,
            sleep: false,
        };
        let mut message = [&BROADCAST[..], &SENDER, &PROTOCOL.to_be_bytes()].concat();
        message.resize(setting.bytes, 0x5a);
        Ok(Self {
            sender,
            receiving,
            filter: cell.filter,
            room: vec![0; message.len()],
            message,
            depth: DEPTH.min(numbers.told_pool()),
            veth,
        })
    }

    fn send(&mut self) -> io::Result<()> {
        (0..self.depth).try_for_each(|_| send(&self.sender, &self.message))
    }

    /// Receives what was sent; of what a filter refuses, that nothing is there.
    fn receive(&mut self) -> io::Result<()> {
        let len = match self.filter {
            Filter::Cuts => self.room.len().min(CUT as usize),
            _ => self.room.len(),
        };
        let room = &mut self.room[..len];
        for _ in 0..self.depth {
            match &mut self.receiving {
                Receiving::None => break,
                Receiving::Socket(port) if self.filter == Filter::Refuses => {
                    let came = rustix::net::recv(port.as_fd(), room, RecvFlags::DONTWAIT);
                    match came {
                        Err(Errno::AGAIN) => break,
                        _ => return Err(io::Error::other(format!("{came:?} of refused messages"))),
                    }
                }
                Receiving::Socket(port) => receive(port, room, RecvFlags::DONTWAIT)?,
                Receiving::Mapped(receiver) => {
                    match receiver.take_bytes().map_err(io::Error::other)? {
                        Some(bytes) => whole(bytes.len(), room)?,
                        None => return Err(io::ErrorKind::WouldBlock.into()),
                    }
                }
                Receiving::Device(far, _) => receive(far, room, RecvFlags::DONTWAIT)?,
            }
        }
        Ok(())
    }
}

fn name(name: &str) -> io::Result<DeviceName> {
    let name = name.parse();
    name.map_err(|error: ipn::BadDeviceName| io::Error::other(error.to_string()))
}

/// What a message costs in a cell, its send and its receive, in nanoseconds.
fn cost(cell: &Cell) -> io::Result<f64> {
    let mut stage = Stage::new(cell)?;
    let depth = f64::from(stage.depth);
    let cost = clock::measure(&mut stage, Stage::send, Stage::receive)?;
    Ok((cost.first + cost.second) / depth)
}

/// The name of a cell in a record.
fn title(cell: &Cell) -> String {
    let text = cell.to_string();
    text.split(", user").next().unwrap_or(&text).to_owned()
}

/// Measures all of them, where instructions are counted.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.turns.is_some() || run.clock != Clock::Counted {
        return Ok(());
    }
    // The most that there can be is root's to allow.
    std::fs::write(MAX_PORTS, "65535")?;
    let mut told = Vec::new();
    for (default, cell) in cells() {
        for cell in [default, cell] {
            if told.contains(&title(&cell)) {
                continue;
            }
            let cost = cost(&cell)
                .map_err(|error| io::Error::new(error.kind(), format!("{cell}: {error}")))?;
            let setting = Setting {
                bytes: 0,
                receivers: 1,
                sleep: false,
            };
            tell(
                Measure::Cell,
                &title(&cell),
                setting,
                run.clock.figure(cost),
            )?;
            told.push(title(&cell));
        }
    }
    Ok(())
}

/// The cells that were measured: each with what it costs, and how many times its default.
fn figures(results: &Results) -> Vec<(Cell, f64, f64)> {
    let records = results.of(Clock::Counted, Measure::Cell);
    let figure = |cell: &Cell| {
        let title = title(cell);
        let found = records.iter().find(|record| record.medium == title);
        found.map(|record| record.value)
    };
    let found = cells().into_iter();
    let found = found.filter_map(|(default, cell)| {
        let value = figure(&cell)?;
        Some((cell, value, value / figure(&default)?))
    });
    found.collect()
}

/// A table of what was measured, the dearest first.
pub fn table(results: &Results) -> String {
    let mut figures = figures(results);
    figures.sort_by(|one, other| other.2.total_cmp(&one.2));
    let mut table = Table::new(["cell", "a message", "times the default"]);
    for (cell, value, ratio) in figures {
        table.row([title(&cell), thousands(value), format!("{ratio:.2}")]);
    }
    match table.is_empty() {
        true => String::new(),
        false => table.text(),
    }
}

/// The cells that cost too much.
pub fn exceeded(results: &Results) -> Vec<String> {
    let dear = |(_, _, ratio): &(Cell, f64, f64)| *ratio > MOST;
    let dear = figures(results).into_iter().filter(dear);
    dear.map(|(cell, ..)| title(&cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(cell: &Cell, ratio: f64) -> Results {
        let mut text =
            String::from(r#"{"clock":"counted","kernel":"7","processors":1,"accelerator":"tcg"}"#);
        for (cell, value) in [(&default_of(cell), 100.0), (cell, 100.0 * ratio)] {
            text += &format!(
                "\n{{\"measure\":\"cell\",\"medium\":\"{}\",\"bytes\":0,\"receivers\":1,\"value\":{value}}}",
                title(cell)
            );
        }
        Results::read(&text).unwrap()
    }

    #[test]
    fn cell_that_costs_more_than_four_times_its_default_exceeds() {
        let (_, cell) = (cells().into_iter())
            .find(|(default, cell)| title(default) != title(cell))
            .unwrap();
        assert!(exceeded(&results(&cell, 4.0)).is_empty());
        assert_eq!(exceeded(&results(&cell, 4.1)), [title(&cell)]);
        assert!(table(&results(&cell, 4.1)).contains("4.10"));
    }

    #[test]
    fn each_cell_has_a_title_of_its_own() {
        let mut titles: Vec<_> = cells().iter().map(|(_, cell)| title(cell)).collect();
        let all = titles.len();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), all);
    }
}
