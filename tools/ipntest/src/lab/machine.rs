// SPDX-License-Identifier: GPL-2.0
//! A virtual machine on a network: QEMU, with nothing in it but what its network card boots, which
//! is iPXE, with its command line on the serial console.

use crate::lab::bus::Bus;
use crate::lab::check::ok;
use crate::lab::client::*;
use crate::lab::task::User;
use std::io::{Read, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long a machine may take for anything: an emulator is emulated.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What iPXE says when a key leads to its command line.
const INVITATION: &str = "for the iPXE command line...";
/// The key, Ctrl-B.
const KEY: &[u8] = b"\x02";
/// How many keys are pressed at a time: what a keyboard's buffer holds (15), and some less.
const KEYS: usize = 8;
/// What it says when it waits for a command.
const PROMPT: &str = "iPXE>";

/// QEMU with a network card that is plugged into a network.
#[track_caller]
pub fn qemu(user: User, bus: &Bus, options: &str, arguments: &[&str]) -> Command {
    let net = format!("vde,id=net,sock={}", url(bus, options));
    let machine = "-machine pc,graphics=off -accel tcg -m 64 -nodefaults -no-user-config \
                   -display none -netdev";
    let machine: Vec<&str> = machine.split_whitespace().chain([&net[..]]).collect();
    let all = [&machine, arguments].concat();
    program("qemu-system-x86_64", user, &all)
}

/// A machine that runs until this is dropped.
pub struct Machine {
    program: Running,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    /// What it has said since it was last asked for something.
    said: String,
}

impl Machine {
    /// Switches on a user's machine with the Ethernet address 02:00:00:00:00:NUMBER.
    #[track_caller]
    pub fn start(user: User, bus: &Bus, options: &str, number: u8) -> Machine {
        let card = format!("virtio-net-pci,netdev=net,bootindex=0,mac=02:00:00:00:00:{number:02x}");
        let arguments = ["-device", &card, "-serial", "stdio"];
        let mut command = qemu(user, bus, options, &arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = Running::start(command);
        let (input, mut output) = program.pipes();
        let (tell, hear) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = output.read(&mut bytes) {
                if tell.send(bytes[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        Machine {
            program,
            input,
            output: hear,
            said: String::new(),
        }
    }

    /// Waits until it has booted, and is ready for commands.
    #[track_caller]
    pub fn boots(&mut self) {
        // Who misses the invitation gets another when nothing was found to boot.
        while self.says(&[INVITATION, PROMPT]).ends_with(INVITATION) {
            self.types(KEY);
        }
    }

    /// Runs a command: what it said.
    #[track_caller]
    pub fn runs(&mut self, command: &str) -> String {
        for keys in command.as_bytes().chunks(KEYS) {
            self.types(keys);
            // A space is not shown before what follows it.
            self.says(&[String::from_utf8_lossy(keys).trim()]);
        }
        self.types(b"\r");
        self.says(&[PROMPT])
    }

    /// Runs a command until it has said this: all that it said then.
    #[track_caller]
    pub fn runs_until(&mut self, command: &str, expected: &str) -> String {
        let start = Instant::now();
        loop {
            let said = self.runs(command);
            if said.contains(expected) {
                return said;
            }
            let late = start.elapsed() > PATIENCE;
            assert!(!late, "{command} says {said:?}, expected {expected:?}");
        }
    }

    /// A ping is answered, soon if not the first time.
    #[track_caller]
    pub fn pings(&mut self, address: &str) {
        let command = format!("ping --count 1 {address}");
        self.runs_until(&command, &format!("64 bytes from {address}: "));
    }

    #[track_caller]
    fn types(&mut self, keys: &[u8]) {
        ok("typing", self.input.write_all(keys));
    }

    /// Waits until it has said one of these: everything up to its end.
    #[track_caller]
    fn says(&mut self, expected: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let found = expected
                .iter()
                .filter_map(|text| self.said.find(text).map(|at| at + text.len()))
                .min();
            if let Some(end) = found {
                let rest = self.said.split_off(end);
                return std::mem::replace(&mut self.said, rest);
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                let state = match self.program.is_alive() {
                    true => "runs",
                    false => "has ended",
                };
                panic!("QEMU {state}, said {:?}, expected {expected:?}", self.said)
            };
            self.said.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}
