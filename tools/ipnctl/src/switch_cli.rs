// SPDX-License-Identifier: GPL-2.0

//! The command line of `ipn switch`, worded as `bridge` is.

use crate::values::any_number;
use clap::{Args, Subcommand, ValueHint};
use ipn::number;
use ipn::switch::{Flush, MacAddress};
use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// `ipn switch`.
#[derive(Debug, Args)]
pub struct Switch {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do with a switch.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The addresses of stations
    #[command(subcommand)]
    Fdb(Fdb),
    /// The VLANs of ports
    #[command(subcommand)]
    Vlan(Vlan),
    /// The ports
    #[command(subcommand)]
    Port(Port),
    /// Change what holds for the whole switch
    ///
    /// SETTING is ageing TIME|never, limit ADDRESSES, port-limit ADDRESSES,
    /// filtering on|off, mirror PORT|off, or group-fwd-mask MASK. TIME is in
    /// seconds unless it ends in ms, s, m or h.
    Set {
        /// What to set, and to what; several may follow each other
        #[arg(required = true, value_name = "SETTING VALUE")]
        words: Vec<String>,
    },
    /// Show what holds for the whole switch
    Show,
    /// Show the counters; those of drops have the reasons' names in af_ipn(7)
    Stats,
}

/// `ipn switch PATH fdb`.
#[derive(Debug, Subcommand)]
pub enum Fdb {
    /// Show the addresses [port N] [vlan V]
    Show {
        /// Only those at a port, or in a VLAN
        #[arg(value_name = "port N | vlan V")]
        words: Vec<String>,
    },
    /// Add a static address: ADDRESS port N [vlan V]
    Add {
        /// The station
        address: MacAddress,
        /// Where it is; the VLAN matters where the switch filters
        #[arg(required = true, value_name = "port N | vlan V")]
        words: Vec<String>,
    },
    /// Delete an address: ADDRESS [port N] [vlan V]
    Del {
        /// The station
        address: MacAddress,
        /// Only if it is at that port; the VLAN it is in
        #[arg(value_name = "port N | vlan V")]
        words: Vec<String>,
    },
    /// Delete addresses: [port N] [vlan V] [dynamic|all]
    ///
    /// Learned ones only, unless all is said.
    Flush {
        /// Which
        #[arg(value_name = "port N | vlan V | dynamic | all")]
        words: Vec<String>,
    },
}

/// `ipn switch PATH vlan`.
#[derive(Debug, Subcommand)]
pub enum Vlan {
    /// Show the VLANs [port N]
    Show {
        /// Only those of a port
        #[arg(value_name = "port N")]
        words: Vec<String>,
    },
    /// Put a port into VLANs: vid N[-M] port P [pvid] [untagged]
    Add {
        /// The VLANs, the port, and its part
        #[arg(required = true, value_name = "vid N[-M] | port P | pvid | untagged")]
        words: Vec<String>,
    },
    /// Take a port out of VLANs: vid N[-M] port P
    Del {
        /// The VLANs and the port
        #[arg(required = true, value_name = "vid N[-M] | port P")]
        words: Vec<String>,
    },
}

/// `ipn switch PATH port`.
#[derive(Debug, Subcommand)]
pub enum Port {
    /// Show the ports that are held or set up, or one
    Show {
        /// The port
        #[arg(value_parser = any_number::<u32>)]
        port: Option<u32>,
    },
    /// Change a port: N [SETTING on|off]...
    ///
    /// SETTING is learning (sources are learned), isolated (no frames between
    /// such ports), locked (only static addresses send), flood (the port gets
    /// frames for unknown stations), mcast_flood (multicast) or bcast_flood
    /// (broadcast).
    Set {
        /// The port
        #[arg(value_parser = any_number::<u32>)]
        port: u32,
        /// What to set, and to what; several may follow each other
        #[arg(required = true, value_name = "SETTING on|off")]
        words: Vec<String>,
    },
}

/// What the words after a command say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `port N`.
    pub port: Option<u32>,
    /// `vlan V`.
    pub vlan: Option<u16>,
    /// `vid N[-M]`.
    pub vid: Option<(u16, u16)>,
    /// `pvid`.
    pub pvid: bool,
    /// `untagged`.
    pub untagged: bool,
    /// `all`.
    pub all: bool,
    /// `dynamic`.
    pub dynamic: bool,
    /// `learning on|off`.
    pub learning: Option<bool>,
    /// `isolated on|off`.
    pub isolated: Option<bool>,
    /// `locked on|off`.
    pub locked: Option<bool>,
    /// `flood on|off`.
    pub flood: Option<bool>,
    /// `mcast_flood on|off`.
    pub mcast_flood: Option<bool>,
    /// `bcast_flood on|off`.
    pub bcast_flood: Option<bool>,
    /// `ageing TIME|never`.
    pub ageing: Option<Option<Duration>>,
    /// `limit ADDRESSES`.
    pub limit: Option<u32>,
    /// `port-limit ADDRESSES`.
    pub port_limit: Option<u32>,
    /// `filtering on|off`.
    pub filtering: Option<bool>,
    /// `mirror PORT|off`.
    pub mirror: Option<Option<u32>>,
    /// `group-fwd-mask MASK`.
    pub groups: Option<u16>,
}

impl Said {
    /// Reads words, of which these may come.
    pub fn read(words: &[String], known: &[&str]) -> Result<Self, String> {
        let mut said = Self::default();
        let mut words = words.iter().map(String::as_str);
        let mut seen = HashSet::new();
        while let Some(word) = words.next() {
            if !known.contains(&word) {
                let known = known.join(", ");
                return Err(format!("{word} is not understood here; known are: {known}"));
            }
            if !seen.insert(word) {
                return Err(format!(
                    "{word} is said twice; say it once, or by two commands"
                ));
            }
            let mut value = || words.next().ok_or(format!("{word} lacks its value"));
            match word {
                "port" => said.port = Some(number(word, value()?)?),
                "vlan" => said.vlan = Some(vlan(value()?)?),
                "vid" => said.vid = Some(range(value()?)?),
                "pvid" => said.pvid = true,
                "untagged" => said.untagged = true,
                "all" => said.all = true,
                "dynamic" => said.dynamic = true,
                "learning" => said.learning = Some(switched(word, value()?)?),
                "isolated" => said.isolated = Some(switched(word, value()?)?),
                "locked" => said.locked = Some(switched(word, value()?)?),
                "flood" => said.flood = Some(switched(word, value()?)?),
                "mcast_flood" => said.mcast_flood = Some(switched(word, value()?)?),
                "bcast_flood" => said.bcast_flood = Some(switched(word, value()?)?),
                "ageing" => said.ageing = Some(time(value()?)?),
                "limit" => said.limit = Some(number(word, value()?)?),
                "port-limit" => said.port_limit = Some(number(word, value()?)?),
                "filtering" => said.filtering = Some(switched(word, value()?)?),
                "mirror" => {
                    said.mirror = Some(match value()? {
                        "off" => None,
                        port => Some(number(word, port)?),
                    });
                }
                "group-fwd-mask" => said.groups = Some(mask(value()?)?),
                _ => return Err(format!("{word} is not understood")),
            }
        }
        Ok(said)
    }

    /// The port, which must be said.
    pub fn the_port(&self) -> Result<u32, String> {
        self.port.ok_or_else(|| "say which port: port N".to_owned())
    }

    /// The VLANs, which must be said.
    pub fn the_vlans(&self) -> Result<(u16, u16), String> {
        let vid = self.vid.ok_or("say which VLAN: vid N, or vid N-M")?;
        match self.pvid && vid.0 != vid.1 {
            true => Err("a port has one PVID, so pvid goes with a single VLAN".to_owned()),
            false => Ok(vid),
        }
    }

    /// What to flush.
    pub fn flush(&self) -> Result<Flush, String> {
        if self.all && self.dynamic {
            return Err("dynamic and all contradict each other".to_owned());
        }
        Ok(Flush::new().port(self.port).vlan(self.vlan).fixed(self.all))
    }
}

fn number<T: FromStr>(what: &str, text: &str) -> Result<T, String> {
    number::whole(text).ok_or_else(|| format!("{what} takes a number, not {text}"))
}

fn switched(what: &str, text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("{what} is on or off, not {text}")),
    }
}

fn vlan(text: &str) -> Result<u16, String> {
    match number::whole(text) {
        Some(vlan @ 1..=4094) => Ok(vlan),
        _ => Err(format!("a VLAN is a number from 1 to 4094, not {text}")),
    }
}

pub fn range(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = (vlan(first)?, vlan(last)?);
    match range.0 <= range.1 {
        true => Ok(range),
        false => Err(format!("{text} ends before it begins")),
    }
}

pub fn time(text: &str) -> Result<Option<Duration>, String> {
    if text == "never" {
        return Ok(None);
    }
    let units = [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6)];
    let (digits, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1e3));
    let millis = number::fraction(digits).map(|count| count * unit);
    match millis {
        Some(millis) if (0.0..1e15).contains(&millis) => {
            Ok(Some(Duration::from_millis(millis.round() as u64)))
        }
        _ => Err(format!("{text} is no time; it is as 30s, 500ms or never")),
    }
}

pub fn mask(text: &str) -> Result<u16, String> {
    let mask = match text.strip_prefix("0x") {
        Some(digits) => number::in_radix(digits, 16).and_then(|mask| mask.try_into().ok()),
        None => number::whole(text),
    };
    mask.ok_or_else(|| format!("{text} is no mask; it is as 0x4000, which forwards LLDP"))
}

#[cfg(test)]
#[path = "switch_cli_tests.rs"]
mod tests;
