// SPDX-License-Identifier: GPL-2.0

//! The descriptors of a process, as `/proc/PID/fdinfo` tells of them.

use ipn::FileNumbers;
use std::fs;

/// The networks and ports that a process has descriptors of, also those that others took and passed
/// to it: as far as the caller may look.
pub fn descriptors_of(pid: u32) -> Vec<(FileNumbers, u32)> {
    let Ok(list) = fs::read_dir(format!("/proc/{pid}/fdinfo")) else {
        return Vec::new();
    };
    let texts = list
        .flatten()
        .filter_map(|entry| fs::read(entry.path()).ok());
    texts
        .filter_map(|text| port_of(&String::from_utf8_lossy(&text)))
        .collect()
}

/// The network and the port of a descriptor, by what is told of it.
fn port_of(text: &str) -> Option<(FileNumbers, u32)> {
    let said = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| *key == name);
        found.map(|(_, value)| value.trim())
    };
    let mut numbers = said("ipn-network")?.split(':');
    let file = FileNumbers::new(
        numbers.next()?.parse().ok()?,
        numbers.next()?.parse().ok()?,
        numbers.next()?.parse().ok()?,
    );
    Some((file, said("ipn-port")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_of_a_port_says_so() {
        let text = "pos:\t0\nflags:\t02\nino:\t7\nipn-network:\t0:27:99\nipn-port:\t3\n";
        assert_eq!(port_of(text), Some((FileNumbers::new(0, 27, 99), 3)));
        assert_eq!(port_of("pos:\t0\nflags:\t02\n"), None);
        assert_eq!(
            port_of("ipn-network:\t0:27:99\n"),
            None,
            "a manager has none"
        );
        assert_eq!(port_of("ipn-network:\tx\nipn-port:\t3\n"), None);
    }
}
