// SPDX-License-Identifier: GPL-2.0

//! VDE's switch: a process that forwards frames between AF_UNIX sockets.
//!
//! Its clients speak the protocol of libvdeplug: a request on a stream socket names the client's own
//! datagram socket, the answer the switch's for it.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use rustix::fd::OwnedFd;
use rustix::net::{self, AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The switch.
pub const KIND: Kind = Kind {
    name: "vde_switch",
    group: Group::Ethernet,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

const DIRECTORY: &str = "/tmp/ipnbench-vde";
const MAGIC: u32 = 0xfeed_face;
const VERSION: u32 = 3;
const NEW_CONTROL: u32 = 0;
/// Bytes of a `struct sockaddr_un`.
const ADDRESS_LEN: usize = 110;
/// Ports that the switch has.
const PORTS: usize = 100;

/// A client's connection. The switch forgets it when the stream is closed.
struct Client {
    _control: OwnedFd,
    data: OwnedFd,
}

struct Switch {
    process: Child,
    clients: Vec<Client>,
}

fn open(setting: Setting) -> Opened {
    if !setting.is_ethernet() || setting.receivers >= PORTS {
        return Ok(None);
    }
    let process = Command::new("vde_switch")
        .args(["-s", DIRECTORY, "-n", &PORTS.to_string()])
        // It ends when its console does.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("vde_switch: {error}")))?;
    let mut switch = Switch {
        process,
        clients: Vec::new(),
    };
    for number in 0..=setting.receivers {
        switch.clients.push(Client::new(number)?);
    }
    // From here on it knows where the receiver is.
    let mut answer = setting.answer();
    send(&switch.clients[1].data, &answer)?;
    let all_but_that = switch.clients.iter().enumerate().filter(|(at, _)| *at != 1);
    for (_, client) in all_but_that {
        receive(&client.data, &mut answer, RecvFlags::empty())?;
    }
    Ok(Some(Box::new(switch)))
}

impl Client {
    fn new(number: usize) -> io::Result<Self> {
        let (family, flags) = (AddressFamily::UNIX, SocketFlags::CLOEXEC);
        let control = net::socket_with(family, SocketType::STREAM, flags, None)?;
        let address = SocketAddrUnix::new(format!("{DIRECTORY}/ctl"))?;
        let mut tries = 0..500;
        while let Err(error) = net::connect(&control, &address) {
            // It may just be starting.
            tries.next().ok_or(error)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        let data = net::socket_with(family, SocketType::DGRAM, flags, None)?;
        let name = format!("{DIRECTORY}/.bench{number}");
        net::bind(&data, &SocketAddrUnix::new(&name)?)?;
        // struct request_v3: magic, version, type, the client's address, a description
        let mut request = [MAGIC, VERSION, NEW_CONTROL]
            .map(u32::to_ne_bytes)
            .as_flattened()
            .to_vec();
        request.extend(1_u16.to_ne_bytes());
        request.extend(name.bytes());
        request.resize(12 + ADDRESS_LEN, 0);
        send(&control, &request)?;
        let mut answer = [0; ADDRESS_LEN];
        receive(&control, &mut answer, RecvFlags::WAITALL)?;
        let path = answer[2..].split(|&byte| byte == 0).next();
        net::connect(&data, &SocketAddrUnix::new(path.unwrap_or_default())?)?;
        Ok(Self {
            _control: control,
            data,
        })
    }
}

impl Medium for Switch {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.clients[0].data, message)
    }

    /// The switch has to run before anything comes.
    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.clients[receiver + 1].data, room, RecvFlags::empty())
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if Path::new(DIRECTORY).exists() {
            let _ = std::fs::remove_dir_all(DIRECTORY);
        }
    }
}
