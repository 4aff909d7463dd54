// SPDX-License-Identifier: GPL-2.0
//! Frames enter a network finished by whatever way they come, also past the host's stack.

use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::packet_oracle::{frames, stream, with_sum, Unfinished, TCP, UDP};
use crate::lab::runner::{cases, directory};
use crate::sys::bpf;
use crate::sys::mount;
use crate::sys::netdev::index;
use crate::sys::tun::{self, Notes};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;

cases!["device_unfinished":
    tap_takes_no_netpoll,
    what_is_redirected_to_a_tap_is_finished,
    checksum_of_what_is_gone_is_not_filled_in,
];

/// A tap of the host's kind, up: what is written to the file, behind [`Notes`], comes in by it.
#[track_caller]
fn host_tap(name: &str) -> File {
    let flags = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
    let file = ok("a tap of the host's", tun::make(name, flags, 0));
    let ipv6 = format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6");
    ok(&ipv6, fs::write(&ipv6, "1"));
    link_up(name);
    file
}

#[track_caller]
fn comes_in(file: &mut File, packet: &Unfinished) {
    let bytes = [packet.notes.bytes(), packet.frame.clone()].concat();
    ok("write", file.write_all(&bytes));
}

/// Has a program see what comes in by a device.
#[track_caller]
fn attached(program: &[u64], device: &str) -> OwnedFd {
    let program = ok("bpf(BPF_PROG_LOAD)", bpf::load(bpf::FOR_PACKETS, program));
    let index = ok("SIOCGIFINDEX", index(device));
    ok("bpf(BPF_LINK_CREATE)", bpf::attach_to(&program, index))
}

/// Who sends with interrupts off cannot wait for a lock that others hold with them on.
fn tap_takes_no_netpoll() {
    not_on_the_debug_kernel("netconsole");
    own_network();
    load_stock("netconsole");
    load_stock("dummy");
    ip("link add d0 type dummy");
    link_up("d0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    tap_up(&manager, "ipn0");
    ok("own mount namespace", mount::own_namespace());
    let place = directory().join("config");
    ok("mkdir", fs::create_dir(&place));
    ok("configfs", mount::mount("configfs", &place, "configfs", 0));
    let target = place.join("netconsole/target");
    ok("mkdir", fs::create_dir(&target));
    let set = |name: &str, value: &str| fs::write(target.join(name), value);
    ok("local_ip", set("local_ip", "10.0.0.1"));
    ok("remote_ip", set("remote_ip", "10.0.0.2"));
    ok("dev_name", set("dev_name", "ipn0"));
    let refused = set("enabled", "1");
    // Where it was not refused, its device can be named anew only when it is off.
    let _ = set("enabled", "0");
    ok("dev_name", set("dev_name", "d0"));
    let taken = set("enabled", "1");
    let _ = set("enabled", "0");
    ok("rmdir", fs::remove_dir(&target));
    holds("netpoll of a tap is refused", refused.is_err());
    ok("netpoll of a dummy", taken);
}

/// A program redirects to a tap what comes from a device: it goes past all that the stack does for
/// devices that can do little.
fn what_is_redirected_to_a_tap_is_finished() {
    const LINK: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0];
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let mut file = host_tap("tap0");
    let to = ok("SIOCGIFINDEX", index("ipn0")) as u64;
    // return bpf_redirect(to, 0)
    let program = [(to << 32) | 0x1b7, 0x2b7, (23 << 32) | 0x85, 0x95];
    let _link = attached(&program, "tap0");

    let plain = frame(1, 60);
    let notes = Notes::default();
    let mut packets = vec![Unfinished {
        frame: plain.clone(),
        notes,
    }];
    // Its checksum is anywhere; and with a tag.
    let tagged = [&plain[..12], &[0x81, 0, 0, 5], &plain[12..]].concat();
    for (frame, start, offset) in [(plain, 20, 6), (tagged, 24, 16)] {
        let sum = Some((start, offset));
        packets.push(Unfinished {
            frame,
            notes: Notes { sum, ..notes },
        });
    }
    // What the program's device may take at once is not more than one frame.
    for kind in [TCP, UDP] {
        packets.push(stream(&LINK, kind, &[b'x'; 999], 100));
    }
    for packet in &packets {
        comes_in(&mut file, packet);
        for expected in frames(packet) {
            same("frame", hears_any(&port), expected);
        }
    }
    hear_nothing(&port);
    let counted = counters("ipn0");
    same("sent", counted.tx, packets.len() as u64);
    same("dropped", counted.tx_dropped, 0);
}

/// A program takes the beginning away of what comes from a device that is grabbed; what is noted of the
/// checksum stays, and is wrong.
fn checksum_of_what_is_gone_is_not_filled_in() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    let mut file = host_tap("tap0");
    ok("a grab", grab(&manager, "tap0"));
    // bpf_xdp_adjust_head(packet, 40); return XDP_PASS
    let program = [
        (40 << 32) | 0x2b7,
        (44 << 32) | 0x85,
        (2 << 32) | 0xb7,
        0x95,
    ];
    let _link = attached(&program, "tap0");
    let mut packet = Unfinished {
        frame: frame(1, 200),
        ..Unfinished::default()
    };
    for (start, is_there) in [(34, false), (39, false), (40, true), (150, true)] {
        packet.notes.sum = Some((start, 6));
        let before = counters("tap0").rx_dropped;
        comes_in(&mut file, &packet);
        if is_there {
            let rest = with_sum(&packet.frame, &packet.notes)[40..].to_vec();
            same("frame", hears_any(&port), rest);
        } else {
            counts("dropped", "tap0", |c| c.rx_dropped - before, 1);
        }
    }
    hear_nothing(&port);
}
