// SPDX-License-Identifier: GPL-2.0
//! What the host's stack leaves to the hardware: long segments and open checksums enter a network as
//! frames that a wire could carry.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{Line, Process};
use crate::pace::volume;
use crate::sys::socket::{socket, Addr, Sock};
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket, UdpPacket, IPV4_HEADER_LEN,
};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

cases!["device_offload":
    stream_through_a_veth @ 60,
    stream_through_a_veth_in_a_vlan @ 60,
    stream_through_a_vxlan @ 60,
    datagrams_sent_at_once_come_apart,
    segments_that_do_not_fit_are_counted,
    checksum_of_sctp_is_its_own,
    sent_file_stays_as_it_was,
];

/// Bytes of a stream, each way.
const AMOUNT: u32 = 2 << 20;
const HOST: &str = "10.9.0.1:7000";
const MTU: i32 = 1518;
/// Longest frame of a link with an MTU of 1500, with a tag.
const LONGEST: usize = 1518;

/// What a process at the network has seen.
#[derive(Debug, Default)]
struct Seen {
    /// Frames of TCP or UDP from the far end.
    from_far: u64,
    /// What was wrong with a frame.
    faults: Vec<String>,
}

/// What is wrong with a frame of the streams; whether it is one, and from the far end.
fn inspect(frame: &[u8]) -> Result<bool, String> {
    let fault = |what: &str| Err(format!("{what}: frame of {} bytes", frame.len()));
    if frame.len() > LONGEST {
        return fault("too long");
    }
    let ethernet = EthernetFrame::new_checked(frame).map_err(|error| error.to_string())?;
    let payload = match ethernet.ethertype() {
        EthernetProtocol::Ipv4 => ethernet.payload(),
        EthernetProtocol::Unknown(0x8100) if ethernet.payload()[2..4] == [8, 0] => {
            &ethernet.payload()[4..]
        }
        _ => return Ok(false),
    };
    let packet = Ipv4Packet::new_checked(payload).map_err(|error| error.to_string())?;
    if !packet.verify_checksum() {
        return fault("header checksum of IPv4");
    }
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    let intact = match packet.next_header() {
        IpProtocol::Tcp => TcpPacket::new_checked(packet.payload())
            .map_err(|error| error.to_string())?
            .verify_checksum(&from.into(), &to.into()),
        IpProtocol::Udp => UdpPacket::new_checked(packet.payload())
            .map_err(|error| error.to_string())?
            .verify_checksum(&from.into(), &to.into()),
        _ => return Ok(false),
    };
    if !intact {
        return fault("checksum");
    }
    Ok(from.octets() == [10, 9, 0, 2] && packet.total_len() as usize > IPV4_HEADER_LEN + 32)
}

/// A process that reads along.
struct Witness {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Witness {
    #[track_caller]
    fn of(bus: &Bus) -> Witness {
        let port = bus.reader();
        let patience = Duration::from_millis(50);
        ok(
            "SO_RCVTIMEO",
            port.set_time_out(libc::SO_RCVTIMEO, patience),
        );
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let thread = thread::spawn(move || {
            let mut seen = Seen::default();
            let mut buffer = vec![0; 65536];
            loop {
                match port.recv(&mut buffer, 0) {
                    Ok(len) => match inspect(&buffer[..len]) {
                        Ok(from_far) => seen.from_far += u64::from(from_far),
                        Err(fault) => seen.faults.push(fault),
                    },
                    Err(_) if told.load(SeqCst) => return seen,
                    Err(_) => {}
                }
            }
        });
        Witness { over, thread }
    }

    /// Every frame was proper; how many came from the far end.
    #[track_caller]
    fn saw(self) -> u64 {
        self.over.store(true, SeqCst);
        let seen = self.thread.join().expect("the witness ends well");
        same("faults of frames", seen.faults, Vec::new());
        seen.from_far
    }
}

/// A process in a namespace of its own, at the end of a veth whose other end is `v0` here.
#[track_caller]
fn far_end(part: impl FnOnce(&Line)) -> Process {
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        ip("link set far0 address 02:00:00:00:00:02");
        link_up("far0");
        part(line);
    });
    other.line.hear();
    ip("link add v0 type veth peer name far0");
    ip(&format!("link set far0 netns {}", other.pid));
    link_up("v0");
    other.line.tell(0);
    other
}

/// A network with the device in it, and a tap that is the host.
#[track_caller]
fn host_behind(device: &str, options: &[(i32, i32)]) -> (Bus, [Sock; 2]) {
    let bus = Bus::new();
    let grabber = bus.manage_new(options);
    let maker = bus.manage();
    ok("a grab", grab(&grabber, device));
    tap_up(&maker, "ipn0");
    (bus, [grabber, maker])
}

fn network() -> Vec<(i32, i32)> {
    let mut options = lossless(1024).to_vec();
    options.push((IPN_SO_MTU, MTU));
    options
}

/// The bytes of a stream.
fn pattern() -> Vec<u8> {
    let mut numbers = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| numbers.u8(..))
        .take(volume(AMOUNT, "bytes") as usize)
        .collect()
}

/// The far end of a stream: sends it and has it back.
fn sends_and_hears_it_back(line: &Line) {
    line.hear();
    let mut stream = ok("connect", TcpStream::connect(HOST));
    let sent = pattern();
    ok("write", stream.write_all(&sent));
    let mut got = vec![0; sent.len()];
    ok("read", stream.read_exact(&mut got));
    holds("the stream comes back as it was", got == sent);
}

/// The host's end: hears it all, then says it. The frames of the network are proper, and more than
/// the pieces in which the device brought them.
#[track_caller]
fn echo_a_stream(other: Process, bus: &Bus, device: &str) {
    let listener = ok("listen", TcpListener::bind(HOST));
    let witness = Witness::of(bus);
    let before = counters(device).rx;
    other.line.tell(0);
    let (mut stream, _) = ok("accept", listener.accept());
    let sent = pattern();
    let mut got = vec![0; sent.len()];
    ok("read", stream.read_exact(&mut got));
    holds("the stream is as it was sent", got == sent);
    let pieces = counters(device).rx - before;
    ok("write", stream.write_all(&got));
    other.ends_well();
    let frames = witness.saw();
    holds(
        format_args!("{frames} frames came in {pieces} pieces, which is fewer"),
        frames > pieces,
    );
}

fn stream_through_a_veth() {
    own_network();
    let other = far_end(|line| {
        ip("addr add 10.9.0.2/24 dev far0");
        sends_and_hears_it_back(line);
    });
    let (bus, _devices) = host_behind("v0", &network());
    ip("addr add 10.9.0.1/24 dev ipn0");
    echo_a_stream(other, &bus, "v0");
}

fn stream_through_a_veth_in_a_vlan() {
    own_network();
    load_stock("8021q");
    let tag = |device: &str, host: &str| {
        ip(&format!("link add link {device} name tag5 type vlan id 5"));
        link_up("tag5");
        ip(&format!("addr add {host}/24 dev tag5"));
    };
    let other = far_end(|line| {
        tag("far0", "10.9.0.2");
        sends_and_hears_it_back(line);
    });
    let (bus, _devices) = host_behind("v0", &network());
    tag("ipn0", "10.9.0.1");
    echo_a_stream(other, &bus, "v0");
}

fn stream_through_a_vxlan() {
    own_network();
    load_stock("vxlan");
    let tunnel = |under: &str, from: u8, to: u8| {
        ip(&format!("addr add 10.8.0.{from}/24 dev {under}"));
        ip(&format!(
            "link add x0 type vxlan id 7 local 10.8.0.{from} remote 10.8.0.{to} \
             dstport 4789 dev {under}"
        ));
        link_up("x0");
    };
    let other = far_end(|line| {
        tunnel("far0", 2, 1);
        ip("addr add 10.9.0.2/24 dev x0");
        sends_and_hears_it_back(line);
    });
    tunnel("v0", 1, 2);
    let (bus, _devices) = host_behind("x0", &network());
    ip("addr add 10.9.0.1/24 dev ipn0");
    echo_a_stream(other, &bus, "x0");
}

/// The far end of datagrams: ten of 1400 bytes in one call (`UDP_SEGMENT`).
fn sends_ten_at_once(line: &Line) {
    const UDP_SEGMENT: i32 = 103;
    ip("addr add 10.9.0.2/24 dev far0");
    ip("neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev far0");
    let sock = ok("a UDP socket", UdpSocket::bind("10.9.0.2:7001"));
    ok("connect", sock.connect(HOST));
    let sock = Sock::from(OwnedFd::from(sock));
    let size = 1400_i32.to_ne_bytes();
    ok(
        "UDP_SEGMENT",
        sock.setsockopt(libc::IPPROTO_UDP, UDP_SEGMENT, &size),
    );
    line.hear();
    let text: Vec<u8> = (0..10).flat_map(|number| [number; 1400]).collect();
    same("sent", ok("send", sock.send(&text, 0)), text.len());
    // The link goes with this process.
    line.hear();
}

fn datagrams_sent_at_once_come_apart() {
    own_network();
    let other = far_end(sends_ten_at_once);
    let (bus, _devices) = host_behind("v0", &network());
    ip("link set ipn0 address 02:00:00:00:00:01");
    ip("addr add 10.9.0.1/24 dev ipn0");
    let sock = ok("a UDP socket", UdpSocket::bind(HOST));
    let witness = Witness::of(&bus);
    other.line.tell(0);
    for number in 0..10 {
        let mut got = [0; 2000];
        let len = ok("recv", sock.recv(&mut got));
        same("datagram", got[..len].to_vec(), vec![number; 1400]);
    }
    same("pieces in which they came", counters("v0").rx, 1);
    other.line.tell(0);
    other.ends_well();
    same("frames", witness.saw(), 10);
}

fn segments_that_do_not_fit_are_counted() {
    own_network();
    let other = far_end(sends_ten_at_once);
    let (bus, _devices) = host_behind("v0", &[(IPN_SO_MTU, 600)]);
    let port = bus.join();
    other.line.tell(0);
    counts("dropped", "v0", |c| c.rx_dropped, 10);
    hear_nothing(&port);
    other.line.tell(0);
    other.ends_well();
}

fn checksum_of_sctp_is_its_own() {
    const HOST: [u8; 4] = [10, 9, 0, 1];
    own_network();
    load_stock("sctp");
    let open = || {
        let sock = socket(libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_SCTP);
        ok("an SCTP socket", sock)
    };
    let other = far_end(|line| {
        ip("addr add 10.9.0.2/24 dev far0");
        line.hear();
        let sock = open();
        ok("connect", sock.connect(&Addr::ipv4(HOST, 7000)));
        ok("send", sock.send(b"there", 0));
        let mut got = [0; 8];
        let len = ok("recv", sock.recv(&mut got, 0));
        same("what came", &got[..len], b"back");
    });
    let (_bus, _devices) = host_behind("v0", &network());
    ip("addr add 10.9.0.1/24 dev ipn0");
    let listener = open();
    ok("bind", listener.bind(&Addr::ipv4(HOST, 7000)));
    ok("listen", listener.listen());
    other.line.tell(0);
    let sock = ok("accept", listener.accept());
    let mut got = [0; 8];
    let len = ok("recv", sock.recv(&mut got, 0));
    same("what came", &got[..len], b"there");
    ok("send", sock.send(b"back", 0));
    other.ends_well();
}

/// A datagram from `from`, whose bytes lie in a file's pages.
#[track_caller]
fn send_file(from: &str, to: &str, file: &File) {
    let sock = ok("a UDP socket", UdpSocket::bind(from));
    ok("connect", sock.connect(to));
    let sock = Sock::from(OwnedFd::from(sock));
    let len = ok("length", file.metadata()).len() as usize;
    same("sendfile", ok("sendfile", sock.sendfile(file, len)), len);
}

/// A veth lends its peer the pages of what it is given, so that they come into the network from the
/// file itself.
fn sent_file_stays_as_it_was() {
    const FAR: &str = "10.9.0.2:7001";
    own_network();
    let path = directory().join("sent");
    let content: Vec<u8> = (0..1400_u32).map(|n| ((n * 7) >> 3) as u8).collect();
    ok("write of the file", fs::write(&path, &content));
    let opened = || ok("open", File::open(&path));
    let other = far_end(|line| {
        ip("addr add 10.9.0.2/24 dev far0");
        ip("neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev far0");
        line.hear();
        send_file(FAR, HOST, &opened());
        line.hear();
    });
    let (bus, _devices) = host_behind("v0", &network());
    let port = bus.join();
    ip("link set ipn0 address 02:00:00:00:00:01");
    ip("addr add 10.9.0.1/24 dev ipn0");
    ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev ipn0");
    let sock = ok("a UDP socket", UdpSocket::bind(HOST));
    other.line.tell(0);
    let mut got = [0; 2000];
    let len = ok("recv", sock.recv(&mut got));
    holds("the host got the file", got[..len] == content);
    send_file("10.9.0.1:7002", FAR, &opened());
    for what in ["from the far end", "from the host"] {
        let frame = hears_of(&port, 0x0800);
        holds(
            format_args!("the frame {what} has the file in it"),
            frame.ends_with(&content),
        );
        // A process that can write to the network writes over what it has.
        say(&port, &[0xff; MTU as usize]);
    }
    let after = ok("read", fs::read(&path));
    holds("the file is as it was", after == content);
    other.line.tell(0);
    other.ends_well();
}
