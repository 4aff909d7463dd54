// SPDX-License-Identifier: GPL-2.0
//! Another machine, as far as the network is concerned.

use crate::device::lab::{own_network, veth};
use crate::lab::client::*;
use crate::lab::host::*;
use crate::lab::task::{Process, ROOT};
use std::process::Command;

/// Another machine: a network namespace, with a wire between it and that of the test, v0 with the
/// address 192.0.2.1 here, veth0 with 192.0.2.2 there.
pub struct Far(Process);

impl Far {
    /// Makes it, and the wire.
    #[track_caller]
    pub fn new() -> Far {
        // It starts before the network does, so it inherits nothing of it.
        let far = Process::start(|line| {
            own_network();
            line.tell(0);
            line.hear();
        });
        far.line.hear();
        let [here, there] = veth();
        // A tunnel's packets are longer than the frames in them.
        for device in [here, there] {
            ip(&format!("link set {device} mtu 1600"));
        }
        ip(&format!("link set {there} netns {}", far.pid));
        let far = Far(far);
        ip(&format!("address add 192.0.2.1/24 dev {here}"));
        far.ip(&format!("address add 192.0.2.2/24 dev {there}"));
        far.ip(&format!("link set {there} up"));
        far
    }

    /// A program over there.
    #[track_caller]
    pub fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let pid = self.0.pid.to_string();
        let all = [&["-t", &pid, "-n", name], arguments].concat();
        program("nsenter", ROOT, &all)
    }

    /// Runs `ip` over there with these words.
    #[track_caller]
    pub fn ip(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        succeeds(self.program(IP, &words), b"");
    }
}
