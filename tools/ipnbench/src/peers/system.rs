// SPDX-License-Identifier: GPL-2.0

//! The systems that are compared.

use super::bus::Way;
use super::machines::Machine;

/// One, by its name in records.
pub struct System {
    /// The name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it is among those that a slow and a late subscriber are tried with.
    pub is_tried: bool,
}

/// What carries the messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A reliable bus; between machines two of them and a cable.
    Bus(Way),
    /// OpenPGM.
    Pgm,
    /// libzmq, over a socket of the file system.
    ZmqIpc,
    /// libzmq, over TCP.
    ZmqTcp,
    /// nats-server.
    Nats,
    /// mosquitto, with this quality of service.
    Mqtt(u8),
}

/// All of them, ours first.
pub const SYSTEMS: &[System] = &[
    System::new("reliable bus", Kind::Bus(Way::Calls), true),
    System::new("reliable bus in records", Kind::Bus(Way::Records), false),
    System::new("reliable bus mapped", Kind::Bus(Way::Mapped), false),
    System::new("PGM", Kind::Pgm, true),
    System::new("ZeroMQ ipc", Kind::ZmqIpc, true),
    System::new("ZeroMQ tcp", Kind::ZmqTcp, true),
    System::new("NATS", Kind::Nats, true),
    System::new("MQTT", Kind::Mqtt(0), true),
    System::new("MQTT acknowledged", Kind::Mqtt(1), false),
];

impl System {
    const fn new(name: &'static str, kind: Kind, is_tried: bool) -> Self {
        Self {
            name,
            kind,
            is_tried,
        }
    }

    /// Whether it is AF_IPN.
    pub fn is_ours(name: &str) -> bool {
        let found = SYSTEMS.iter().find(|system| system.name == name);
        found.is_some_and(|system| matches!(system.kind, Kind::Bus(_)))
    }
}

impl Kind {
    /// Whether it reaches another machine.
    pub fn reaches(self, machine: Machine) -> bool {
        machine == Machine::Here || !matches!(self, Self::ZmqIpc | Self::Bus(Way::Mapped))
    }

    /// The program of `tests/qemu/bench/peers`, if it has one.
    pub fn program(self) -> Option<&'static str> {
        match self {
            Self::Bus(_) => None,
            Self::Pgm => Some("peer-pgm"),
            Self::ZmqIpc | Self::ZmqTcp => Some("peer-zmq"),
            Self::Nats => Some("peer-nats"),
            Self::Mqtt(_) => Some("peer-mqtt"),
        }
    }

    /// What that program takes for an address, on a machine whose subscribers are on `there`; the last message is to be
    /// kept if `retained`.
    pub fn address(self, on: Machine, there: Machine, publishes: bool, retained: bool) -> String {
        let host = match there {
            Machine::Here => "127.0.0.1",
            Machine::There => Machine::Here.address(),
        };
        match self {
            Self::Bus(_) => String::new(),
            Self::Pgm => format!("{};239.192.0.1", on.address()),
            Self::ZmqIpc => "ipc:///tmp/ipnbench-zmq".into(),
            Self::ZmqTcp if publishes => "tcp://*:5555".into(),
            Self::ZmqTcp => format!("tcp://{host}:5555"),
            Self::Nats => format!("{host}:4222"),
            Self::Mqtt(quality) if retained => format!("{host}:1883/{quality}r"),
            Self::Mqtt(quality) => format!("{host}:1883/{quality}"),
        }
    }

    /// The broker's program and its arguments, if it has one.
    pub fn broker(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Nats => Some(("nats-server", &["-a", "0.0.0.0", "-p", "4222"])),
            Self::Mqtt(_) => Some(("mosquitto", &["-c", "/lib/peers/mosquitto.conf"])),
            _ => None,
        }
    }

    /// Where a broker listens.
    pub fn broker_port(self) -> u16 {
        match self {
            Self::Nats => 4222,
            _ => 1883,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_on_another_machine_is_told_where_the_broker_is() {
        let address = |there| Kind::Mqtt(1).address(there, there, false, true);
        assert_eq!(address(Machine::Here), "127.0.0.1:1883/1r");
        assert_eq!(address(Machine::There), "10.0.0.1:1883/1r");
    }

    #[test]
    fn ours_are_known_by_their_names() {
        assert!(System::is_ours("reliable bus mapped"));
        assert!(!System::is_ours("ZeroMQ ipc"));
        assert!(!System::is_ours("nothing"));
    }
}
