// SPDX-License-Identifier: GPL-2.0

//! The kernel's bridge. Its stations are processes with a tap each, or with a packet socket on one end
//! of a veth whose other end is in the bridge.

use super::{frame, whole, Group, Kind, Medium, Opened, Role, Setting, DEPTH, FRAME_MIN, PROTOCOL};
use super::{ip, receive, send, SENDER, STATION};
use crate::sys::packet::packet_socket;
use crate::sys::tun::tap;
use rustix::fd::OwnedFd;
use rustix::net::RecvFlags;
use std::io;

/// Stations with taps.
pub const TAPS: Kind = Kind {
    name: "bridge of taps",
    group: Group::Ethernet,
    role: Role::Peer,
    depth: DEPTH,
    wakes: false,
    open: |setting| open(setting, Station::Tap),
};

/// Stations with packet sockets.
pub const PACKETS: Kind = Kind {
    name: "bridge of veth",
    group: Group::Ethernet,
    role: Role::Peer,
    depth: DEPTH,
    wakes: false,
    open: |setting| open(setting, Station::Packets),
};

/// Stations beyond which the bridge has no more ports.
const STATIONS_MAX: usize = 1000;

/// What a station is.
#[derive(Clone, Copy, PartialEq)]
pub enum Station {
    /// A tap.
    Tap,
    /// A packet socket on a veth.
    Packets,
}

/// The bridge goes with this; its stations' devices do when they are closed, or are deleted.
pub struct Bridge {
    name: String,
    kind: Station,
    stations: Vec<OwnedFd>,
}

fn open(setting: Setting, kind: Station) -> Opened {
    if !setting.is_ethernet() || setting.receivers > STATIONS_MAX || setting.sleep {
        return Ok(None);
    }
    let bridge = Bridge::new("bench", kind, setting.receivers + 1)?;
    // From here on it knows where the receiver is.
    let mut answer = frame(SENDER, STATION);
    answer.resize(FRAME_MIN, 0);
    bridge.put(1, &answer)?;
    let all_but_that = (0..bridge.stations.len()).filter(|&number| number != 1);
    for number in all_but_that {
        bridge.take(number, &mut answer)?;
    }
    Ok(Some(Box::new(bridge)))
}

impl Bridge {
    /// A bridge of this name with so many stations.
    pub fn new(name: &str, kind: Station, stations: usize) -> io::Result<Self> {
        ip(&format!("link add {name} type bridge"))?;
        let mut bridge = Self {
            name: name.into(),
            kind,
            stations: Vec::new(),
        };
        // It would ask for reports of groups, and send its own.
        let snooping = format!("/sys/class/net/{name}/bridge/multicast_snooping");
        std::fs::write(snooping, "0")?;
        ip(&format!("link set {name} up"))?;
        for number in 0..stations {
            let station = bridge.station(number)?;
            bridge.stations.push(station);
        }
        Ok(bridge)
    }

    /// What its stations send and receive by, in their order.
    pub fn stations(&self) -> &[OwnedFd] {
        &self.stations
    }

    /// The device of a station.
    fn device(&self, number: usize) -> String {
        format!("{}-st{number}", self.name)
    }

    /// Makes a station; the first one sends.
    fn station(&self, number: usize) -> io::Result<OwnedFd> {
        let (device, other) = (self.device(number), format!("{}-pk{number}", self.name));
        let made = match self.kind {
            Station::Tap => Some(tap(&device)?),
            Station::Packets => {
                ip(&format!("link add {device} type veth peer name {other}"))?;
                ip(&format!("link set {other} up"))?;
                None
            }
        };
        ip(&format!("link set {device} master {}", self.name))?;
        ip(&format!("link set {device} up"))?;
        match made {
            Some(tap) => Ok(tap),
            None => packet_socket(&other, PROTOCOL),
        }
    }

    fn put(&self, number: usize, message: &[u8]) -> io::Result<()> {
        let station = &self.stations[number];
        match self.kind {
            Station::Tap => whole(rustix::io::write(station, message)?, message),
            Station::Packets => send(station, message),
        }
    }

    fn take(&self, number: usize, room: &mut [u8]) -> io::Result<()> {
        let station = &self.stations[number];
        match self.kind {
            Station::Tap => whole(rustix::io::read(station, &mut *room)?, room),
            // The kernel may leave some of its work to a thread.
            Station::Packets => receive(station, room, RecvFlags::empty()),
        }
    }
}

impl Medium for Bridge {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.put(0, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        self.take(receiver + 1, room)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        for number in 0..self.stations.len() {
            if self.kind == Station::Packets {
                let _ = ip(&format!("link del {}", self.device(number)));
            }
        }
        self.stations.clear();
        let _ = ip(&format!("link del {}", self.name));
    }
}
