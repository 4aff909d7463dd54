// SPDX-License-Identifier: GPL-2.0

//! What is told of networks and ports: events, to those who listen, and lists, to those who ask and may know.

use crate::{
    abi::uapi::*,
    caller::{alone, be, Socket},
    listing,
    policies::{SWITCH, TAGS},
    ring::drops::REASONS,
    rust::{
        glue::netdev::NetDevice, glue::netlink::Dump, mm::mmap::NewMapping, net::family::Family,
        net::namespace::Namespace, task::current as task,
    },
    socket::{report, Endpoint},
    world::IPN_TERMINATE,
};
use kernel::time;

const SHAPE: [(u32, i32); 3] = [
    (IPN_SO_MTU, 16),
    (IPN_SO_MSGPOOLSIZE, 4),
    (IPN_SO_NUMNODES, 4),
];

/// Sockets of the task are of this network namespace from now on.
fn enter(namespace: u32) {
    task::with(|task| task.namespace.set(namespace));
}

/// What is told meanwhile.
fn hear<R>(act: impl FnOnce() -> R) -> (R, Vec<String>) {
    task::with(|task| task.hears.set(true));
    let result = act();
    task::with(|task| task.hears.set(false));
    (result, task::with(|task| task.heard.take()))
}

/// The same of what gives nothing.
fn heard(act: impl FnOnce()) -> Vec<String> {
    hear(act).1
}

fn end(maker: &Socket) {
    assert_eq!(maker.request(IPN_TERMINATE, 0), Ok(0));
}

/// Counters by reason, as they are shown.
fn drops(counts: &[(u32, u64)]) -> String {
    let mut drops = [0; REASONS];
    for (reason, count) in counts {
        drops[*reason as usize] = *count;
    }
    format!("{drops:?}")
}

#[test]
fn a_network_tells_what_it_is_when_it_is_made_and_when_it_ends() {
    alone(|()| {
        for (protocol, text) in [(IPN_BROADCAST, "policy 1"), (SWITCH, "policy 2")] {
            be(1000);
            let maker = Socket::open(protocol as i32).unwrap();
            SHAPE.map(|(option, value)| maker.set(option, value).unwrap());
            let _ = crate::rust::fs::path::unlink(c"/net");
            let made = heard(|| maker.bind("/net").unwrap());
            let none = drops(&[]);
            let network = format!("network path {text} flags");
            assert_eq!(
                made,
                [format!("0: NetworkMade {network} 0 mtu 16 pool 4 ports 4 used 0 readers 0 writers 0 owner 1000 sent 0 0 lost 0 drops {none}")]
            );
            maker.connect("").unwrap();
            let (one, deaf) = (Socket::joined("/net"), Socket::joined("/net"));
            deaf.shut(0).unwrap();
            for last in 0..6 {
                let frame = [&[255; 6][..], &[2, 0, 0, 0, 0, 1, 0x88, 0xb5, 0, last]].concat();
                maker.send(&frame, 0).unwrap();
            }
            one.next().unwrap();
            let ended = heard(|| end(&maker));
            let dropped = drops(&[(IPN_DROP_OVERRUN, 2)]);
            assert_eq!(
                ended,
                [format!("0: NetworkEnded {network} 4096 mtu 16 pool 4 ports 4 used 3 readers 2 writers 3 owner 1000 sent 6 96 lost 2 drops {dropped}")]
            );
            // It has ended before, and is told once.
            assert_eq!(heard(|| end(&maker)).len(), 0);
            let left = heard(|| drop((maker, one, deaf)));
            assert_eq!(left.len(), 3);
            assert!(left.iter().all(|line| line.contains("PortLeft port")));
        }
    });
}

#[test]
fn a_network_that_the_last_one_leaves_has_ended() {
    alone(|()| {
        let maker = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        let port = Socket::joined("/net");
        assert_eq!(heard(|| drop(maker)).len(), 0);
        let left = heard(|| drop(port));
        assert_eq!(left.len(), 2);
        assert!(left[0].starts_with("0: PortLeft port 0 path user 1000"));
        assert!(left[1].starts_with("0: NetworkEnded network path policy 1 flags 0"));
        let maker = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        enter(2);
        let (port, taken) = hear(|| Socket::joined("/net"));
        assert!(taken[0].starts_with("0: PortTaken") && taken[1].starts_with("2: PortTaken"));
        drop(maker);
        let left = heard(|| drop(port));
        let places = left.iter().map(|line| &line[..4]).collect::<Vec<_>>();
        assert_eq!(places, ["0: P", "2: P", "0: N", "2: N"]);
    });
}

#[test]
fn an_end_is_told_once_wherever_a_socket_uses_the_network() {
    alone(|()| {
        let maker = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        let mut others = vec![Socket::made("/other", IPN_BROADCAST, &SHAPE)];
        for namespace in [5, 3, 5, 9] {
            enter(namespace);
            others.push(Socket::joined("/net"));
        }
        enter(7);
        others.push(Socket::joined("/other"));
        let ended = heard(|| end(&maker));
        let places = ended.iter().map(|line| &line[..15]).collect::<Vec<_>>();
        let expected = [0, 3, 5, 9].map(|place| format!("{place}: NetworkEnded"));
        assert_eq!(places, expected);
    });
}

#[test]
fn a_port_tells_what_it_is() {
    alone(|()| {
        be(1000);
        let manager = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        manager.set_bytes(0, IPN_SO_DESCR, b"first\0").unwrap();
        be(1001);
        let none = drops(&[]);
        let port = |number: u32, user: u32, kind: &str, rest: &str| {
            format!("0: PortTaken port {number} path user {user} {kind} {rest} device false sent 0 received 0 reason 0 drops {none}")
        };
        be(0);
        let both = "receives true sends true";
        let taken = heard(|| manager.connect("").unwrap());
        assert_eq!(taken, [port(0, 0, "text \"first\" Socket", both)]);
        let deaf = Socket::open(0).unwrap();
        deaf.shut(0).unwrap();
        let taken = heard(|| deaf.connect("/net").unwrap());
        let expected = port(1, 0, "text \"\" Socket", "receives false sends true");
        assert_eq!(taken, [expected]);
        let observer = Socket::open(0).unwrap();
        observer.set(IPN_SO_OBSERVE, 1).unwrap();
        let taken = heard(|| observer.connect("/net").unwrap());
        let expected = port(2, 0, "text \"\" Observer", "receives true sends false");
        assert_eq!(taken, [expected]);
        // What it has become by the time that it leaves.
        let left = |change: fn(&Socket)| {
            let one = Socket::joined("/net");
            change(&one);
            heard(|| drop(one)).remove(0)
        };
        let mapped = left(|one| {
            Endpoint::map(one.sock(), &NewMapping::new(IPN_MAP_CURSOR)).unwrap();
        });
        let tap = left(|one| one.sock().device.put(NetDevice::default()).unwrap());
        let grabbed = left(|one| {
            one.sock().device.put(NetDevice::default()).unwrap();
            one.sock().device.grabbed.raise();
        });
        for (line, kind) in [(mapped, "Mapped"), (tap, "Tap"), (grabbed, "Grabbed")] {
            assert!(
                line.contains(&format!(" text \"\" {kind} receives")),
                "{line}"
            );
        }
    });
}

#[test]
fn a_loss_is_told_with_its_reason_and_not_again_for_a_second() {
    alone(|()| {
        let at = |ms: u64| time::set(ms * time::MILLISECOND);
        enter(3);
        let one = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        one.connect("").unwrap();
        let (other, third) = (Socket::joined("/net"), Socket::joined("/net"));
        let lose = |port: &Socket, count: u8| {
            (0..4 + count).for_each(|_| assert_eq!(one.send(&[1; 16], 0), Ok(16)));
            let lines = heard(|| drop(port.next().unwrap()));
            while port.next().is_ok() {}
            lines
        };
        at(5000);
        assert_eq!(lose(&other, 0).len(), 0, "it has lost none");
        third.shut(0).unwrap();
        let lines = lose(&other, 3);
        let expected = drops(&[(IPN_DROP_OVERRUN, 3)]);
        for (line, place) in lines.iter().zip([0, 3]) {
            let port = format!("{place}: Lost port 1 user");
            assert!(
                line.starts_with(&port),
                "no path, for it does not sleep: {line}"
            );
            assert!(
                line.ends_with(&format!(" reason 1 drops {expected}")),
                "{line}"
            );
        }
        assert_eq!(lines.len(), 2);
        for (time, told) in [(5999, 0), (6000, 2), (6001, 0), (7001, 2)] {
            at(time);
            assert_eq!(lose(&other, 1).len(), told, "{time}");
        }
        // Of a network.
        let network = one.sock().network().unwrap();
        let lost = report::with_network(network, |told| told.to_string()).unwrap();
        assert!(lost.ends_with(&format!(
            " lost 7 drops {}",
            drops(&[(IPN_DROP_OVERRUN, 7)])
        )));
        // What nobody would hear of is told of the next time, in the initial namespace.
        at(20_000);
        (0..5).for_each(|_| assert_eq!(one.send(&[1; 16], 0), Ok(16)));
        while other.next().is_ok() {}
        assert_eq!(lose(&other, 1).len(), 0, "of another it may be heard");
        enter(0);
        let initial = Socket::joined("/net");
        at(30_000);
        (0..5).for_each(|_| assert_eq!(one.send(&[1; 16], 0), Ok(16)));
        while initial.next().is_ok() {}
        assert_eq!(lose(&initial, 1).len(), 1);
        assert_eq!(lose(&initial, 1).len(), 0);
        drop(initial);
    });
}

#[test]
fn what_filter_policy_and_device_drop_is_told_by_its_reason() {
    alone(|()| {
        let one = Socket::made("/net", TAGS, &SHAPE);
        one.connect("").unwrap();
        let (tagged, filtered) = (Socket::joined("/net"), Socket::joined("/net"));
        filtered.sock().attach_filter(|_| 0);
        for _ in 0..2 {
            one.send(&[1; 16], 0).unwrap();
        }
        assert!(filtered.next().is_err() && tagged.next().is_err());
        one.send(b"X goes nowhere", 0).unwrap();
        assert!(filtered.next().is_err() && tagged.next().is_err());
        let port = |port: Socket| heard(|| drop(port)).remove(0);
        let ends = |line: String, counts: &[(u32, u64)]| {
            let expected = format!(" reason 0 drops {}", drops(counts));
            assert!(line.ends_with(&expected), "{line}");
        };
        ends(port(tagged), &[(IPN_DROP_TOO_LONG, 2)]);
        ends(port(filtered), &[(IPN_DROP_FILTERED, 2)]);
        let device = Socket::joined("/net");
        device.sock().device.put(NetDevice::default()).unwrap();
        let lost = heard(|| report::drop_of_device(device.sock(), 3, IPN_DROP_SHUT));
        assert!(lost[0].starts_with("0: Lost port 1 user 1000 text \"\" Tap"));
        let all = drops(&[(IPN_DROP_SHUT, 3)]);
        assert!(
            lost[0].ends_with(&format!(" reason 6 drops {all}")),
            "{}",
            lost[0]
        );
        let network = one.sock().network().unwrap().clone();
        let told = report::with_network(&network, |told| told.to_string()).unwrap();
        let all = [
            (IPN_DROP_TOO_LONG, 2),
            (IPN_DROP_SHUT, 3),
            (IPN_DROP_LOCKED, 1),
        ];
        let all = drops(&all);
        assert!(told.ends_with(&format!(" lost 2 drops {all}")), "{told}");
        // The sender's, as the message went to nobody.
        ends(port(one), &[(IPN_DROP_LOCKED, 1)]);
    });
}

/// What a reader of a user gets who sees all ports, or those of its network namespace; in parts of so many.
fn list(ports: bool, (uid, namespace): (u32, u32), sees: (bool, bool), room: usize) -> Vec<String> {
    be(uid);
    let (mut got, mut place) = (Vec::new(), (0, 0));
    loop {
        let before = got.len();
        let mut dump = Dump {
            is_of_ports: ports,
            sees_all: sees.0,
            sees_namespace: sees.1,
            namespace: Namespace(namespace),
            place,
            room,
            got: &mut got,
        };
        listing::dump(&mut dump);
        place = dump.place;
        if got.len() == before {
            return got;
        }
        assert!(got.len() - before <= room);
    }
}

#[test]
fn a_reader_gets_the_networks_and_ports_that_it_may_know() {
    alone(|()| {
        // One of three ports, whose maker is 1000; and one of a single one, of another namespace.
        be(1000);
        let options = [&SHAPE[..], &[(IPN_SO_MODE, 0o777)]].concat();
        let maker = Socket::made("/net", IPN_BROADCAST, &options);
        maker.connect("").unwrap();
        let mut ports = Vec::new();
        for (uid, namespace) in [(0, 0), (1002, 4)] {
            be(uid);
            enter(namespace);
            ports.push(Socket::joined("/net"));
        }
        enter(4);
        be(1003);
        let other = Socket::made("/other", IPN_BROADCAST, &SHAPE);
        other.connect("").unwrap();
        enter(0);
        for room in [1, 2, 3, 64] {
            let networks = |who| list(false, who, (false, false), room).len();
            assert_eq!(networks((1005, 0)), 2, "in the initial namespace all");
            assert_eq!(networks((1005, 4)), 2, "both have a port of it");
            assert_eq!(networks((1005, 6)), 0);
            assert_eq!(list(false, (1005, 6), (true, false), room).len(), 2);
            let count = |who, sees| list(true, who, sees, room).len();
            for namespace in [0, 4, 6] {
                assert_eq!(count((1005, namespace), (true, false)), 4);
            }
            assert_eq!(count((1005, 0), (false, true)), 4);
            assert_eq!(count((1005, 4), (false, true)), 2);
            assert_eq!(count((1005, 6), (false, true)), 0);
            assert_eq!(count((1005, 0), (false, false)), 0);
            // Who made it sees all of its ports; the rest those that they took.
            assert_eq!(count((1000, 0), (false, false)), 3);
            assert_eq!(count((1003, 4), (false, false)), 1);
            assert_eq!(count((0, 0), (false, false)), 1);
            assert_eq!(count((1002, 0), (false, false)), 1);
            assert_eq!(count((0, 4), (false, false)), 0);
            assert_eq!(count((1002, 4), (false, false)), 1);
        }
        let mut lines = list(true, (1000, 0), (false, false), 2);
        lines.sort();
        for (number, line) in lines.iter().enumerate() {
            assert!(
                line.starts_with(&format!("port {number} path user ")),
                "{line}"
            );
        }
        // A manager sees the ports too: of its own namespace, unless that is the initial one.
        be(0);
        enter(4);
        let manager = Socket::open(0).unwrap();
        manager.bind("/net").unwrap();
        enter(0);
        assert_eq!(list(true, (0, 4), (false, false), 9).len(), 3);
        assert_eq!(list(true, (0, 0), (false, false), 9).len(), 3);
        assert_eq!(list(true, (0, 6), (false, false), 9).len(), 0);
    });
}
