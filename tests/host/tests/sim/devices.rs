// SPDX-License-Identifier: GPL-2.0

//! Ports that are devices: how they wait, and what they are told.

use crate::{
    abi::uapi::*, caller::alone, caller::errors::*, caller::Socket, pairs::messages, pairs::pair,
    policies::SWITCH, rust::glue::arrival::Arrival, rust::glue::netdev::NetDevice,
    rust::task::current as task, rust::task::workers, socket::backlog,
};

#[test]
fn what_a_port_gives_up_is_shown_and_its_device_has_done() {
    alone(|()| {
        let (one, other) = pair(IPN_BROADCAST, 0, 16);
        other.sock().device.put(NetDevice::default()).unwrap();
        let shown = |sock: &Socket| {
            let bits = &sock.sock().shown_shutdown;
            bits.load(std::sync::atomic::Ordering::Relaxed)
        };
        let turns = || task::with(|task| task.turns.replace(0));
        turns();
        for (how, bits, waits) in [(1, 2, 0), (0, 3, 1)] {
            one.shut(how).unwrap();
            assert_eq!((shown(&one), turns()), (bits, 0));
            other.shut(how).unwrap();
            assert_eq!((shown(&other), turns()), (bits, waits));
        }
        let observer = Socket::open(0).unwrap();
        observer.set(IPN_SO_OBSERVE, 1).unwrap();
        observer.connect("/net").unwrap();
        observer.shut(1).unwrap();
        assert_eq!(shown(&observer), 2);
        let mute = Socket::open(0).unwrap();
        mute.set(IPN_SO_OBSERVE, 1).unwrap();
        mute.shut(1).unwrap();
        mute.connect("/net").unwrap();
        assert_eq!((shown(&mute), mute.send(&[1], 0)), (2, Err(PIPE)));
        observer.shut(0).unwrap();
        assert_eq!(shown(&observer), 3);
    });
}

/// A device waits for room, of which it hears; and for what it has sent before, which is dropped once it may not send.
#[test]
fn a_device_waits_for_room_and_for_its_turn() {
    alone(|()| {
        let device = |protocol, flags| {
            let (one, other) = pair(protocol, flags, 16);
            let device = Socket::joined("/net");
            device.sock().device.put(NetDevice::default()).unwrap();
            (one, other, device)
        };
        let enter = |device: &Socket, len: usize| {
            let frame = &messages(&[len])[0];
            let result = backlog::enter(device.sock(), &mut Arrival::new(frame));
            result.map_err(|errno| -> i32 { errno.number().into() })
        };
        let (one, other, tap) = device(IPN_BROADCAST, IPN_FLAG_LOSSLESS);
        let wakes = || tap.sock().device.with(NetDevice::wakes).unwrap();
        for _ in 0..8 {
            assert_eq!(enter(&tap, 16), Ok(()));
        }
        assert_eq!((enter(&tap, 16), wakes()), (Err(AGAIN), 0));
        one.next().unwrap();
        one.next().unwrap();
        assert_eq!(wakes(), 0, "the other has read nothing");
        other.next().unwrap();
        assert_eq!(wakes(), 0, "it is less than a quarter");
        other.next().unwrap();
        assert_eq!((wakes(), enter(&tap, 16)), (1, Ok(())));
        drop((one, other, tap));
        let (_one, other, tap) = device(SWITCH, 0);
        let more = [(); 3].map(|()| Socket::joined("/net"));
        assert_eq!(enter(&tap, 16), Ok(()));
        for (len, expected) in [(17, Err(MSGSIZE)), (15, Ok(())), (16, Ok(()))] {
            assert_eq!(enter(&tap, len), expected);
        }
        assert_eq!(other.next(), Err(AGAIN), "the worker was not there");
        workers::flush();
        let lengths = [(); 3].map(|()| other.next().unwrap().len());
        assert_eq!(lengths, [16, 15, 16]);
        assert_eq!(enter(&tap, 16), Ok(()));
        tap.shut(1).unwrap();
        workers::flush();
        let drops = tap.sock().port.drops.counts();
        assert_eq!(drops[IPN_DROP_SHUT as usize], 1);
        assert_eq!(drops.iter().sum::<u64>(), 1);
        drop(more);
    });
}

#[test]
fn a_device_hears_of_room_once_what_it_has_sent_before_is_through() {
    alone(|()| {
        let (one, other) = pair(SWITCH, IPN_FLAG_LOSSLESS, 16);
        let tap = Socket::joined("/net");
        tap.sock().device.put(NetDevice::default()).unwrap();
        let more = [(); 3].map(|()| Socket::joined("/net"));
        let frame = &messages(&[16])[0];
        one.shut(0).unwrap();
        tap.shut(0).unwrap();
        for _ in 0..7 {
            one.send(frame, 0).unwrap();
        }
        backlog::enter(tap.sock(), &mut Arrival::new(frame)).unwrap();
        // It takes the last room, unless the worker is faster.
        let _ = one.send(frame, 0);
        workers::flush();
        for port in [&other].into_iter().chain(&more) {
            port.next().unwrap();
            workers::flush();
        }
        assert_eq!(tap.sock().device.with(NetDevice::wakes), Some(1));
    });
}

#[test]
fn a_switch_learns_from_what_a_device_sent_while_more_waited() {
    alone(|()| {
        let (one, other) = pair(SWITCH, 0, 16);
        let tap = Socket::joined("/net");
        tap.sock().device.put(NetDevice::default()).unwrap();
        let more = [(); 3].map(|()| Socket::joined("/net"));
        let stations = [[2, 0, 0, 0, 0, 7], [2, 0, 0, 0, 0, 8], [2, 0, 0, 0, 0, 9]];
        for station in stations {
            let frame = [&[255; 6][..], &station, &[0x88, 0xb5, 0, 0]].concat();
            backlog::enter(tap.sock(), &mut Arrival::new(&frame)).unwrap();
        }
        workers::flush();
        while other.next().is_ok() {}
        for station in stations {
            let frame = [&station[..], &[2, 0, 0, 0, 0, 1, 0x88, 0xb5, 0, 0]].concat();
            one.send(&frame, 0).unwrap();
            assert_eq!(other.next(), Err(AGAIN), "{station:?}");
        }
        drop(more);
    });
}
