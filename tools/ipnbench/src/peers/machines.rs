// SPDX-License-Identifier: GPL-2.0

//! Two machines on a wire: network namespaces with a veth between them.

use super::running::Running;
use crate::media::ip;
use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Machine {
    /// Where the publisher is, and a broker.
    Here,
    /// The other one.
    There,
}

/// Both. They are gone when this is dropped.
pub struct Machines(());

impl Machine {
    fn name(self) -> &'static str {
        match self {
            Self::Here => "bench-here",
            Self::There => "bench-there",
        }
    }

    /// Its address on the wire.
    pub fn address(self) -> &'static str {
        match self {
            Self::Here => "10.0.0.1",
            Self::There => "10.0.0.2",
        }
    }

    /// A program that runs there.
    pub fn program(self, name: &str) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", self.name(), name])
            .stdin(Stdio::null());
        command
    }

    /// Starts one that says nothing.
    pub fn start<A: AsRef<OsStr>>(
        self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Running> {
        let mut command = self.program(name);
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Running::Program(command.spawn()?))
    }
}

impl Machines {
    /// Sets them up.
    pub fn new() -> io::Result<Self> {
        for machine in [Machine::Here, Machine::There] {
            ip(&format!("netns add {}", machine.name()))?;
        }
        let machines = Self(());
        let [here, there] = [Machine::Here, Machine::There].map(Machine::name);
        ip(&format!(
            "link add eth0 netns {here} type veth peer name eth0 netns {there}"
        ))?;
        for machine in [Machine::Here, Machine::There] {
            let (name, address) = (machine.name(), machine.address());
            for command in [
                "link set lo up".to_string(),
                format!("address add {address}/24 dev eth0"),
                "link set eth0 up".to_string(),
                "route add 224.0.0.0/4 dev eth0".to_string(),
            ] {
                ip(&format!("-n {name} {command}"))?;
            }
        }
        Ok(machines)
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for machine in [Machine::Here, Machine::There] {
            // It goes at the latest with the guest.
            let _ = ip(&format!("netns delete {}", machine.name()));
        }
    }
}
