// SPDX-License-Identifier: GPL-2.0
//! Machines on one wire, each a network namespace with a reliable bus.

use crate::abi::*;
use crate::device::lab::{link_up, load_stock, not_on_the_debug_kernel, own_network};
use crate::lab::bus::Bus;
use crate::lab::check::ok;
use crate::lab::client::*;
use crate::lab::host::{ip, IP};
use crate::lab::runner::directory;
use crate::lab::task::{wait_within, Process, User, ROOT};
use crate::sys::process;
use crate::sys::socket::{socket, Sock};
use std::fs::{self, File};
use std::process::Command;
use std::time::Duration;

/// The room of a bus, and how long a message stays there, in ms.
const BYTES: i32 = 4 << 20;
const WINDOW: i32 = 20_000;

/// A machine: 10.0.0.NUMBER on the wire, by the device `eth0`, from 1 on.
pub struct Machine {
    /// Its number.
    pub number: usize,
    process: Process,
    /// Its bus.
    pub bus: Bus,
    _manager: Sock,
}

/// So many machines, on a bridge that hands everything to all.
#[track_caller]
pub fn machines(count: usize) -> Vec<Machine> {
    not_on_the_debug_kernel("sch_netem");
    load_stock("sch_netem");
    own_network();
    // Without a querier, a bridge that looks into IGMP forgets whose link was down.
    ip("link add wire type bridge mcast_snooping 0");
    link_up("wire");
    (1..=count).map(Machine::new).collect()
}

/// What a machine's cable has said so far.
fn said(name: &str) -> String {
    fs::read_to_string(directory().join(name)).unwrap_or_default()
}

impl Machine {
    #[track_caller]
    fn new(number: usize) -> Machine {
        let process = Process::start(|line| {
            own_network();
            line.tell(0);
            line.hear();
        });
        process.line.hear();
        let here = format!("wire{number}");
        let pid = process.pid;
        ip(&format!(
            "link add {here} type veth peer name eth0 netns {pid}"
        ));
        ip(&format!("link set {here} master wire up"));
        let bus = Bus::named(&format!("bus{number}"));
        let manager = reliable();
        for (option, value) in [(IPN_SO_WINDOW, WINDOW), (IPN_SO_BYTES, BYTES)] {
            ok("a bus's option", manager.set(option, value));
        }
        ok("bind", manager.bind(&bus.addr));
        let machine = Machine {
            number,
            process,
            bus,
            _manager: manager,
        };
        machine.ip("link set lo up");
        machine.ip(&format!("address add 10.0.0.{number}/24 dev eth0"));
        machine.ip("link set eth0 up");
        machine.ip("route add 224.0.0.0/4 dev eth0");
        machine
    }

    /// A port of its bus that sends and hears, with what is missing.
    #[track_caller]
    pub fn port(&self) -> Sock {
        let port = reliable();
        ok("IPN_SO_SEQUENCE", port.set(IPN_SO_SEQUENCE, 1));
        ok("connect", port.connect(&self.bus.addr));
        port
    }

    /// A program that runs there.
    #[track_caller]
    pub fn program(&self, user: User, name: &str, arguments: &[&str]) -> Command {
        let pid = self.process.pid.to_string();
        let id = user.id.to_string();
        let enter = ["-t", &pid, "-n", "-S", &id, "-G", &id, name];
        program("nsenter", ROOT, &[&enter, arguments].concat())
    }

    #[track_caller]
    pub fn ip(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        succeeds(self.program(ROOT, IP, &words), b"");
    }

    /// From now on its packets have it hard.
    #[track_caller]
    pub fn suffers(&self, netem: &str) {
        let line = format!("qdisc replace dev eth0 root netem {netem}");
        let words: Vec<&str> = line.split(' ').collect();
        succeeds(self.program(ROOT, "/sbin/tc", &words), b"");
    }

    /// Starts a cable of its bus, which is up when this returns.
    #[track_caller]
    pub fn cable(&self, name: &str, url: &str) -> Cable {
        let program_name = format!("ipn-cable-{}", url.split(':').next().expect("a scheme"));
        let mut command = self.program(ROOT, &program_name, &[self.bus_name(), url]);
        let name = format!("{name}{}", self.number);
        let told = ok("a file", File::create(directory().join(&name)));
        command.stderr(told);
        let (program, line) = start(command);
        assert!(line.contains("cable to "), "{line:?}, {:?}", said(&name));
        Cable { program, name }
    }

    /// Its bus as an argument.
    pub fn bus_name(&self) -> &str {
        name(&self.bus)
    }
}

/// A cable that runs until this is dropped.
pub struct Cable {
    /// It.
    pub program: Running,
    name: String,
}

impl Cable {
    /// What it has complained of so far.
    pub fn said(&self) -> String {
        said(&self.name)
    }

    /// Waits until it has heard so many others.
    #[track_caller]
    pub fn meets(&self, others: usize) {
        wait_within(Duration::from_secs(30), "the cables meet", || {
            self.said().matches("hears another cable").count() >= others
        });
    }

    /// Asks it to end: its status.
    #[track_caller]
    pub fn ends(self) -> Option<i32> {
        let id = self.program.id() as i32;
        ok("kill", process::kill(id, libc::SIGTERM));
        self.program.status()
    }
}

/// A socket of the reliable kind.
#[track_caller]
pub fn reliable() -> Sock {
    ok("socket", socket(AF_IPN, libc::SOCK_RDM, IPN_ANY))
}
