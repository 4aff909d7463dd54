// SPDX-License-Identifier: GPL-2.0

//! What calls answer, by how far their socket has come: options, requests, names and rights, as
//! af_ipn(7) has it.

use crate::{
    abi::uapi::*,
    caller::{address, alone, be, errors::*, Answer, Socket},
    chaos,
    policies::{PAIRS, SWITCH},
    rust::fs::path,
    table::says,
    world::IPN_TERMINATE,
};
use std::ffi::CString;

/// `IPN_CHECK`.
const CHECK: u32 = ((b'I' as u32) << 8) | 199;

/// How far a socket has come: one that knows no network, that manages one without a port and with one,
/// and that only has a port.
const FRESH: usize = 0;
const BOUND: usize = 1;
const MANAGER: usize = 2;
const MEMBER: usize = 3;

/// What they are called in the table.
const STATES: [&str; 4] = ["fresh", "created", "manager", "member"];

/// A socket of each, of one network with 4 ports, of which two are taken.
fn sockets(protocol: u32) -> [Socket; 4] {
    let options = [
        (IPN_SO_NUMNODES, 4),
        (IPN_SO_MTU, 16),
        (IPN_SO_MSGPOOLSIZE, 4),
    ];
    let bound = Socket::made("/net", protocol, &options);
    let manager = Socket::open(0).unwrap();
    manager.bind("/net").unwrap();
    manager.connect("").unwrap();
    [
        Socket::open(0).unwrap(),
        bound,
        manager,
        Socket::joined("/net"),
    ]
}

#[test]
fn a_socket_is_of_a_type_and_a_policy_that_there_are() {
    alone(|()| {
        for (protocol, expected) in [
            (0, Ok(())),
            (1, Ok(())),
            (SWITCH as i32, Ok(())),
            (4, Err(PROTONOSUPPORT)),
            (63, Err(PROTONOSUPPORT)),
            (-1, Err(PROTONOSUPPORT)),
            (i32::MIN, Err(PROTONOSUPPORT)),
        ] {
            assert_eq!(Socket::open(protocol).map(drop), expected, "{protocol}");
        }
        use crate::{rust::net::socket::Sock, socket::Endpoint};
        for (kind, is_one) in [
            (1, false),
            (2, true),
            (3, true),
            (4, true),
            (5, true),
            (6, false),
        ] {
            match Sock::<Endpoint>::open(kind, 0) {
                Ok(sock) => {
                    assert!(is_one, "{kind}");
                    Sock::close(sock);
                }
                Err(error) => assert!(!is_one && error.to_errno() == -SOCKTNOSUPPORT, "{kind}"),
            }
        }
    });
}

#[test]
fn the_shape_is_set_before_there_is_a_network_and_told_ever_after() {
    alone(|()| {
        let sockets = sockets(IPN_BROADCAST);
        for (option, default, least, most, made) in [
            (IPN_SO_MSGPOOLSIZE, 85, 1, 65536, 4),
            (IPN_SO_MTU, 1514, 1, 16_777_216, 16),
            (IPN_SO_NUMNODES, 64, 1, 64, 4),
            (IPN_SO_FLAGS, 0, 0, 15, 0),
            (IPN_SO_MODE, 0o700, 0, 0o777, 0o700),
        ] {
            let fresh = &sockets[FRESH];
            assert_eq!(fresh.get(option), Ok(default));
            for (value, expected) in [
                (least, Ok(())),
                (most, Ok(())),
                (least - 1, Err(INVAL)),
                (most + 1, Err(INVAL)),
                (i32::MIN, Err(INVAL)),
            ] {
                assert_eq!(fresh.set(option, value), expected, "{option} {value}");
                assert_eq!(
                    fresh.get(option),
                    Ok(if expected.is_ok() { value } else { most })
                );
            }
            for (sock, state) in sockets.iter().zip(STATES).skip(BOUND) {
                let expected = says("setsockopt IPN_SO_MTU 1", state).map(drop);
                assert_eq!(sock.set(option, made), expected);
                assert_eq!(sock.get(option), Ok(made), "{option}");
            }
            assert_eq!(fresh.set_bytes(0, option, &[1, 0, 0]), Err(INVAL));
        }
        let switch = Socket::open(SWITCH as i32).unwrap();
        assert_eq!(switch.get(IPN_SO_MTU), Ok(1518));
        for (value, expected) in [(65535, Ok(())), (65536, Err(INVAL))] {
            assert_eq!(switch.set(IPN_SO_MTU, value), expected, "of a policy");
        }
        for (flags, expected) in [(7, Ok(())), (8, Err(INVAL)), (15, Err(INVAL))] {
            assert_eq!(switch.set(IPN_SO_FLAGS, flags), expected, "one writer");
        }
        sockets[MANAGER].request(IPN_TERMINATE, 0).unwrap();
        assert_eq!(sockets[MEMBER].get(IPN_SO_FLAGS), Ok(0x1000));
    });
}

#[test]
fn a_network_has_room_for_its_longest_message() {
    alone(|()| {
        for (bytes, expected) in [(65535, Err(INVAL)), (65536, Ok(()))] {
            let sock = Socket::open(0).unwrap();
            sock.set(IPN_SO_MTU, 65535).unwrap();
            sock.set(IPN_SO_BYTES, bytes).unwrap();
            assert_eq!(sock.bind("/net"), expected, "{bytes}");
        }
    });
}

#[test]
fn who_binds_as_another_takes_the_name_away_is_not_told_that_it_is_none() {
    chaos::schedules(
        |()| {
            let maker = Socket::made("/net", IPN_BROADCAST, &[]);
            let binds = shuttle::thread::spawn(|| Socket::open(0).unwrap().bind("/net"));
            path::unlink(c"/net").unwrap();
            let bound = binds.join().unwrap();
            assert!([Ok(()), Err(ADDRINUSE)].contains(&bound), "{bound:?}");
            drop(maker);
            let _ = path::unlink(c"/net");
        },
        100,
    );
}

#[test]
fn a_number_of_a_port_is_one_that_a_network_may_have() {
    alone(|()| {
        let sockets = sockets(IPN_BROADCAST);
        for (value, expected) in [
            (0, Ok(())),
            (63, Ok(())),
            (-1, Ok(())),
            (64, Err(INVAL)),
            (-2, Err(INVAL)),
            (i32::MAX, Err(INVAL)),
        ] {
            for sock in &sockets[..MANAGER] {
                assert_eq!(sock.set(IPN_SO_PORT, value), expected, "{value}");
                assert_eq!(
                    sock.get(IPN_SO_PORT).is_ok_and(|now| now == value),
                    expected.is_ok()
                );
                sock.set(IPN_SO_PORT, 3).unwrap();
            }
            for (sock, state) in sockets.iter().zip(STATES).skip(MANAGER) {
                let expected = says("setsockopt IPN_SO_PORT 1", state).map(drop);
                assert_eq!(sock.set(IPN_SO_PORT, value), expected, "{value}");
            }
        }
        assert_eq!(sockets[MANAGER].get(IPN_SO_PORT), Ok(0));
        assert_eq!(sockets[MEMBER].get(IPN_SO_PORT), Ok(1));
        for (wanted, expected) in [(4, Err(ADDRNOTAVAIL)), (1, Err(ADDRINUSE)), (3, Ok(()))] {
            sockets[BOUND].set(IPN_SO_PORT, wanted).unwrap();
            assert_eq!(sockets[BOUND].connect(""), expected);
        }
        assert_eq!(sockets[BOUND].get(IPN_SO_PORT), Ok(3));
        let last = Socket::joined("/net");
        assert_eq!(last.get(IPN_SO_PORT), Ok(2));
        assert_eq!(Socket::open(0).unwrap().connect("/net"), Err(ADDRNOTAVAIL));
    });
}

#[test]
fn a_manager_changes_the_number_of_ports() {
    for protocol in [IPN_BROADCAST, SWITCH, PAIRS] {
        fn check(protocol: u32) {
            let sockets = sockets(protocol);
            let set = |who: usize, ports| sockets[who].set(IPN_SO_CHANGE_NUMNODES, ports);
            for who in [FRESH, MEMBER] {
                let expected = says("setsockopt IPN_SO_CHANGE_NUMNODES 1", STATES[who]);
                assert_eq!(set(who, 4), expected.map(drop));
            }
            let unknown = says("getsockopt IPN_SO_CHANGE_NUMNODES len 4", "fresh").map(|_| 0);
            assert_eq!(sockets[FRESH].get(IPN_SO_CHANGE_NUMNODES), unknown);
            for who in [BOUND, MANAGER] {
                // Ports 0 and 1 are taken.
                for (ports, expected) in [
                    (0, Err(INVAL)),
                    (65, Err(INVAL)),
                    (1, Err(ADDRINUSE)),
                    (64, Ok(())),
                    (2, Ok(())),
                ] {
                    let before = sockets[MEMBER].get(IPN_SO_NUMNODES).unwrap();
                    assert_eq!(set(who, ports), expected, "{ports}");
                    let now = if expected.is_ok() { ports } else { before };
                    assert_eq!(sockets[MEMBER].get(IPN_SO_NUMNODES), Ok(now));
                    assert_eq!(sockets[MEMBER].get(IPN_SO_CHANGE_NUMNODES), Ok(now));
                }
                assert_eq!(Socket::open(0).unwrap().connect("/net"), Err(ADDRNOTAVAIL));
                set(who, 3).unwrap();
                assert_eq!(Socket::joined("/net").get(IPN_SO_PORT), Ok(2));
            }
        }
        alone(match protocol {
            IPN_BROADCAST => |()| check(IPN_BROADCAST),
            SWITCH => |()| check(SWITCH),
            _ => |()| check(PAIRS),
        });
    }
}

#[test]
fn options_that_are_none_are_refused() {
    alone(|()| {
        for (sock, state) in sockets(IPN_BROADCAST).iter().zip(STATES) {
            let (get, set) = ("getsockopt 0:127 len 4", "setsockopt 0:127 1");
            for option in [17, 0x7f, 0x88, 0x8a, u32::MAX] {
                assert_eq!(sock.get(option), says(get, state).map(|_| 0), "{option}");
                assert_eq!(sock.set(option, 1), says(set, state).map(drop), "{option}");
            }
            let (get, set) = ("getsockopt 64:0 len 4", "setsockopt 64:0 1");
            for level in [1, 4, 63, 64, -1, i32::MIN] {
                let answer = sock.set_bytes(level, 0, &[0; 4]);
                assert_eq!(answer, says(set, state).map(drop), "{level}");
                let answer = sock.get_bytes(level, 0, 4).map(drop);
                assert_eq!(answer, says(get, state).map(drop), "{level}");
            }
        }
    });
}

#[test]
fn options_of_a_policy_are_those_of_the_networks_of_it() {
    alone(|()| {
        let level = SWITCH as i32;
        let sockets = sockets(SWITCH);
        let set = |who: usize, bytes: &[u8]| sockets[who].set_bytes(level, 9, bytes);
        assert_eq!(set(FRESH, &[1]), Err(NOTCONN));
        assert_eq!(sockets[FRESH].get_bytes(level, 9, 4), Err(NOTCONN));
        assert_eq!(set(MEMBER, &[1]), Err(ACCES));
        for who in [BOUND, MANAGER] {
            assert_eq!(set(who, &[1, 2, 3]), Ok(()));
            assert_eq!(sockets[MEMBER].get_bytes(level, 9, 3), Ok(vec![1, 2, 3]));
            // The longest that is set.
            assert_eq!(set(who, &[7; 4096]), Ok(()));
            assert_eq!(set(who, &[8; 4097]), Err(INVAL));
            assert_eq!(sockets[MEMBER].get_bytes(level, 9, 4096), Ok(vec![7; 4096]));
        }
        // The longest answer that there is room for.
        assert_eq!(
            sockets[BOUND]
                .get_bytes(level, 10, 70000)
                .map(|answer| answer.len()),
            Ok(65536)
        );
        let hub = Socket::made("/hub", IPN_BROADCAST, &[(IPN_SO_MTU, 16)]);
        assert_eq!(hub.set_bytes(level, 9, &[1]), Err(NOPROTOOPT));
        let small = [(IPN_SO_MTU, 16), (IPN_SO_MSGPOOLSIZE, 4)];
        let pairs = Socket::made("/pairs", PAIRS, &small);
        assert_eq!(pairs.set_bytes(level, 9, &[1]), Err(NOPROTOOPT));
    });
}

#[test]
fn a_socket_tells_what_it_is() {
    alone(|()| {
        let sockets = sockets(IPN_BROADCAST);
        let creators = sockets.each_ref().map(|sock| sock.get(IPN_SO_CREATOR));
        assert_eq!(creators, [Ok(0), Ok(1), Ok(0), Ok(0)]);
        let name = [&address("/net")[..], &[0]].concat();
        for (who, sock) in sockets.iter().enumerate() {
            let on_network = |answer| says("getsockname 128", STATES[who]).map(|_| answer);
            assert_eq!(sock.name(), on_network(name.clone()));
            assert_eq!(sock.get_bytes(0, IPN_SO_FILE, 16), on_network(vec![0; 16]));
            assert_eq!(sock.set_bytes(0, IPN_SO_DESCR, &[b'a'; 128]), Err(INVAL));
            assert_eq!(sock.get_bytes(0, IPN_SO_DESCR, 128), Ok(vec![0]));
            let text = [&[b'a'; 127][..], &[0]].concat();
            assert_eq!(sock.set_bytes(0, IPN_SO_DESCR, &text), Ok(()));
            assert_eq!(sock.get_bytes(0, IPN_SO_DESCR, 128), Ok(text));
        }
    });
}

#[test]
fn requests_are_answered_by_who_may_make_them() {
    alone(|()| {
        let sockets = sockets(IPN_BROADCAST);
        for (sock, state) in sockets.iter().zip(STATES) {
            assert_eq!(sock.request(CHECK, 0), Ok(CHECK as i32));
            let none = says("ioctl 0x49c8", state).map(|_| 0);
            assert_eq!(sock.request(CHECK + 1, 0), none);
            let reserved = says("ioctl IPN_REGISTER_CHRDEV", state).map(|_| 0);
            // Those of character devices: `include/uapi/linux/af_ipn.h`.
            let chrdevreq = 76 << 16;
            for request in [
                0xc000_0000 | chrdevreq | (0x49 << 8) | 0x2d,
                (0x49 << 8) | 0x2e,
                0x8000_0000 | chrdevreq | (0x49 << 8) | 0x2f,
                0x8000_0000 | (4 << 16) | (0x49 << 8) | 0x30,
            ] {
                assert_eq!(sock.request(request, 0), reserved, "{request:x}");
            }
        }
        for who in [FRESH, MEMBER] {
            let expected = says("ioctl IPN_TERMINATE do", STATES[who]).map(|_| 0);
            assert_eq!(sockets[who].request(IPN_TERMINATE, 0), expected);
        }
        assert_eq!(sockets[MEMBER].send(&[0; 16], 0), Ok(16));
        assert_eq!(sockets[BOUND].request(IPN_TERMINATE, 0), Ok(0));
        let over = says("send 1 DONTWAIT", "ended");
        assert_eq!(sockets[MEMBER].send(&[0; 16], 0), over);
        assert_eq!(sockets[MANAGER].request(IPN_TERMINATE, 0), Ok(0));
    });
}

#[test]
fn names_are_taken_and_found_as_those_of_networks() {
    alone(|()| {
        let sockets = sockets(IPN_BROADCAST);
        let other = Socket::made("/other", IPN_BROADCAST, &[]);
        path::create_file(&CString::new("/file").unwrap());
        let expect = |call: &str, who: usize| says(call, STATES[who]).map(drop);
        for who in [BOUND, MANAGER, MEMBER] {
            assert_eq!(sockets[who].bind("/new"), expect("bind none", who));
        }
        for who in [MANAGER, MEMBER] {
            assert_eq!(sockets[who].connect("/net"), expect("connect own", who));
            assert_eq!(sockets[who].connect(""), expect("connect null", who));
        }
        // That of another network is no name of its own.
        let other_name = expect("connect directory", BOUND);
        assert_eq!(sockets[BOUND].connect("/other"), other_name);
        let none = expect("connect none", BOUND);
        assert_eq!(sockets[BOUND].connect("/none"), none);
        assert_eq!(sockets[BOUND].connect("/net"), expect("connect own", BOUND));
        let fresh = &sockets[FRESH];
        assert_eq!(fresh.connect(""), expect("connect null", FRESH));
        assert_eq!(fresh.connect("/none"), expect("connect none", FRESH));
        let no_network = expect("connect directory", FRESH);
        assert_eq!(fresh.connect("/file"), no_network);
        assert_eq!(fresh.bind("/file"), expect("bind directory", FRESH));
        let switch = Socket::open(SWITCH as i32).unwrap();
        assert_eq!(switch.connect("/net"), Err(PROTO));
        assert_eq!(switch.bind("/net"), Err(PROTO));
        assert_eq!(fresh.connect("/net"), Ok(()));
        // What is left of a network that is over is a name, which is in the way.
        drop(other);
        let late = Socket::open(0).unwrap();
        assert_eq!(late.connect("/other"), no_network);
        assert_eq!(late.bind("/other"), no_network);
        // Nobody comes to one that has ended.
        sockets[MANAGER].request(IPN_TERMINATE, 0).unwrap();
        assert_eq!(late.connect("/net"), no_network);
        assert_eq!(late.bind("/net"), no_network);
    });
}

#[test]
fn an_exclusive_network_has_one_manager() {
    alone(|()| {
        for (first, second, expected) in [
            (0, 0, Ok(())),
            (IPN_FLAG_EXCL, 0, Err(EXIST)),
            (0, IPN_FLAG_EXCL, Err(EXIST)),
        ] {
            let one = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_FLAGS, first as i32)]);
            let other = Socket::open(0).unwrap();
            other.set(IPN_SO_FLAGS, second as i32).unwrap();
            assert_eq!(other.bind("/net"), expected);
            drop((one, other));
        }
    });
}

/// What the mode bits give: each of `r`, `w`, `x` for who is neither the owner nor root.
#[test]
fn the_mode_bits_give_each_right() {
    alone(|()| {
        for mode in 0..8 {
            let (receives, sends, manages) = (mode & 4 != 0, mode & 2 != 0, mode & 1 != 0);
            be(1000);
            let maker = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_MODE, mode)]);
            maker.connect("").unwrap();
            be(1001);
            let port = Socket::open(0).unwrap();
            let expected = (receives || sends).then_some(()).ok_or(ACCES);
            assert_eq!(port.connect("/net"), expected, "{mode}");
            if expected.is_ok() {
                let may = |may: bool, answer: Answer<usize>| if may { answer } else { Err(PIPE) };
                assert_eq!(port.send(&[1; 14], 0), may(sends, Ok(14)), "{mode}");
                assert_eq!(maker.next().is_ok(), sends);
                maker.send(&[2; 14], 0).unwrap();
                assert_eq!(
                    port.next().map(|got| got.len()),
                    may(receives, Ok(14)),
                    "{mode}"
                );
            }
            let manager = Socket::open(0).unwrap();
            assert_eq!(
                manager.bind("/net"),
                manages.then_some(()).ok_or(ACCES),
                "{mode}"
            );
            if manages && (receives || sends) {
                assert_eq!(manager.connect(""), Ok(()));
            }
            // Who gives up the one direction that there is has none.
            let shy = Socket::open(0).unwrap();
            shy.shut(if receives { 0 } else { 1 }).unwrap();
            let left = receives && sends;
            assert_eq!(
                shy.connect("/net"),
                left.then_some(()).ok_or(ACCES),
                "{mode}"
            );
            be(0);
            assert_eq!(Socket::open(0).unwrap().connect("/net"), Ok(()));
            drop((maker, port, manager, shy));
        }
    });
}

#[test]
fn another_manager_makes_a_network_no_larger_than_its_owner_did() {
    alone(|()| {
        for (uid, more) in [(1001, Err(PERM)), (1000, Ok(())), (0, Ok(()))] {
            be(1000);
            let maker = Socket::made(
                "/net",
                IPN_BROADCAST,
                &[(IPN_SO_NUMNODES, 8), (IPN_SO_MODE, 0o707)],
            );
            be(uid);
            let manager = Socket::open(0).unwrap();
            manager.bind("/net").unwrap();
            assert_eq!(manager.set(IPN_SO_CHANGE_NUMNODES, 4), Ok(()));
            assert_eq!(manager.set(IPN_SO_CHANGE_NUMNODES, 8), Ok(()));
            assert_eq!(manager.set(IPN_SO_CHANGE_NUMNODES, 9), more, "{uid}");
            drop((maker, manager));
        }
    });
}

#[test]
fn a_network_grows_within_what_its_owner_may_have() {
    alone(|()| {
        be(1000);
        let shape = [
            (IPN_SO_MSGPOOLSIZE, 64),
            (IPN_SO_MTU, 1024),
            (IPN_SO_NUMNODES, 4),
        ];
        let maker = Socket::made("/net", SWITCH, &shape);
        // Each port has a ring of more than 64 KiB, and the network may have 1 MiB.
        assert_eq!(maker.set(IPN_SO_CHANGE_NUMNODES, 10), Ok(()));
        assert_eq!(maker.set(IPN_SO_CHANGE_NUMNODES, 17), Err(NOBUFS));
        assert_eq!(maker.get(IPN_SO_NUMNODES), Ok(10));
    });
}

#[test]
fn a_user_has_as_many_networks_and_bytes_as_its_quota_and_gets_all_back() {
    /// How many networks of so many messages of 1 KiB there is room for.
    fn room(protocol: u32, pool: i32) -> usize {
        let shape = [
            (IPN_SO_MSGPOOLSIZE, pool),
            (IPN_SO_MTU, 1024),
            (IPN_SO_NUMNODES, 4),
        ];
        let mut made = Vec::new();
        loop {
            let new = Socket::open(protocol as i32).unwrap();
            shape.map(|(option, value)| new.set(option, value).unwrap());
            match new.bind(&format!("/{}", made.len())) {
                Ok(()) => made.push(new),
                Err(error) => {
                    assert_eq!(error, NOBUFS);
                    break;
                }
            }
        }
        let count = made.len();
        drop(made);
        for number in 0..count {
            path::unlink(&CString::new(format!("/{number}")).unwrap()).unwrap();
        }
        count
    }
    alone(|()| {
        be(1000);
        // 8 networks, 4 MiB of all, 1 MiB of one.
        assert_eq!(room(IPN_BROADCAST, 16), 8);
        assert_eq!(room(IPN_BROADCAST, 830), 4);
        assert_eq!(room(IPN_BROADCAST, 1024), 0);
        let switches = room(SWITCH, 200);
        for protocol in [IPN_BROADCAST, SWITCH] {
            for ports in 1..56 {
                let new = Socket::made(
                    "/net",
                    protocol,
                    &[(IPN_SO_NUMNODES, 8), (IPN_SO_MSGPOOLSIZE, 8)],
                );
                new.connect("").unwrap();
                new.set(IPN_SO_CHANGE_NUMNODES, ports).unwrap();
                if ports % 3 == 0 {
                    new.request(IPN_TERMINATE, 0).unwrap();
                }
                drop(new);
            }
        }
        assert_eq!(room(IPN_BROADCAST, 16), 8);
        assert_eq!(room(IPN_BROADCAST, 830), 4);
        assert_eq!(room(SWITCH, 200), switches);
    });
}
