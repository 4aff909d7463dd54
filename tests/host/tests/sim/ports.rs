// SPDX-License-Identifier: GPL-2.0

//! What ports of each kind answer and get: devices, mapped readers, those of which a policy says what they get.

use crate::{
    abi::uapi::*,
    caller::{alone, be, errors::*, Answer, Socket},
    device::napi,
    policies::{PAIRS, SWITCH, TAGS},
    rust::{
        glue::{
            arrival::Arrival,
            netdev::{NetDevice, Turn},
        },
        mm::mmap::NewMapping,
        net::family::Family,
        task::workers,
    },
    socket::{backlog, Endpoint},
    table::says,
    world::IPN_TERMINATE,
};

const SHAPE: [(u32, i32); 2] = [(IPN_SO_MTU, 16), (IPN_SO_MSGPOOLSIZE, 4)];

/// A manager with port 0 of a network, another port, and one that is a device.
fn with_a_device(protocol: u32, flags: u32) -> (Socket, Socket, Socket) {
    let options = [&SHAPE[..], &[(IPN_SO_FLAGS, flags as i32)]].concat();
    let manager = Socket::made("/net", protocol, &options);
    manager.connect("").unwrap();
    let other = Socket::joined("/net");
    let device = Socket::joined("/net");
    device.sock().device.put(NetDevice::default()).unwrap();
    (manager, other, device)
}

/// The port's device sends a packet; in the end what was put off is done.
fn packet(device: &Socket, bytes: &[u8]) -> Answer {
    let result = backlog::enter(device.sock(), &mut Arrival::new(bytes));
    workers::flush();
    result.map_err(|errno| errno.number().into())
}

fn map(port: &Socket, mapping: NewMapping<'_>) -> Answer {
    Endpoint::map(port.sock(), &mapping).map_err(|error| -error.to_errno())
}

#[test]
fn calls_leave_the_messages_of_a_device_to_it() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, _other, device) = with_a_device(protocol, 0);
            one.send(&[1; 16], 0).unwrap();
            let tap = |call| says(call, "tap").map(drop);
            assert_eq!(device.send(&[1], 0).map(drop), tap("send 1 DONTWAIT"));
            assert_eq!(device.receive(1, 0).map(drop), tap("recv 4 DONTWAIT"));
            assert_eq!(device.next_length(), Ok(0));
            assert_eq!(device.poll(), 0);
            let mapped = map(&device, NewMapping::new(IPN_MAP_RING));
            assert_eq!(mapped, tap("mmap ring r shared 4096"));
            one.request(IPN_TERMINATE, 0).unwrap();
            assert_eq!(device.poll(), 0x2011, "readable, and hung up");
        }
    });
}

#[test]
fn a_device_sends_packets_of_up_to_the_mtu_in_their_order() {
    alone(|()| {
        for (protocol, flags) in [
            (IPN_BROADCAST, 0),
            (PAIRS, 0),
            (IPN_BROADCAST, IPN_FLAG_LOSSLESS),
        ] {
            let (one, other, device) = with_a_device(protocol, flags);
            let partner = Socket::joined("/net");
            for len in [0, 1, 15, 16] {
                assert_eq!(packet(&device, &[len; 16][..len.into()]), Ok(()));
            }
            assert_eq!(packet(&device, &[0; 17]), Err(MSGSIZE));
            let readers = if protocol == PAIRS {
                vec![&partner]
            } else {
                vec![&one, &other, &partner]
            };
            if flags != 0 {
                assert_eq!(packet(&device, &[9]), Err(AGAIN), "there is no room");
            }
            for reader in readers {
                for len in [0, 1, 15, 16] {
                    assert_eq!(reader.next(), Ok([len; 16][..len.into()].to_vec()));
                }
                assert_eq!(reader.next(), Err(AGAIN));
            }
            assert_eq!(packet(&device, &[9]), Ok(()));
        }
    });
}

#[test]
fn what_a_device_sends_to_many_ports_comes_to_each_in_the_end() {
    alone(|()| {
        let (one, other, device) = with_a_device(SWITCH, 0);
        let more = [(); 3].map(|()| Socket::joined("/net"));
        for last in 0..3 {
            let frame = [&[255; 6][..], &[2, 0, 0, 0, 0, 7, 0x88, 0xb5, 0, last]].concat();
            assert_eq!(packet(&device, &frame), Ok(()));
            for reader in [&one, &other].into_iter().chain(&more) {
                assert_eq!(reader.next(), Ok(frame.clone()));
                assert_eq!(reader.next(), Err(AGAIN));
            }
        }
    });
}

#[test]
fn a_device_gets_what_its_turn_has_steps_for() {
    alone(|()| {
        let (one, _other, device) = with_a_device(IPN_BROADCAST, 0);
        let turn = Turn::new(device.sock());
        let got = || turn.device().packets();
        assert_eq!(napi::poll(&turn, 4), 0);
        for number in 0..3 {
            one.send(&[number; 3], 0).unwrap();
        }
        assert_eq!((napi::poll(&turn, 2), got().len()), (2, 2));
        assert_eq!((napi::poll(&turn, 2), got().len()), (1, 3));
        packet(&device, &[7]).unwrap();
        assert_eq!((napi::poll(&turn, 4), got().len()), (0, 3), "its own");
        for number in 3..9 {
            one.send(&[number; 3], 0).unwrap();
        }
        // A step for all that it lost.
        assert_eq!((napi::poll(&turn, 9), got().len()), (5, 7));
        let numbers = got().iter().map(|packet| packet[0]).collect::<Vec<_>>();
        assert_eq!(numbers, [0, 1, 2, 5, 6, 7, 8]);
        assert_eq!(device.sock().drops(), 2);
        device.shut(0).unwrap();
        one.send(&[9; 3], 0).unwrap();
        assert_eq!((napi::poll(&turn, 9), got().len()), (0, 7));
        // A socket that has no port has nothing for a device.
        assert_eq!(
            napi::poll(&Turn::new(Socket::open(0).unwrap().sock()), 9),
            0
        );
    });
}

#[test]
fn only_who_sees_all_messages_maps_them() {
    alone(|()| {
        let fresh = Socket::open(0).unwrap();
        assert_eq!(map(&fresh, NewMapping::new(IPN_MAP_RING)), Err(NOTCONN));
        for protocol in [SWITCH, PAIRS] {
            let other = Socket::made("/switch", protocol, &SHAPE);
            other.connect("").unwrap();
            assert_eq!(map(&other, NewMapping::new(IPN_MAP_RING)), Err(OPNOTSUPP));
        }
        let hub = Socket::made("/hub", IPN_BROADCAST, &SHAPE);
        hub.connect("").unwrap();
        for offset in [IPN_MAP_RING, IPN_MAP_CURSOR] {
            let mut private = NewMapping::new(offset);
            private.shared = false;
            let mut too_long = NewMapping::new(offset);
            too_long.too_long = true;
            assert_eq!(
                (map(&hub, private), map(&hub, too_long)),
                (Err(INVAL), Err(INVAL))
            );
            assert_eq!(map(&hub, NewMapping::new(offset)), Ok(()));
            let deaf = Socket::joined("/hub");
            deaf.shut(0).unwrap();
            assert_eq!(map(&deaf, NewMapping::new(offset)), Err(ACCES));
            let filtered = Socket::joined("/hub");
            filtered.sock().attach_filter(|_| usize::MAX);
            assert_eq!(map(&filtered, NewMapping::new(offset)), Err(ACCES));
        }
        assert_eq!(map(&hub, NewMapping::new(4096)), Err(INVAL));
    });
}

#[test]
fn who_maps_a_ring_finds_no_byte_of_what_can_not_be_read() {
    alone(|()| {
        let one = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        one.connect("").unwrap();
        // The last ones are shorter than those whose places they have.
        for len in [16, 16, 16, 16, 16, 1, 1, 1, 1] {
            one.send(&[0xaa; 16][..len], 0).unwrap();
        }
        let seen = || {
            let ring = &one.sock().seat.as_ref().unwrap().ring;
            let bytes = ring.memory().seen();
            bytes.iter().filter(|&&byte| byte == 0xaa).count()
        };
        assert!(seen() > 4, "it costs nothing as long as nobody sees it");
        assert_eq!(map(&one, NewMapping::new(IPN_MAP_RING)), Ok(()));
        assert_eq!(seen(), 4);
    });
}

#[test]
fn a_mapped_reader_that_asks_makes_room_and_counts_what_it_lost() {
    alone(|()| {
        let reader = |flags| {
            let options = [&SHAPE[..], &[(IPN_SO_FLAGS, flags as i32)]].concat();
            let one = Socket::made("/net", IPN_BROADCAST, &options);
            one.connect("").unwrap();
            let other = Socket::joined("/net");
            assert_eq!(map(&other, NewMapping::new(IPN_MAP_CURSOR)), Ok(()));
            (one, other)
        };
        let (one, other) = reader(IPN_FLAG_LOSSLESS);
        let mut sent = 0;
        while one.send(&[1; 16], 0).is_ok() {
            sent += 1;
        }
        let mut entry = one.sock().join();
        assert_eq!(Endpoint::poll(one.sock(), true), 0);
        let page = other.sock().port.cursor.page().unwrap();
        page.position.store(sent);
        assert!(!one.sock().was_woken(&mut entry), "who knows of it?");
        assert_eq!(other.next_length(), Ok(0));
        assert!(one.sock().was_woken(&mut entry));
        one.sock().unjoin();
        let (one, other) = reader(0);
        for _ in 0..20 {
            one.send(&[1; 16], 0).unwrap();
        }
        assert_eq!((other.next_length(), other.sock().drops()), (Ok(16), 16));
        other.shut(0).unwrap();
        for _ in 0..20 {
            one.send(&[1; 16], 0).unwrap();
        }
        assert_eq!((other.next_length(), other.sock().drops()), (Ok(0), 16));
    });
}

/// Each gets what the policy makes of the message, or it is counted as lost where that is longer than
/// messages may be.
#[test]
fn what_a_policy_makes_too_long_is_counted() {
    alone(|()| {
        let one = Socket::made("/net", TAGS, &SHAPE);
        one.connect("").unwrap();
        let (tagged, whole) = (Socket::joined("/net"), Socket::joined("/net"));
        let dropped = || one.sock().network().unwrap().figures().dropped;
        for len in 2..=16 {
            let message = (0..len).collect::<Vec<u8>>();
            let before = dropped();
            one.send(&message, 0).unwrap();
            assert_eq!(whole.next(), Ok(message.clone()));
            let fits = len <= 14;
            let expected = [b"tag:", &message[2..]].concat();
            assert_eq!(tagged.next(), if fits { Ok(expected) } else { Err(AGAIN) });
            assert_eq!(dropped() - before, (!fits).into());
        }
    });
}

#[test]
fn the_ports_that_are_taken_are_shown_64_at_a_time() {
    alone(|()| {
        be(0);
        let one = Socket::made("/net", IPN_BROADCAST, &SHAPE);
        for port in [0, 5, 62, 63] {
            let member = Socket::open(0).unwrap();
            member.set(IPN_SO_PORT, port).unwrap();
            member.connect("/net").unwrap();
            let network = one.sock().network().unwrap();
            let shown = |first| network.members.lock().taken(first);
            assert_eq!((shown(0), shown(64)), (Some(1 << port), None));
            assert_eq!(shown(port as u32), Some(1));
            one.set(IPN_SO_CHANGE_NUMNODES, port + 1).unwrap();
            assert_eq!((shown(0), shown(port as u32 + 1)), (Some(1 << port), None));
            one.set(IPN_SO_CHANGE_NUMNODES, 64).unwrap();
        }
    });
}
