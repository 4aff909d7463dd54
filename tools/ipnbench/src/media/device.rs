// SPDX-License-Identifier: GPL-2.0

//! Frames between the host, at a network device, and one process.

use super::{
    ip, receive, send, whole, Group, Kind, Medium, Opened, Role, Setting, DEPTH, PROTOCOL,
};
use crate::sys::packet::packet_socket;
use crate::sys::tun;
use ipn::{Builder, Device, DeviceName, Policy, Port};
use rustix::fd::{AsFd, OwnedFd};
use std::io;

/// The host sends through a tap of a hub to a process.
pub const TAP: Kind = Kind {
    name: "ipn tap",
    group: Group::Device,
    role: Role::Ours,
    depth: DEPTH,
    wakes: false,
    open: open_tap,
};

/// The same with a tap of the kernel's own.
pub const TUN: Kind = Kind {
    name: "tun tap",
    group: Group::Device,
    role: Role::Peer,
    depth: DEPTH,
    wakes: false,
    open: open_tun,
};

/// A process sends through a hub to a device that the hub has grabbed.
pub const GRAB: Kind = Kind {
    name: "ipn grab",
    group: Group::Device,
    role: Role::Ours,
    depth: DEPTH,
    wakes: false,
    open: open_grab,
};

/// The same with a packet socket on the device.
pub const PACKETS: Kind = Kind {
    name: "AF_PACKET",
    group: Group::Device,
    role: Role::Peer,
    depth: DEPTH,
    wakes: false,
    open: open_packets,
};

/// A path from one descriptor to another.
struct Path<S, R> {
    sender: S,
    receiver: R,
    setting: Setting,
    /// What goes with the path.
    _device: Option<Device>,
    veth: bool,
}

fn is_for_device(setting: Setting) -> bool {
    setting.is_ethernet() && setting.receivers == 1 && !setting.sleep
}

fn network() -> io::Result<(ipn::Manager, ipn::Manager)> {
    let path = "/tmp/ipnbench-device";
    let bind = || Builder::new().policy(Policy::HUB).bind(path);
    let managers = bind().and_then(|one| Ok((one, bind()?)));
    std::fs::remove_file(path)?;
    managers.map_err(io::Error::other)
}

fn device_name(name: &str) -> io::Result<DeviceName> {
    name.parse()
        .map_err(|error: ipn::BadDeviceName| io::Error::other(error.to_string()))
}

fn open_tap(setting: Setting) -> Opened {
    if !is_for_device(setting) {
        return Ok(None);
    }
    let (one, other) = network()?;
    let receiver = one.connect().map_err(io::Error::other)?;
    let (device, _) = other.tap(device_name("bench")?).map_err(io::Error::other)?;
    ip("link set bench up")?;
    Ok(Some(Box::new(Path::<OwnedFd, Port> {
        sender: packet_socket("bench", PROTOCOL)?,
        receiver,
        setting,
        _device: Some(device),
        veth: false,
    })))
}

fn open_tun(setting: Setting) -> Opened {
    if !is_for_device(setting) {
        return Ok(None);
    }
    let tap = tun::tap("bench")?;
    ip("link set bench up")?;
    Ok(Some(Box::new(Tap {
        sender: packet_socket("bench", PROTOCOL)?,
        tap,
    })))
}

fn veth() -> io::Result<()> {
    ip("link add bench type veth peer name bench2")?;
    ip("link set bench up")?;
    ip("link set bench2 up")
}

fn open_grab(setting: Setting) -> Opened {
    if !is_for_device(setting) {
        return Ok(None);
    }
    veth()?;
    let (one, other) = network()?;
    let sender = one.connect().map_err(io::Error::other)?;
    let device = other.grab(device_name("bench")?);
    Ok(Some(Box::new(Path::<Port, OwnedFd> {
        sender,
        receiver: packet_socket("bench2", PROTOCOL)?,
        setting,
        _device: Some(device.map_err(io::Error::other)?),
        veth: true,
    })))
}

fn open_packets(setting: Setting) -> Opened {
    if !is_for_device(setting) {
        return Ok(None);
    }
    veth()?;
    Ok(Some(Box::new(Path::<OwnedFd, OwnedFd> {
        sender: packet_socket("bench", PROTOCOL)?,
        receiver: packet_socket("bench2", PROTOCOL)?,
        setting,
        _device: None,
        veth: true,
    })))
}

impl<S: AsFd, R: AsFd> Medium for Path<S, R> {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, _: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receiver, room, self.setting.flags())
    }
}

impl<S, R> Drop for Path<S, R> {
    fn drop(&mut self) {
        self._device = None;
        if self.veth {
            let _ = ip("link del bench");
        }
    }
}

/// A tap whose frames are read from a file.
struct Tap {
    sender: OwnedFd,
    tap: OwnedFd,
}

impl Medium for Tap {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, _: usize, room: &mut [u8]) -> io::Result<()> {
        whole(rustix::io::read(&self.tap, &mut *room)?, room)
    }
}
