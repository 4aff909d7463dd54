// SPDX-License-Identifier: GPL-2.0
//! Packets of every make through grabbed devices of several kinds: each frame that enters the network
//! is one that was sent, byte by byte, and each that was sent enters.
//!
//! Random numbers choose; `IPN_SEED` in the environment says which, and is 1 otherwise.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::packet_oracle::{frames, stream, Unfinished, TCP, UDP};
use crate::lab::runner::cases;
use crate::pace::volume;
use crate::sys::netdev::packet_socket;
use crate::sys::poll::poll;
use crate::sys::process::stay_on;
use crate::sys::socket::Sock;
use crate::sys::tun::{self, Notes};
use fastrand::Rng;
use std::fs::{self, File};
use std::io::{self, IoSlice, Write};

cases!["device_packets":
    frames_are_what_was_sent @ 90,
    packets_of_no_frames_never_arrive @ 60,
];

/// Where packets are put in.
enum Entrance {
    /// A device's descriptor.
    File(File),
    /// The far end of a wire.
    Socket(Sock),
}

/// A grabbed device, and where packets for it are put in.
struct Way {
    name: &'static str,
    entrance: Entrance,
    /// In how many pieces of memory they are put in.
    pieces: usize,
    /// Its frames have this tag when they are put in.
    tag: Option<u16>,
    /// And when they come out.
    keeps_tag: bool,
    port: Sock,
    _manager: Sock,
}

impl Way {
    fn to(name: &'static str, device: &str, entrance: Entrance) -> Way {
        let bus = Bus::named(name);
        let manager = bus.manage_new(&[(IPN_SO_MTU, 9018)]);
        let port = bus.join();
        ok("a grab", grab(&manager, device));
        Way {
            name,
            entrance,
            pieces: 1,
            tag: None,
            keeps_tag: true,
            port,
            _manager: manager,
        }
    }

    fn put_in(&self, packet: &Unfinished, random: &mut Rng) -> io::Result<()> {
        let bytes = [packet.notes.bytes(), packet.frame.clone()].concat();
        match &self.entrance {
            Entrance::Socket(sock) => sock.send(&bytes, 0).map(drop),
            Entrance::File(file) => {
                let (head, mut rest) = bytes.split_at(packet.notes.bytes().len());
                let mut pieces = vec![IoSlice::new(head)];
                // Pieces of nothing are refused.
                while pieces.len() < self.pieces && rest.len() > 1 {
                    let (piece, others) = rest.split_at(random.usize(1..rest.len()));
                    pieces.push(IoSlice::new(piece));
                    rest = others;
                }
                pieces.push(IoSlice::new(rest));
                let mut to: &File = file;
                to.write_vectored(&pieces).map(drop)
            }
        }
    }

    /// What comes out until this frame does, which was put in last.
    fn until(&self, last: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut buffer = vec![0; 65536];
        loop {
            let ready = ok("poll", poll(&self.port, libc::POLLIN, soon_in_ms()));
            assert!(
                ready & libc::POLLIN != 0,
                "{}: the last frame never comes, after {} others",
                self.name,
                all.len()
            );
            let len = ok("recv", self.port.recv(&mut buffer, NOW));
            if &buffer[..len] == last {
                return all;
            }
            all.push(buffer[..len].to_vec());
        }
    }

    /// What is put in comes out so.
    fn comes_out(&self, frame: Vec<u8>) -> Vec<u8> {
        if self.tag.is_none() || self.keeps_tag {
            return frame;
        }
        [&frame[..12], &frame[16..]].concat()
    }
}

/// A device with a descriptor, up, and quiet but for what is written.
fn made(name: &str, flags: i32, how: i32) -> File {
    let flags = flags | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
    let file = ok("a device", tun::make(name, flags, how));
    let ipv6 = format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6");
    ok(&ipv6, fs::write(&ipv6, "1"));
    file
}

/// The near end of a new wire and a socket at its far end.
fn wire(number: u32) -> (String, Sock) {
    const PACKET_VNET_HDR: i32 = 15;
    let (near, far) = (format!("n{number}"), format!("f{number}"));
    ip(&format!("link add {near} type veth peer name {far}"));
    link_up(&near);
    link_up(&far);
    let sock = ok("a packet socket", packet_socket(&far, 0));
    let notes = sock.setsockopt(libc::SOL_PACKET, PACKET_VNET_HDR, &1_i32.to_ne_bytes());
    ok("PACKET_VNET_HDR", notes);
    (near, sock)
}

/// Every kind of way.
fn ways() -> Vec<Way> {
    const IFF_NAPI_FRAGS: i32 = 0x20;
    load_stock("8021q");
    load_stock("macvlan");
    let mut ways = Vec::new();
    let taps = [
        ("tap", 0, 0, 1),
        ("tap in pages", 0, libc::O_NONBLOCK, 1),
        ("tap in pieces", libc::IFF_NAPI | IFF_NAPI_FRAGS, 0, 5),
    ];
    for (number, (name, flags, how, pieces)) in taps.into_iter().enumerate() {
        let device = format!("tap{number}");
        let file = made(&device, libc::IFF_TAP | flags, how);
        link_up(&device);
        let way = Way::to(name, &device, Entrance::File(file));
        ways.push(Way { pieces, ..way });
    }
    let (near, sock) = wire(0);
    ways.push(Way::to("veth", &near, Entrance::Socket(sock)));
    for (number, name, keeps_tag) in [(1, "VLAN", false), (2, "VLAN with tags", true)] {
        let (near, sock) = wire(number);
        let (device, word) = (format!("tag{number}"), if keeps_tag { "off" } else { "on" });
        ip(&format!(
            "link add link {near} name {device} type vlan id 5 reorder_hdr {word}"
        ));
        link_up(&device);
        let way = Way::to(name, &device, Entrance::Socket(sock));
        let tag = Some(5);
        ways.push(Way {
            tag,
            keeps_tag,
            ..way
        });
    }
    let (near, sock) = wire(3);
    ip(&format!(
        "link add link {near} name m0 type macvlan mode passthru"
    ));
    link_up("m0");
    ways.push(Way::to("macvlan", "m0", Entrance::Socket(sock)));
    ways
}

/// Addresses and tags, without the type.
fn link(way: &Way, random: &mut Rng) -> Vec<u8> {
    let mut link = vec![2, 0, 0, 0, 0, 1];
    link.extend(STATION);
    let first = way.tag.map(|tag| (0x8100, tag));
    let others = (0..random.usize(..3)).map(|_| {
        let kind = *random.choice(&[0x8100, 0x88a8]).expect("one of two");
        // Not one that is another device's, nor a priority alone.
        (kind, random.u16(6..4095) | (random.u16(..8) << 13))
    });
    for (kind, control) in first.into_iter().chain(others.collect::<Vec<_>>()) {
        link.extend([u16::to_be_bytes(kind), control.to_be_bytes()].concat());
    }
    link
}

/// A packet that could be sent: a frame of anything, with a checksum anywhere, or a stream.
fn packet(way: &Way, random: &mut Rng) -> Unfinished {
    let mut frame = link(way, random);
    if random.u8(..4) == 0 {
        frame.extend([8, 0]);
        let payload: Vec<u8> = (0..random.usize(1..4000)).map(|_| random.u8(..)).collect();
        let size = random.u16(40..1400);
        let kind = if random.bool() { TCP } else { UDP };
        return stream(&frame, kind, &payload, size);
    }
    let kinds = [PROTOCOL, 0x0800, 0x86dd, 0x0806, 0x8847, 0x0026];
    let kind: u16 = *random.choice(&kinds).expect("one of several");
    frame.extend(kind.to_be_bytes());
    // The stack itself forgets a checksum that counts from a header on which it has taken off.
    let header = frame.len() as u16;
    // The kernel looks at two bytes behind a tag.
    let len = if random.bool() { 2..64 } else { 2..1450 };
    frame.extend(
        (0..random.usize(len))
            .map(|_| random.u8(..))
            .collect::<Vec<_>>(),
    );
    let end = frame.len() as u16;
    let sum = random
        .bool()
        .then(|| (random.u16(header..end + 20), random.u16(..40)));
    let notes = Notes {
        sum,
        header: random.u16(..=end),
        ..Notes::default()
    };
    Unfinished { frame, notes }
}

fn seed() -> u64 {
    let said = std::env::var("IPN_SEED").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn frames_are_what_was_sent() {
    own_network();
    // So that what is put in first comes out first.
    ok("staying on one processor", stay_on(0));
    let ways = ways();
    let mut random = Rng::with_seed(seed());
    let (mut sent, mut refused) = (0, 0);
    for number in 0..volume(2000, "packets") {
        let way = random.choice(&ways).expect("one of several");
        let packet = packet(way, &mut random);
        let expected: Vec<_> = match way.put_in(&packet, &mut random) {
            Ok(()) => frames(&packet),
            Err(_) => Vec::new(),
        };
        let expected: Vec<_> = expected
            .into_iter()
            .map(|frame| way.comes_out(frame))
            .collect();
        if expected.is_empty() {
            refused += 1;
        }
        sent += expected.len();
        let mut last = link(way, &mut Rng::with_seed(0));
        last.truncate(if way.tag.is_some() { 16 } else { 12 });
        last.extend(&frame(number, 60)[12..]);
        let end = Unfinished {
            frame: last.clone(),
            notes: Notes::default(),
        };
        ok("the last one", way.put_in(&end, &mut random));
        let got = way.until(&way.comes_out(last));
        let about = format!(
            "IPN_SEED={}: packet {number}, {}: {:?}, frame of {}",
            seed(),
            way.name,
            packet.notes,
            packet.frame.len()
        );
        same(format_args!("{about}: frames"), got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            let at = got.iter().zip(expected).position(|(a, b)| a != b);
            assert!(
                got == expected,
                "{about}: got {} bytes, first other at {at:?}: {:02x?}, expected {} bytes: {:02x?}",
                got.len(),
                &got[..got.len().min(64)],
                expected.len(),
                &expected[..expected.len().min(64)],
            );
        }
    }
    crate::ktap::remark(format_args!(
        "{sent} frames came out as they were sent, {refused} packets were refused"
    ));
    assert!(sent > refused, "most packets are sent");
}

/// Devices whose packets have no header of Ethernet, below devices that seem to have one.
fn packets_of_no_frames_never_arrive() {
    own_network();
    load_stock("team");
    let mut random = Rng::with_seed(seed());
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_MTU, 9018)]);
    let port = bus.join();
    ip("link add tm0 type team");
    link_up("tm0");
    ok("a grab", grab(&manager, "tm0"));
    let file = made("tun0", libc::IFF_TUN, 0);
    ok("TUNSETLINK", tun::set_type(&file, libc::ARPHRD_ETHER));
    ip("link set tun0 master tm0");
    link_up("tun0");
    let before = counters("tm0").rx_dropped;
    let count = volume(500, "packets");
    for _ in 0..count {
        // Some begin as a frame would.
        let mut packet = vec![*random.choice(&[0x45, 0x60]).expect("one of two")];
        packet.extend((0..random.usize(40..1400)).map(|_| random.u8(..)));
        let bytes = [Notes::default().bytes(), packet].concat();
        ok("write", (&file).write_all(&bytes));
        hear_nothing(&port);
    }
    counts("dropped", "tm0", |c| c.rx_dropped - before, count.into());
    hear_nothing(&port);
}
