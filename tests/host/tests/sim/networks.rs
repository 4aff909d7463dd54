// SPDX-License-Identifier: GPL-2.0

//! Networks: who manages them, how they grow and go, and who is charged for them.

use crate::{
    abi::uapi::*, caller::alone, caller::be, caller::errors::*, caller::Socket, pairs::messages,
    pairs::pair, policies::PAIRS, policies::SWITCH, socket::report, world::IPN_TERMINATE,
};

#[test]
fn what_its_last_user_leaves_is_no_network_any_more() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, PAIRS] {
            let (one, other) = pair(protocol, 0, 16);
            let network = one.sock().network().unwrap().clone();
            other.send(&messages(&[16])[0], 0).unwrap();
            drop(one);
            assert!(report::with_network(&network, |_| ()).is_some());
            assert_eq!((network.figures().sent, network.figures().used), (1, 1));
            drop(other);
            assert!(report::with_network(&network, |_| ()).is_none());
            assert_eq!((network.figures().sent, network.figures().used), (0, 0));
            let refused = network.with_policy(|_| Ok(()));
            assert_eq!(refused.map_err(|error| -error.to_errno()), Err(NOPROTOOPT));
            let gone = network.may_manage().map_err(|error| -error.to_errno());
            assert_eq!(gone, Err(ADDRNOTAVAIL));
        }
    });
}

#[test]
fn a_manager_may_manage_by_the_file() {
    alone(|()| {
        for (mode, expected) in [(0o700, Err(ACCES)), (0o701, Ok(())), (0o706, Err(ACCES))] {
            be(1000);
            let maker = Socket::made("/net", IPN_BROADCAST, &[(IPN_SO_MODE, mode)]);
            be(1001);
            let network = maker.sock().network().unwrap();
            let may = network.may_manage().map_err(|error| -error.to_errno());
            assert_eq!(may, expected, "{mode:o}");
        }
    });
}

#[test]
fn a_network_that_has_grown_delivers_to_its_new_ports() {
    alone(|()| {
        for protocol in [IPN_BROADCAST, SWITCH, PAIRS] {
            let options = [
                (IPN_SO_MTU, 16),
                (IPN_SO_MSGPOOLSIZE, 4),
                (IPN_SO_NUMNODES, 2),
            ];
            let one = Socket::made("/net", protocol, &options);
            one.connect("").unwrap();
            let mut ports = vec![Socket::joined("/net")];
            for count in [3, 4, 64, 6] {
                one.set(IPN_SO_CHANGE_NUMNODES, count).unwrap();
                while ports.len() + 1 < count.min(6) as usize {
                    ports.push(Socket::joined("/net"));
                }
                let frame = &messages(&[16])[0];
                ports.last().unwrap().send(frame, 0).unwrap();
                let partner = (ports.len() ^ 1).checked_sub(1);
                for (at, port) in ports[..ports.len() - 1].iter().enumerate() {
                    let hears = protocol != PAIRS || partner == Some(at);
                    assert_eq!(port.next().is_ok(), hears, "{at} of {count}");
                }
                let hears = protocol != PAIRS || partner.is_none();
                assert_eq!(one.next().is_ok(), hears, "of {count}");
            }
        }
    });
}

/// The owner of an account is charged for what a network takes after it has grown, and not for one that has ended,
/// which counts for who still uses it.
#[test]
fn an_account_has_what_its_networks_take() {
    alone(|()| {
        let shape = [
            (IPN_SO_MSGPOOLSIZE, 64),
            (IPN_SO_MTU, 1024),
            (IPN_SO_NUMNODES, 1),
            (IPN_SO_MODE, 0o777),
        ];
        be(1000);
        let made = (0..8).map(|number| Socket::made(&format!("/{number}"), SWITCH, &shape));
        let made: Vec<_> = made.collect();
        // Of 4 MiB each takes more than 640 KiB.
        let grow = |ports| {
            (made.iter())
                .filter(|maker| maker.set(IPN_SO_CHANGE_NUMNODES, ports).is_ok())
                .count()
        };
        let count = grow(10);
        assert!((4..7).contains(&count), "{count}");
        assert_eq!(grow(1), 8);
        assert_eq!(grow(10), count);
        let more = || {
            let new = Socket::open(SWITCH as i32).unwrap();
            shape.map(|(option, value)| new.set(option, value).unwrap());
            let _ = crate::rust::fs::path::unlink(c"/more");
            new.bind("/more")
        };
        assert_eq!(grow(1), 8);
        assert_eq!(more(), Err(NOBUFS), "it has eight");
        be(1001);
        let guest = Socket::joined("/0");
        be(1000);
        made[1].request(IPN_TERMINATE, 0).unwrap();
        assert_eq!(more(), Err(NOBUFS), "nobody else uses it");
        assert_eq!(made[0].request(IPN_TERMINATE, 0), Ok(0));
        assert_eq!(more(), Err(NOBUFS), "it uses that itself");
        let mut made = made;
        drop(made.remove(0));
        assert_eq!(more(), Ok(()), "it is the guest's");
        drop(guest);
        // By one that another ends.
        let _ninth = Socket::made("/ninth", SWITCH, &shape);
        be(1001);
        let manager = Socket::open(0).unwrap();
        manager.bind("/2").unwrap();
        be(1000);
        drop(made.remove(1));
        assert_eq!(more(), Err(NOBUFS), "it has not ended");
        assert_eq!(manager.request(IPN_TERMINATE, 0), Ok(0));
        assert_eq!(more(), Ok(()), "it is the manager's");
    });
}
