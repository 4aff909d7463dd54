// SPDX-License-Identifier: GPL-2.0
//! What the socket of a device does to the device: it reads nothing beside it, and ends with it.

use crate::abi::*;
use crate::device::calls::{Stage, State, END, NOTHING};
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace::volume;
use crate::sys::bpf;
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

cases!["device_socket":
    no_call_takes_a_frame_that_waits,
    no_call_reads_beside_an_interface,
    filter_is_not_asked,
    filter_from_before_is_not_passed_by,
    shutdown_gives_up_a_direction_of_the_device,
    shutdown_after_the_device_changes_no_count,
    vanished_device_ends_a_poll,
    vanished_device_ends_a_poll_of_who_joined_it,
    termination_is_the_end_of_the_link,
];

/// Calls everything that might read, again and again while this is so.
fn ask_while(sock: &Sock, mut so: impl FnMut() -> bool) {
    while so() {
        let _ = sock.ioctl_int(libc::FIONREAD);
        let _ = poll(sock, !0, 0);
        let _ = sock.recv(&mut [0; 2048], NOW | libc::MSG_PEEK);
        let _ = sock.recvmsg(2048, NOW);
    }
}

fn no_call_takes_a_frame_that_waits() {
    const FRAMES: u32 = 100;
    own_network();
    let [device, peer] = veth();
    plug(device);
    let far = listener(peer);
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(128));
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    ok("SO_SNDBUF", manager.set_generic(libc::SO_SNDBUF, 4608));
    (0..FRAMES).for_each(|number| say(&port, &frame(number, 60)));
    ok("SO_ATTACH_FILTER", bpf::attach(&manager, &NOTHING));
    let mut turns = 0..3;
    ask_while(&manager, || turns.next().is_some());
    unplug(device);
    (0..FRAMES).for_each(|number| hears(&far, &frame(number, 60)));
}

fn no_call_reads_beside_an_interface() {
    let frames = volume(3_000, "frames");
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(64));
    let port = bus.writer();
    tap_up(&manager, "ipn0");
    // A filter that takes its time, and wants nothing.
    let mut slow = vec![(0x20, 0, 0, 0); 400];
    slow.extend(NOTHING);
    ok("SO_ATTACH_FILTER", bpf::attach(&manager, &slow));
    let host = listener("ipn0");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| ask_while(&manager, || !over.load(Ordering::Relaxed)));
        for number in 0..frames {
            ok("send", port.send(&frame(number, 60), 0));
        }
        let heard = (0..frames).all(|number| {
            next(&host, PROTOCOL, soon_in_ms()).is_some_and(|frame| number_in(&frame) == number)
        });
        over.store(true, Ordering::Relaxed);
        holds("each frame came once, and in order", heard);
    });
}

fn filter_is_not_asked() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    ok("SO_ATTACH_FILTER", bpf::attach(&manager, &NOTHING));
    let host = listener("ipn0");
    for number in 0..9 {
        say(&port, &frame(number, 60));
        hears(&host, &frame(number, 60));
    }
    let counted = counters("ipn0");
    same("dropped", counted.rx_dropped, 0);
}

fn filter_from_before_is_not_passed_by() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    ok("SO_ATTACH_FILTER", bpf::attach(&manager, &NOTHING));
    fails("a tap", tap(&manager, "ipn0"), libc::EACCES);
    same("ipn0", exists("ipn0"), false);
    let detached = manager.set_generic(libc::SO_DETACH_FILTER, 0);
    ok("SO_DETACH_FILTER", detached);
    ok("a tap", tap(&manager, "ipn0"));
}

fn shutdown_gives_up_a_direction_of_the_device() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(4));
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    ok("shutdown", manager.shutdown(libc::SHUT_RD));
    // More than the network holds: nobody waits for the device.
    (0..9).for_each(|number| say(&port, &frame(number, 60)));
    hears_no_frame(&host);
    same("dropped", counters("ipn0").rx_dropped, 0);
    ok("send of the host", host.send(&frame(10, 60), 0));
    hears(&port, &frame(10, 60));
    ok("shutdown", manager.shutdown(libc::SHUT_WR));
    ok("send of the host", host.send(&frame(11, 60), 0));
    counts(
        "what the host sends is dropped",
        "ipn0",
        |c| c.tx_dropped,
        1,
    );
    hear_nothing(&port);
    same("readers", value(&bus, "readers"), "1".into());
    same("writers", value(&bus, "writers"), "1".into());
}

fn shutdown_after_the_device_changes_no_count() {
    own_network();
    let stage = Stage::set(State::Gone);
    let census = || (value(&stage.bus, "readers"), value(&stage.bus, "writers"));
    let before = census();
    for direction in [libc::SHUT_RD, libc::SHUT_WR, libc::SHUT_RDWR] {
        ok("shutdown", stage.sock.shutdown(direction));
        same("readers and writers", census(), before.clone());
    }
    fails(
        "IPN_TERMINATE",
        stage.sock.ioctl(IPN_TERMINATE),
        libc::ENOTCONN,
    );
    hear_nothing(&stage.port);
}

fn vanished_device_ends_a_poll() {
    own_network();
    let stage = Stage::set(State::Tap);
    let sock = stage.sock.clone();
    let waiter = Blocked::start(call::POLL, move || poll(&sock, libc::POLLIN, soon_in_ms()));
    ip("link del ipn0");
    let ready = ok("poll", waiter.wakes());
    same("what it says", ready, libc::POLLIN | libc::POLLHUP);
}

fn vanished_device_ends_a_poll_of_who_joined_it() {
    own_network();
    let stage = Stage::set(State::Joined);
    let sock = stage.sock.clone();
    let waiter = Blocked::start(call::POLL, move || poll(&sock, libc::POLLIN, soon_in_ms()));
    ip("link del ipn0");
    let ready = ok("poll", waiter.wakes());
    same("what it says", ready, libc::POLLIN | libc::POLLHUP);
}

fn termination_is_the_end_of_the_link() {
    own_network();
    for state in [State::Tap, State::Joined] {
        let stage = Stage::set(state);
        same("carrier", tells("ipn0", "carrier"), "1".into());
        ok("IPN_TERMINATE", stage.sock.ioctl(IPN_TERMINATE));
        same("carrier", tells("ipn0", "carrier"), "0".into());
        let ready = ok("poll", poll(&stage.sock, !0, 0));
        same("poll", i64::from(ready), END);
    }
}
