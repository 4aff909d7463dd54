// SPDX-License-Identifier: GPL-2.0
//! What is left of a program when all its processes have ended: nothing.

use crate::finding::{Finding, Kind};
use ipntest::pace::patience;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How long the kernel may take to clear away: network namespaces go in their own time.
const LIMIT: Duration = Duration::from_secs(20);

/// What there is of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// Lines of `/proc/net/ipn`.
    networks: String,
    /// References to the modules.
    references: Vec<String>,
    /// Memory of the modules from vmalloc, areas and bytes. It takes long to look through.
    memory: Option<(usize, u64)>,
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

fn memory() -> (usize, u64) {
    let list = read("/proc/vmallocinfo");
    let areas = list
        .lines()
        .filter(|line| line.contains("[af_ipn]") || line.contains("[kvde_switch]"));
    let bytes = areas
        .clone()
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    (areas.clone().count(), bytes.sum())
}

impl Remains {
    /// What there is now, `thoroughly` with the memory.
    pub fn now(thoroughly: bool) -> Remains {
        let references = |name: &&str| read(&format!("/sys/module/{name}/refcnt"));
        Remains {
            networks: read("/proc/net/ipn"),
            references: ["af_ipn", "kvde_switch"].iter().map(references).collect(),
            memory: thoroughly.then(memory),
        }
    }

    /// Waits until there is no more than before.
    pub fn check(&self) -> Option<Finding> {
        let start = Instant::now();
        loop {
            let now = Remains::now(self.memory.is_some());
            if now == *self {
                return None;
            }
            if start.elapsed() > patience(LIMIT) {
                let text = format!("before: {self:?}; after: {now:?}");
                return Some(Finding::new(Kind::Remains, "", text));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}
