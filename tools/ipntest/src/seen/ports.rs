// SPDX-License-Identifier: GPL-2.0
//! Networks and ports, as a dump tells them.

use super::family::*;
use crate::abi::*;
use crate::device::lab::{grab, ip, own_network, tap};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::sys::process;
use std::{env, fs, thread};

cases!["seen_ports":
    network_is_told_as_the_listing_has_it,
    port_tells_who_took_it,
    port_of_a_thread_tells_its_process,
    port_tells_what_its_owner_says_of_it,
    directions_are_those_that_are_left,
    ports_of_all_networks_are_told_in_parts,
    dump_goes_on_where_it_was_when_ports_come_and_go,
    device_is_told,
    device_of_another_namespace_is_told_without_its_name,
    longest_path_is_told,
    attribute_that_is_too_short_is_refused,
    process_that_has_ended_keeps_its_number,
];

fn network_is_told_as_the_listing_has_it() {
    let family = Family::new();
    let bus = Bus::new();
    let port = bus.create_with(&[(IPN_SO_NUMNODES, 7), (IPN_SO_MTU, 99)]);
    let _reader = bus.reader();
    say(&port, b"one");
    let told = family.network(&bus).expect("it is told");
    for (attribute, expected) in [
        (POLICY, 1),
        (FLAGS, 0),
        (MTU, 99),
        (NUMNODES, 7),
        (POOL, (131_072 + 16 - 112) / 112),
        (OWNER_ID, 0),
        (PORTS, 2),
        (READERS, 2),
        (WRITERS, 1),
        (SENT, 1),
        (LOST, 0),
        (INODE, inode(&bus)),
    ] {
        let what = format!("attribute {attribute}");
        same(what, told.number(attribute), Some(expected));
    }
    let path = fs::canonicalize(&bus.path).unwrap();
    same("path", told.text(PATH).as_deref(), path.to_str());
    ok("IPN_TERMINATE", port.ioctl(IPN_TERMINATE));
    let told = family.network(&bus).expect("it is told");
    same("flags", told.number(FLAGS), Some(0x1000));
    drop((port, _reader));
    holds("it is told no more", family.network(&bus).is_none());
}

fn port_tells_who_took_it() {
    let family = Family::new();
    let bus = Bus::new();
    let _mine = bus.create();
    let other = Process::start(|line| {
        ok("comm", fs::write("/proc/self/comm", "other"));
        let _port = bus.join();
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    let told = family.ports(&bus);
    same("ports", told.len(), 2);
    let [mine, theirs] = [&told[0], &told[1]];
    let number = |told: &Told, attribute| told.number(attribute).expect("it is told");
    same("port", number(mine, PORT), 0);
    same("kind", number(mine, KIND), 0);
    same("pid", number(mine, PID), process::process_id() as u64);
    same("uid", number(mine, UID), 0);
    same("gid", number(mine, GID), 0);
    same("port", number(theirs, PORT), 1);
    same("pid", number(theirs, PID), other.pid as u64);
    same("comm", theirs.text(COMM).as_deref(), Some("other"));
    holds("since", number(mine, SINCE) < number(theirs, SINCE));
    let path = fs::canonicalize(&bus.path).unwrap();
    same("path", theirs.text(PATH).as_deref(), path.to_str());
    other.line.tell(0);
    other.ends_well();
    same("ports", family.ports(&bus).len(), 1);
}

fn port_of_a_thread_tells_its_process() {
    let family = Family::new();
    let bus = Bus::new();
    let _mine = bus.create();
    ok("comm", fs::write("/proc/self/comm", "process"));
    let port = thread::scope(|scope| {
        let taking = scope.spawn(|| {
            ok("comm", fs::write("/proc/thread-self/comm", "thread"));
            bus.join()
        });
        taking.join().expect("the thread ends well")
    });
    let told = &family.ports(&bus)[1];
    same("pid", told.number(PID), Some(process::process_id() as u64));
    same("comm", told.text(COMM).as_deref(), Some("process"));
    drop(port);
}

fn port_tells_what_its_owner_says_of_it() {
    let family = Family::new();
    let bus = Bus::new();
    let port = bus.create();
    let said = |family: &Family| family.ports(&bus)[0].text(DESCRIPTION);
    same("nothing", said(&family).as_deref(), Some(""));
    let long = "x".repeat(127);
    for text in ["a sensor", long.as_str()] {
        let set = port.setsockopt(LEVEL, IPN_SO_DESCR, &[text.as_bytes(), b"\0"].concat());
        ok("IPN_SO_DESCR", set);
        same("description", said(&family).as_deref(), Some(text));
    }
}

fn directions_are_those_that_are_left() {
    let family = Family::new();
    let bus = Bus::new();
    let both = bus.create();
    let _reader = bus.reader();
    let _writer = bus.writer();
    let directions = |family: &Family| {
        let told = family.ports(&bus).into_iter();
        told.map(|told| told.number(DIRECTION).unwrap())
            .collect::<Vec<_>>()
    };
    same("directions", directions(&family), vec![3, 1, 2]);
    ok("shutdown", both.shutdown(libc::SHUT_RDWR));
    same("directions", directions(&family), vec![0, 1, 2]);
}

fn ports_of_all_networks_are_told_in_parts() {
    let family = Family::new();
    let buses: Vec<Bus> = (0..5).map(|n| Bus::named(&format!("bus{n}"))).collect();
    let ports: Vec<_> = buses
        .iter()
        .flat_map(|bus| {
            [bus.create_with(&[(IPN_SO_NUMNODES, 300)])]
                .into_iter()
                .chain((1..150).map(|_| bus.join()))
        })
        .collect();
    ok("asking", family.ask(PORT_GET, &[]));
    let (mut all, mut parts) = (Vec::new(), 0);
    loop {
        // The least that a reader has.
        let (told, end) = ok("a part", family.part(8192));
        all.extend(
            told.iter()
                .map(|told| (told.number(INODE), told.number(PORT))),
        );
        parts += 1;
        if end {
            break;
        }
    }
    holds("there are many parts", parts > 10);
    for bus in &buses {
        let inode = Some(inode(bus));
        let of_it = all.iter().filter(|(of, _)| *of == inode);
        let numbers: Vec<_> = of_it.map(|(_, port)| port.unwrap()).collect();
        same("ports", numbers, (0..150).collect::<Vec<_>>());
    }
    drop(ports);
}

fn dump_goes_on_where_it_was_when_ports_come_and_go() {
    let family = Family::new();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1000)]);
    let mut ports: Vec<_> = (0..800).map(|_| bus.join()).collect();
    ok("asking", family.ask(PORT_GET, &[]));
    let (first, end) = ok("a part", family.part(8192));
    holds("it is not all", !end && !first.is_empty());
    let seen = first.len();
    // All that were told leave, and so do some to come.
    ports.drain(..seen + 20);
    let mut numbers = Vec::new();
    loop {
        let (told, end) = ok("a part", family.part(8192));
        numbers.extend(told.iter().map(|told| told.number(PORT).unwrap()));
        if end {
            break;
        }
    }
    holds("each once, in order", numbers.is_sorted_by(|a, b| a < b));
    same("the last", numbers.last().copied(), Some(799));
    // A part that was made before they left may tell of those.
    let stayed = (seen as u64 + 20..800).all(|number| numbers.contains(&number));
    holds("all that stayed", stayed);
    // A reader that goes away in the middle leaves nothing behind.
    ok("asking", Family::new().ask(PORT_GET, &[]));
}

fn device_is_told() {
    let family = Family::new();
    let bus = Bus::new();
    let _keeper = bus.create();
    let manager = bus.manage();
    ok("a tap", tap(&manager, "seen0"));
    ip("link add seen1 type veth peer name seen2");
    let other = bus.manage();
    ok("a grab", grab(&other, "seen1"));
    let told = family.ports(&bus);
    let index = |name: &str| {
        let file = format!("/sys/class/net/{name}/ifindex");
        ok(&file, fs::read_to_string(&file)).trim().parse().ok()
    };
    for (told, kind, name) in [(&told[1], 2, "seen0"), (&told[2], 3, "seen1")] {
        same("kind", told.number(KIND), Some(kind));
        same("IFNAME", told.text(IFNAME).as_deref(), Some(name));
        same("IFINDEX", told.number(IFINDEX), index(name));
    }
    same("a socket's", told[0].number(IFINDEX), None);
    drop(other);
    ip("link del seen1");
}

/// It would be the name of another device, or of none.
fn device_of_another_namespace_is_told_without_its_name() {
    let family = Family::new();
    let bus = Bus::new();
    let other = Process::start(|line| {
        own_network();
        let manager = bus.manage_new(&[]);
        ok("a tap", tap(&manager, "seen3"));
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    let told = &family.ports(&bus)[0];
    same("kind", told.number(KIND), Some(2));
    same("IFNAME", told.text(IFNAME), None);
    same("IFINDEX", told.number(IFINDEX), None);
    other.line.tell(0);
    other.ends_well();
}

/// A path is longer than what most answers have room for.
fn longest_path_is_told() {
    let bus = Bus::new();
    let _port = bus.create();
    let part = "d".repeat(250);
    for _ in 0..15 {
        ok("mkdir", fs::create_dir(&part));
        ok("chdir", env::set_current_dir(&part));
    }
    ok("rename", fs::rename(&bus.path, "bus"));
    let path = ok("getcwd", env::current_dir()).join("bus");
    let here = Bus {
        path: path.clone(),
        addr: bus.addr.clone(),
    };
    for told in [
        Family::new().network(&here),
        Family::new().ports(&here).pop(),
    ] {
        let told = told.expect("it is told").text(PATH);
        same("path", told.as_deref(), path.to_str());
    }
}

fn attribute_that_is_too_short_is_refused() {
    let family = Family::new();
    let bus = Bus::new();
    let _port = bus.create();
    for (kind, lengths) in [(MAJOR, 0..4), (MINOR, 0..4), (INODE, 0..8)] {
        for len in lengths {
            let short = attribute(kind, &vec![0; len]);
            let what = format!("attribute {kind} of {len} bytes");
            for command in [NETWORK_GET, PORT_GET] {
                fails(&what, family.dump(command, &short), libc::EINVAL);
            }
        }
    }
}

fn process_that_has_ended_keeps_its_number() {
    let family = Family::new();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    let port = open();
    let other = Process::start(|_| ok("connect", port.connect(&bus.addr)));
    let pid = other.pid;
    other.ends_well();
    same("pid", family.ports(&bus)[0].number(PID), Some(pid as u64));
}
