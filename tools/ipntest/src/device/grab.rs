// SPDX-License-Identifier: GPL-2.0
//! Ports that are devices of the host which the network takes.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process};
use crate::pace::volume;

cases!["device_grab":
    what_cannot_be_taken_is_refused,
    carries_frames_both_ways,
    host_sees_them_no_more_and_then_again,
    what_does_not_fit_is_counted,
    vanished_device_gives_its_port_back,
    goes_with_its_namespace,
    persistent_one_stays_taken,
    lossless_network_loses_nothing_unsaid @ 60,
];

fn what_cannot_be_taken_is_refused() {
    own_network();
    veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 2)]);
    let manager = bus.manage();
    fails("a grab of lo", grab(&manager, "lo"), libc::EINVAL);
    fails("a grab of nothing", grab(&manager, "none"), libc::ENODEV);
    fails("a grab without a name", grab(&manager, ""), libc::ENODEV);
    ip("link add br0 type bridge");
    fails("a grab of a bridge", grab(&manager, "br0"), libc::ELOOP);
    ip("link set v0 master br0");
    fails(
        "a grab of a bridge's port",
        grab(&manager, "v0"),
        libc::EBUSY,
    );
    ip("link set v0 nomaster");
    ok("a tap", tap(&keeper, "ipn0"));
    fails("a grab of a tap", grab(&manager, "ipn0"), libc::EINVAL);
    ok("a grab", grab(&manager, "v0"));
    is_full(&bus);
    let other = Bus::named("other").manage_new(&[]);
    fails("a grab of what is grabbed", grab(&other, "v0"), libc::EBUSY);
    holds("no bridge takes it", !try_ip("link set v0 master br0"));
    ok("close", manager.close());
    ok("a grab", grab(&other, "v0"));
}

fn carries_frames_both_ways() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let far = listener(peer);
    let before = counters(device);
    for number in 0..50 {
        let there = frame(number, 60 + number as usize * 29);
        say(&port, &there);
        hears(&far, &there);
        ok("send of the far end", far.send(&there, 0));
        hears(&port, &there);
    }
    let after = counters(device);
    same("sent", after.tx - before.tx, 50);
    same("received", after.rx - before.rx, 50);
    same("dropped", (after.rx_dropped, after.tx_dropped), (0, 0));
}

fn host_sees_them_no_more_and_then_again() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    let port = bus.join();
    let (host, far) = (listener(device), listener(peer));
    let send = |number| ok("send", far.send(&frame(number, 60), 0));
    send(1);
    hears(&host, &frame(1, 60));
    same("promiscuous", is_promiscuous(device), false);
    let manager = bus.manage();
    ok("a grab", grab(&manager, device));
    same("promiscuous while grabbed", is_promiscuous(device), true);
    send(2);
    hears(&port, &frame(2, 60));
    hears_no_frame(&host);
    ok("close", manager.close());
    same("promiscuous afterwards", is_promiscuous(device), false);
    send(3);
    hears(&host, &frame(3, 60));
    hears_no_frame(&port);
    drop(keeper);
}

fn what_does_not_fit_is_counted() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_MTU, 3000)]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let far = listener(peer);
    // The link has an MTU of 1500, and lets a tag pass; the far end would take more.
    ip(&format!("link set {peer} mtu 9000"));
    say(&port, &frame(1, 1514 + 4));
    hears(&far, &frame(1, 1514 + 4));
    say(&port, &frame(2, 1514 + 5));
    say(&port, &frame(3, 60)[..HEADER - 1]);
    hears_no_frame(&far);
    counts("dropped", device, |c| c.tx_dropped, 2);
    link_down(device);
    say(&port, &frame(4, 60));
    counts("dropped while down", device, |c| c.tx_dropped, 3);

    for end in [device, peer] {
        ip(&format!("link set {end} mtu 9000"));
        link_up(end);
    }
    let before = counters(device).rx_dropped;
    ok("send", far.send(&frame(5, 3001), 0));
    ok("send", far.send(&frame(6, 3000), 0));
    hears(&port, &frame(6, 3000));
    same(
        "longer than the network's MTU",
        counters(device).rx_dropped - before,
        1,
    );
}

fn vanished_device_gives_its_port_back() {
    own_network();
    for persistent in [0, 1] {
        let [device, peer] = veth();
        let bus = Bus::named(&persistent.to_string());
        let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
        let manager = bus.manage();
        ok("a grab", grab(&manager, device));
        ok(
            "IPN_SETPERSIST",
            manager.ioctl_number(IPN_SETPERSIST, persistent),
        );
        is_full(&bus);
        ip(&format!("link del {peer}"));
        same("the device", exists(device), false);
        has_room(&bus);
        ok("close", manager.close());
        drop(keeper);
    }
}

fn goes_with_its_namespace() {
    for persistent in [0, 1] {
        let bus = Bus::named(&persistent.to_string());
        let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
        Process::start(|_| {
            own_network();
            let [device, _] = veth();
            let manager = bus.manage();
            ok("a grab", grab(&manager, device));
            ok(
                "IPN_SETPERSIST",
                manager.ioctl_number(IPN_SETPERSIST, persistent),
            );
        })
        .ends_well();
        wait_until("its port is free", || open().connect(&bus.addr).is_ok());
    }
}

fn persistent_one_stays_taken() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    let port = bus.join();
    let manager = bus.manage();
    ok("a grab", grab(&manager, device));
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    let far = listener(peer);
    ok("send", far.send(&frame(1, 60), 0));
    hears(&port, &frame(1, 60));
    let manager = bus.manage();
    ok("IPN_JOIN_NETDEV", about(&manager, IPN_JOIN_NETDEV, device));
    ok("IPN_SETPERSIST 0", manager.ioctl_number(IPN_SETPERSIST, 0));
    ok("close", manager.close());
    ok("a grab of what is free again", grab(&keeper, device));
}

fn lossless_network_loses_nothing_unsaid() {
    let frames = volume(20_000, "frames");
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(64));
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let far = listener(peer);
    let reader = port.clone();
    let thread = std::thread::spawn(move || {
        let mut numbers = Vec::new();
        while numbers.last() != Some(&0) {
            match next(&reader, PROTOCOL, soon_in_ms()) {
                Some(frame) => numbers.push(number_in(&frame)),
                None => break,
            }
        }
        numbers
    });
    for number in 1..=frames {
        ok("send", far.send(&frame(number, 60), 0));
    }
    let sent = counters(device);
    // The last one passes once the reader has made room.
    wait_until("the end is heard", || {
        let _ = far.send(&frame(0, 60), NOW);
        thread.is_finished()
    });
    let mut numbers = thread.join().expect("the reader ends well");
    same("the last number", numbers.pop(), Some(0));
    holds("the frames are in order", numbers.is_sorted());
    same("received", sent.rx, frames.into());
    let seen = numbers.len() as u64 + sent.rx_dropped;
    same(
        "frames that came and that were counted as dropped",
        seen,
        frames.into(),
    );
}
