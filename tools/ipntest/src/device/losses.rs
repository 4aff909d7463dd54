// SPDX-License-Identifier: GPL-2.0
//! What a port that is a device has lost: counted once in each place, and in one step.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{cases, directory};
use crate::lab::task::wait_until;
use crate::pace::volume;
use crate::sys::mount;
use crate::sys::process;
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::thread;

cases!["device_losses":
    stand_once_with_device_port_and_network,
    and_what_an_interface_got_add_up,
    are_counted_in_one_step,
];

/// Messages that a port has lost, as its socket tells.
#[track_caller]
fn drops(sock: &Sock) -> u64 {
    let told = sock.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
    let told = ok("SO_MEMINFO", told);
    let last = told.rchunks_exact(4).next().expect("there is a field");
    u32::from_ne_bytes(last.try_into().expect("four bytes")).into()
}

/// A grabbed device that keeps a few frames back, while this many are sent: the device, its socket, and
/// another port.
#[track_caller]
fn overrun(bus: &Bus, frames: u32) -> (&'static str, Sock, Sock) {
    own_network();
    let [device, _] = veth();
    plug(device);
    let manager = bus.manage_new(&[(IPN_SO_MSGPOOLSIZE, 16)]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    ok("SO_SNDBUF", manager.set_generic(libc::SO_SNDBUF, 4608));
    let before = counters(device);
    for number in 0..frames {
        say(&port, &frame(number, 60));
    }
    let after = counters(device);
    same("sent", after.tx, before.tx);
    same(
        "counted while it waits",
        after.tx_dropped,
        before.tx_dropped,
    );
    (device, manager, port)
}

fn stand_once_with_device_port_and_network() {
    const FRAMES: u32 = 1000;
    let bus = Bus::new();
    let (device, manager, _port) = overrun(&bus, FRAMES);
    let before = counters(device);
    unplug(device);
    wait_until("all frames are accounted for", || {
        let now = counters(device);
        let (sent, dropped) = (now.tx - before.tx, now.tx_dropped - before.tx_dropped);
        sent + dropped >= FRAMES.into()
    });
    let now = counters(device);
    let (sent, lost) = (now.tx - before.tx, now.tx_dropped - before.tx_dropped);
    same("sent and lost", sent + lost, FRAMES.into());
    holds("most were lost", lost > sent);
    same("lost, says the socket", drops(&manager), lost);
    same(
        "lost, says the network",
        value(&bus, "dropped"),
        lost.to_string(),
    );
}

fn and_what_an_interface_got_add_up() {
    let frames = volume(4_000, "frames");
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_MSGPOOLSIZE, 2)]);
    let ports = [bus.writer(), bus.writer()];
    tap_up(&manager, "ipn0");
    // Without it the host's stack drops what the interface got, and counts that too.
    let _host = listener("ipn0");
    let threads = ports.map(|port| {
        thread::spawn(move || {
            for number in 0..frames {
                say(&port, &frame(number, 60));
            }
        })
    });
    for thread in threads {
        thread.join().expect("a sender ends well");
    }
    let all = 2 * u64::from(frames);
    let accounted = |c: &Counters| c.rx + c.rx_dropped;
    counts("received and lost", "ipn0", accounted, all);
    let lost = drops(&manager);
    same(
        "lost, says the network",
        value(&bus, "dropped"),
        lost.to_string(),
    );
    same("received", counters("ipn0").rx, all - lost);
}

/// How often the kernel calls one of its functions.
struct Calls {
    tracing: PathBuf,
    name: String,
}

impl Calls {
    #[track_caller]
    fn of(function: &str) -> Calls {
        let place = directory().join("tracing");
        ok("own mount namespace", mount::own_namespace());
        ok("mkdir", fs::create_dir(&place));
        ok("tracefs", mount::mount("tracefs", &place, "tracefs", 0));
        let name = format!("ipntest_{}", process::process_id());
        let calls = Calls {
            tracing: place,
            name,
        };
        calls.write("kprobe_events", &format!("p:{} {function}", calls.name));
        calls.write(&format!("events/kprobes/{}/enable", calls.name), "1");
        calls
    }

    #[track_caller]
    fn write(&self, file: &str, text: &str) {
        let path = self.tracing.join(file);
        let mut file = ok(file, File::options().append(true).open(path));
        ok(text, file.write_all(text.as_bytes()));
    }

    /// Since when it is counted.
    #[track_caller]
    fn count(&self) -> u64 {
        let path = self.tracing.join("kprobe_profile");
        let table = ok("kprobe_profile", fs::read_to_string(path));
        let mut lines = table.lines().map(str::split_whitespace);
        let hits =
            lines.find_map(|mut words| (words.next()? == self.name).then(|| words.next())?);
        hits.expect("it is counted").parse().expect("a number")
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.write(&format!("events/kprobes/{}/enable", self.name), "0");
        self.write("kprobe_events", &format!("-:{}", self.name));
    }
}

fn are_counted_in_one_step() {
    let frames = volume(20_000, "frames");
    let bus = Bus::new();
    let (device, manager, _port) = overrun(&bus, frames);
    let counted = Calls::of("netdev_core_stats_inc");
    unplug(device);
    wait_until("the losses are noticed", || drops(&manager) != 0);
    let lost = drops(&manager);
    holds("most were lost", lost > u64::from(frames) / 2);
    counts("lost, says the device", device, |c| c.tx_dropped, lost);
    // What the far end's host has no use for is counted by that function as well.
    holds("one step for all of them", counted.count() < lost / 10);
}
