// SPDX-License-Identifier: GPL-2.0
//! What the tests of network devices have in common: a network namespace of the test's own, frames,
//! and counters.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::skip;
use crate::lab::task::wait_until;
use crate::module::kunit::looks_for_bugs;
use crate::pace;
use crate::sys::module;
use crate::sys::mount;
use crate::sys::netdev::{packet_socket, plain_packet_socket, set_up, Request};
use crate::sys::poll::poll;
use crate::sys::process;
use crate::sys::socket::Sock;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// The protocol of the tests' frames, one that is left to experiments.
pub const PROTOCOL: u16 = 0x88b5;

/// Bytes of an Ethernet header.
pub const HEADER: usize = 14;

/// A hardware address of nobody's.
pub const STATION: [u8; 6] = [2, 0, 0, 0, 0, 9];

/// How long a frame may take, in milliseconds.
pub fn soon_in_ms() -> i32 {
    pace::soon().as_millis() as i32
}

/// Moves the test to a network namespace of its own, in which nobody speaks unasked.
#[track_caller]
pub fn own_network() {
    if process::user_id() != 0 {
        skip("only root has network devices");
    }
    ok("own network namespace", mount::own_network());
    unspoken();
}

/// Has no one speak unasked in this network namespace.
#[track_caller]
pub fn unspoken() {
    let ipv6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    ok(ipv6, fs::write(ipv6, "1"));
}

/// Runs `ip` with these words.
#[track_caller]
pub fn ip(line: &str) {
    holds(format_args!("ip {line}"), try_ip(line));
}

/// The same; whether it succeeded.
#[track_caller]
pub fn try_ip(line: &str) -> bool {
    let ran = Command::new("ip").args(line.split(' ')).output();
    ok("running ip", ran).status.success()
}

/// Has a device run.
#[track_caller]
pub fn link_up(device: &str) {
    ok(format_args!("{device} up"), set_up(device, true));
}

/// Has a device rest.
#[track_caller]
pub fn link_down(device: &str) {
    ok(format_args!("{device} down"), set_up(device, false));
}

/// Gives a device a queue that drops nothing but what it has no room for. The host's usual one,
/// `fq_codel`, drops on purpose what has waited too long; a kernel without `CONFIG_NET_SCHED` has none
/// but a plain one.
#[track_caller]
pub fn plain_queue(device: &str) {
    if !Path::new("/proc/net/psched").exists() {
        return;
    }
    tc(&format!("qdisc replace dev {device} root pfifo"));
}

/// From now on what waits in a device's queue is not dropped for its age, as it is by the usual one
/// (`fq_codel`), which the debug kernel has not.
#[track_caller]
pub fn queues_patiently(device: &str) {
    if !looks_for_bugs() {
        tc(&format!("qdisc replace dev {device} root pfifo limit 1000"));
    }
}

/// Runs `tc` with these words.
#[track_caller]
fn tc(line: &str) {
    let ran = ok(
        "running tc",
        Command::new("tc").args(line.split(' ')).output(),
    );
    let complaint = String::from_utf8_lossy(&ran.stderr);
    holds(format_args!("tc {line}: {complaint}"), ran.status.success());
}

/// Skips a test of what the debug kernel does not have.
pub fn not_on_the_debug_kernel(what: &str) {
    if looks_for_bugs() {
        skip(&format!("the debug kernel has no {what}"));
    }
}

/// A bridge has forgotten that a device was its port, or was refused to be: a kernel that releases
/// objects late (`DEBUG_KOBJECT_RELEASE`) takes its time for that.
#[track_caller]
pub fn is_no_port_any_more(device: &str) {
    let port = device_file(device, "brport");
    wait_until("the bridge has forgotten its port", || !port.exists());
}

/// Has the kernel see to a link that has just come up: it has no queue until then, and drops what it is to
/// send (`noop_qdisc`). To ask is enough (`linkwatch_sync_dev`).
#[track_caller]
fn has_its_queue(device: &str) {
    same("carrier", tells(device, "carrier"), "1".into());
}

/// From now on what a device is to send waits in its queue.
#[track_caller]
pub fn plug(device: &str) {
    not_on_the_debug_kernel("sch_plug");
    load_stock("sch_plug");
    has_its_queue(device);
    tc(&format!("qdisc add dev {device} root plug limit 100000000"));
}

/// It is sent, and so is what comes after it.
#[track_caller]
pub fn unplug(device: &str) {
    tc(&format!(
        "qdisc change dev {device} root plug release_indefinite"
    ));
}

/// A pair of connected interfaces, both up.
#[track_caller]
pub fn veth() -> [&'static str; 2] {
    ip("link add v0 type veth");
    let pair = ["v0", "veth0"];
    for device in pair {
        link_up(device);
    }
    for device in pair {
        has_its_queue(device);
    }
    pair
}

/// Makes the socket's port a tap: its name.
pub fn tap(manager: &Sock, name: &str) -> io::Result<String> {
    let mut request = Request::of(name).with_flags(IPN_NODEFLAG_TAP);
    manager.request(IPN_CONN_NETDEV, &mut request)?;
    Ok(request.name())
}

/// Makes the socket's port a device that is there.
pub fn grab(manager: &Sock, name: &str) -> io::Result<()> {
    let mut request = Request::of(name).with_flags(IPN_NODEFLAG_GRAB);
    manager.request(IPN_CONN_NETDEV, &mut request)
}

/// A tap that is up.
#[track_caller]
pub fn tap_up(manager: &Sock, name: &str) {
    same(
        "name of the tap",
        ok("a tap", tap(manager, name)),
        name.into(),
    );
    link_up(name);
}

/// A request about a device that is named.
pub fn about(sock: &Sock, number: Ioctl, name: &str) -> io::Result<()> {
    sock.request(number, &mut Request::of(name))
}

/// What a device has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx: u64,
    /// Packets lost on the way in.
    pub rx_dropped: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx: u64,
    /// Packets lost on the way out.
    pub tx_dropped: u64,
}

/// A device's counters; none when there is no such device.
#[track_caller]
pub fn find_counters(device: &str) -> Option<Counters> {
    let table = ok("/proc/net/dev", fs::read_to_string("/proc/net/dev"));
    let found = table.lines().find_map(|line| {
        let (name, numbers) = line.split_once(':')?;
        (name.trim() == device).then(|| numbers.to_owned())
    })?;
    let numbers: Vec<u64> = found
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    Some(Counters {
        rx_bytes: numbers[0],
        rx: numbers[1],
        rx_dropped: numbers[3],
        tx_bytes: numbers[8],
        tx: numbers[9],
        tx_dropped: numbers[11],
    })
}

/// The counters of a device that is there.
#[track_caller]
pub fn counters(device: &str) -> Counters {
    find_counters(device).unwrap_or_else(|| panic!("there is no device {device}"))
}

/// A device's counter comes to be so, as what it counts happens in the background.
#[track_caller]
pub fn counts(what: &str, device: &str, counter: impl Fn(&Counters) -> u64, expected: u64) {
    let start = Instant::now();
    while counter(&counters(device)) < expected && start.elapsed() < pace::soon() {
        thread::sleep(Duration::from_millis(2));
    }
    same(what, counter(&counters(device)), expected);
}

/// Whether there is such a device.
#[track_caller]
pub fn exists(device: &str) -> bool {
    find_counters(device).is_some()
}

/// A frame of `len` bytes to everybody, with a number in it.
pub fn frame(number: u32, len: usize) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend(STATION);
    frame.extend(PROTOCOL.to_be_bytes());
    frame.extend(number.to_ne_bytes());
    frame.resize(len.max(frame.len()), 0x5a);
    frame
}

/// The number in a frame of the tests.
pub fn number_in(frame: &[u8]) -> u32 {
    let number = frame.get(HEADER..HEADER + 4).expect("a whole frame");
    u32::from_ne_bytes(number.try_into().expect("four bytes"))
}

/// A socket that hears the tests' frames which come from a device to the host.
#[track_caller]
pub fn listener(device: &str) -> Sock {
    ok("a packet socket", packet_socket(device, PROTOCOL))
}

/// The same without more room for what waits than any user has.
#[track_caller]
pub fn wire(device: &str) -> Sock {
    ok("a packet socket", plain_packet_socket(device, PROTOCOL))
}

/// The next frame of this protocol; none when there is no more for so many milliseconds.
#[track_caller]
pub fn next(sock: &Sock, protocol: u16, patience: i32) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 65536];
    while ok("poll", poll(sock, libc::POLLIN, patience)) & libc::POLLIN != 0 {
        let len = ok("recv of a frame", sock.recv(&mut buffer, NOW));
        if buffer.get(12..14) == Some(&protocol.to_be_bytes()) && len >= HEADER {
            buffer.truncate(len);
            return Some(buffer);
        }
    }
    None
}

/// The next frame is this one.
#[track_caller]
pub fn hears(sock: &Sock, expected: &[u8]) {
    let got = next(sock, PROTOCOL, soon_in_ms()).expect("a frame comes");
    same("length of the frame", got.len(), expected.len());
    holds("the frame is as it was sent", got == expected);
}

/// A frame of this protocol.
#[track_caller]
pub fn hears_of(sock: &Sock, protocol: u16) -> Vec<u8> {
    next(sock, protocol, soon_in_ms())
        .unwrap_or_else(|| panic!("no frame of protocol {protocol:#x} came"))
}

/// The next frame, whatever it is.
#[track_caller]
pub fn hears_any(sock: &Sock) -> Vec<u8> {
    let ready = ok("poll", poll(sock, libc::POLLIN, soon_in_ms()));
    holds("a frame comes", ready & libc::POLLIN != 0);
    let mut buffer = vec![0; 65536];
    let len = ok("recv of a frame", sock.recv(&mut buffer, NOW));
    holds("it is a whole one", len >= HEADER);
    buffer.truncate(len);
    buffer
}

/// No frame comes.
#[track_caller]
pub fn hears_no_frame(sock: &Sock) {
    let got = next(sock, PROTOCOL, 50).map(|frame| number_in(&frame));
    same("number of a frame that came", got, None);
}

/// The network has a free port, and now has it again.
#[track_caller]
pub fn has_room(bus: &Bus) {
    drop(bus.join());
}

/// The network has no free port.
#[track_caller]
pub fn is_full(bus: &Bus) {
    let refused = open().connect(&bus.addr);
    fails("connect to a full network", refused, libc::EADDRNOTAVAIL);
}

/// A file about a device, of the network namespace in which this process has first asked.
#[track_caller]
pub fn device_file(device: &str, name: &str) -> PathBuf {
    // Without a place: it changes nothing about the names that the test's networks have.
    static MOUNT: OnceLock<OwnedFd> = OnceLock::new();
    let mount = MOUNT.get_or_init(|| ok("sysfs", mount::without_place("sysfs")));
    let place = PathBuf::from(format!("/proc/self/fd/{}", mount.as_raw_fd()));
    place.join("class/net").join(device).join(name)
}

/// What such a file says.
#[track_caller]
pub fn tells(device: &str, name: &str) -> String {
    let text = fs::read_to_string(device_file(device, name));
    ok(format_args!("{name} of {device}"), text)
        .trim()
        .to_owned()
}

/// Whether a device takes all frames that it sees.
#[track_caller]
pub fn is_promiscuous(device: &str) -> bool {
    let flags = tells(device, "flags");
    let flags = i32::from_str_radix(flags.trim_start_matches("0x"), 16).expect("a number");
    flags & libc::IFF_PROMISC != 0
}

/// Loads a stock module that the guest has for the tests which need it, unless it is loaded.
#[track_caller]
pub fn load_stock(name: &str) {
    let loaded = |module: &str| {
        Path::new("/sys/module")
            .join(module.replace('-', "_"))
            .exists()
    };
    if loaded(name) {
        return;
    }
    let Ok(list) = fs::read_to_string(format!("/lib/modules/{name}.load")) else {
        skip(&format!("the guest has no module {name}"));
    };
    for path in list.lines() {
        let module = Path::new(path).file_stem().and_then(|stem| stem.to_str());
        if !module.is_some_and(loaded) {
            let file = ok(path, fs::File::open(path));
            ok(format_args!("loading {path}"), module::load(&file, c""));
        }
    }
}
