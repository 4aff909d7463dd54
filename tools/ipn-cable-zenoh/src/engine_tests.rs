// SPDX-License-Identifier: GPL-2.0

//! Cables on this machine, by loopback: what they bring when connections break, and whom they trust.

use super::*;
use crate::testing::{alone, free_port, in_time, Authority, Proxy, While};
use ipn_cable::Url;
use std::collections::BTreeMap;

const SOON: Duration = Duration::from_secs(40);

#[track_caller]
fn cable(url: &str) -> Zenoh {
    logged::listen();
    let url = Url::parse(url, "zenoh").expect(url);
    let options = Options::of(&url, Duration::from_secs(30), 64 << 20);
    Zenoh::open(options.expect("good")).expect("it opens")
}

/// Who listens, and who connects.
#[track_caller]
fn pair(options: &str) -> (Zenoh, Zenoh, Proxy) {
    let port = free_port();
    let listener = cable(&format!("zenoh:///test?listen=127.0.0.1:{port}{options}"));
    let proxy = Proxy::to(port);
    let url = format!("zenoh://127.0.0.1:{}/test?window=30s{options}", proxy.port);
    let client = cable(&url);
    meet(&[&listener, &client]);
    (listener, client, proxy)
}

fn frame(number: u64, len: usize) -> Vec<u8> {
    let mut frame = vec![number as u8; len.max(8)];
    frame[..8].copy_from_slice(&number.to_le_bytes());
    frame
}

fn send(cable: &Zenoh, number: u64, len: usize) {
    let frame = frame(number, len);
    while cable.send(&frame).expect("it sends") == Sent::Busy {}
}

/// Every one says that it is there until each has heard all others.
#[track_caller]
fn meet(cables: &[&Zenoh]) {
    let mut met: Vec<BTreeMap<Source, ()>> = vec![BTreeMap::new(); cables.len()];
    in_time(SOON, "the cables meet", || {
        for (cable, met) in cables.iter().zip(&mut met) {
            send(cable, 0, 0);
            cable.flush().expect("it flushes");
            let mut frame = Vec::new();
            while let Arrival::Frame(source) = cable.recv(&mut frame).expect("it receives") {
                met.insert(source, ());
            }
        }
        met.iter().all(|met| met.len() == cables.len() - 1)
    });
}

/// What has come from each other one, up to its frame `last`, without those that say that one is there.
#[track_caller]
fn hear(cable: &Zenoh, others: usize, last: u64) -> Vec<Vec<u64>> {
    let mut heard = BTreeMap::<Source, Vec<u64>>::new();
    let mut bytes = Vec::new();
    in_time(SOON, "all is heard", || {
        match cable.recv(&mut bytes).expect("it receives") {
            Arrival::Frame(source) => {
                let number = u64::from_le_bytes(bytes[..8].try_into().expect("a number"));
                assert_eq!(bytes, frame(number, bytes.len()));
                if number > 0 {
                    heard.entry(source).or_default().push(number);
                }
            }
            Arrival::Told(text) => eprintln!("told: {text}"),
            Arrival::Nothing => {}
        }
        let whole = heard.values().filter(|heard| heard.last() == Some(&last));
        whole.count() == others
    });
    heard.into_values().collect()
}

fn all(last: u64) -> Vec<u64> {
    (1..=last).collect()
}

/// Sends frames of so many bytes, and what lets others find out what they have missed.
fn send_all(cable: &Zenoh, numbers: std::ops::RangeInclusive<u64>, len: usize, pause: Duration) {
    for number in numbers {
        send(cable, number, len);
        if !pause.is_zero() {
            cable.flush().expect("it flushes");
            thread::sleep(pause);
        }
    }
    cable.flush().expect("it flushes");
}

#[test]
fn frames_of_all_lengths_come_both_ways_in_order() {
    let _alone = alone();
    let (one, other, _proxy) = pair("");
    for (from, to) in [(&one, &other), (&other, &one)] {
        for (number, len) in [10, 0, 40_000, 3_000_000, 9, ipn_cable::LONGEST, 1]
            .iter()
            .enumerate()
        {
            send(from, number as u64 + 1, *len);
        }
        from.flush().expect("it flushes");
        assert_eq!(hear(to, 1, 7), [all(7)]);
    }
}

#[test]
fn many_frames_go_fast() {
    let _alone = alone();
    let (one, other, _proxy) = pair("");
    let begin = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| send_all(&one, 1..=200_000, 160, Duration::ZERO));
        assert_eq!(hear(&other, 1, 200_000), [all(200_000)]);
    });
    let rate = 200_000.0 / begin.elapsed().as_secs_f64();
    println!("{rate:.0} frames of 160 bytes a second, through a proxy");
}

#[test]
fn what_is_sent_while_a_connection_is_cut_comes_when_it_is_back() {
    let _alone = alone();
    let (one, other, proxy) = pair("");
    thread::scope(|scope| {
        for cable in [&one, &other] {
            scope.spawn(|| send_all(cable, 1..=3000, 100, Duration::from_millis(1)));
        }
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(700));
            proxy.cut(Duration::from_millis(1500));
        });
        let hearing = [&one, &other].map(|cable| scope.spawn(|| hear(cable, 1, 3000)));
        for heard in hearing {
            assert_eq!(heard.join().expect("it hears"), [all(3000)]);
        }
    });
    assert!(proxy.cuts() > 0);
}

#[test]
fn two_that_have_both_missed_more_than_a_connection_holds_get_it() {
    let _alone = alone();
    let (one, other, proxy) = pair("");
    proxy.cut(Duration::from_secs(2));
    thread::scope(|scope| {
        for cable in [&one, &other] {
            scope.spawn(|| {
                send_all(cable, 1..=600, 50_000, Duration::ZERO);
                // Something must come by which the others see that they have missed it.
                thread::sleep(Duration::from_secs(4));
                send_all(cable, 601..=601, 8, Duration::ZERO);
            });
        }
        let hearing = [&one, &other].map(|cable| scope.spawn(|| hear(cable, 1, 601)));
        for heard in hearing {
            assert_eq!(heard.join().expect("it hears"), [all(601)]);
        }
    });
}

#[test]
fn what_is_older_than_the_window_is_missing_and_the_rest_comes() {
    let _alone = alone();
    let (one, other, proxy) = pair(",window=1s");
    send_all(&one, 1..=10, 8, Duration::ZERO);
    assert_eq!(hear(&other, 1, 10), [all(10)]);
    proxy.cut(Duration::from_secs(4));
    send_all(&one, 11..=3000, 100, Duration::from_millis(1));
    let feeding = AtomicBool::new(true);
    thread::scope(|scope| {
        let _while = While(&feeding);
        scope.spawn(|| {
            // As a cable does that has nothing to say.
            let mut number = 3000;
            while feeding.load(Ordering::Relaxed) {
                number += 1;
                send_all(&one, number..=number, 8, Duration::from_millis(200));
            }
        });
        let mut frame = Vec::new();
        let mut heard = Vec::new();
        in_time(SOON, "it goes on", || {
            if let Arrival::Frame(_) = other.recv(&mut frame).expect("it receives") {
                heard.push(u64::from_le_bytes(frame[..8].try_into().expect("a number")));
            }
            heard.last().is_some_and(|last| *last > 3005)
        });
        assert!(heard.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!heard.contains(&11), "the first ones are gone");
    });
}

#[test]
fn a_slow_bus_makes_who_sends_wait_and_loses_nothing() {
    let _alone = alone();
    let (one, other, _proxy) = pair("");
    let mut sent = 0;
    let begin = Instant::now();
    // The other one takes nothing meanwhile.
    while begin.elapsed() < SOON {
        if one.send(&frame(sent + 1, 60_000)).expect("it sends") == Sent::Busy {
            break;
        }
        sent += 1;
    }
    println!("{sent} frames of 60,000 bytes are on their way");
    assert!(begin.elapsed() < SOON);
    thread::scope(|scope| {
        scope.spawn(|| send_all(&one, sent + 1..=sent + 200, 60_000, Duration::ZERO));
        assert_eq!(hear(&other, 1, sent + 200), [all(sent + 200)]);
    });
}

#[test]
fn clients_hear_each_other_by_whom_they_connect_to() {
    let _alone = alone();
    let port = free_port();
    let listener = cable(&format!("zenoh:///test?listen=127.0.0.1:{port}"));
    let clients = [(); 2].map(|()| cable(&format!("zenoh://127.0.0.1:{port}/test")));
    meet(&[&listener, &clients[0], &clients[1]]);
    send_all(&clients[0], 1..=100, 8, Duration::ZERO);
    assert_eq!(hear(&clients[1], 1, 100), [all(100)]);
    assert_eq!(hear(&listener, 1, 100), [all(100)]);
}

#[test]
fn cables_meet_at_a_router_that_comes_late_and_goes() {
    let _alone = alone();
    let ports = [free_port(), free_port()];
    let url = format!("zenoh://127.0.0.1:{},127.0.0.1:{}/test", ports[0], ports[1]);
    let cables = [(); 3].map(|()| cable(&url));
    let start = |port: u16| {
        let url = Url::parse(&format!("zenoh://127.0.0.1:{port}"), "zenoh").expect("a URL");
        let options = Options::of_router(&url).expect("good");
        let config = config::of(&options, WhatAmI::Router).expect("good");
        zenoh::open(config).wait().expect("it routes")
    };
    let router = start(ports[0]);
    meet(&[&cables[0], &cables[1], &cables[2]]);
    for cable in &cables {
        send_all(cable, 1..=100, 8, Duration::ZERO);
    }
    for cable in &cables {
        assert_eq!(hear(cable, 2, 100), [all(100), all(100)]);
    }
    let _ = router.close().wait();
    for cable in &cables {
        send_all(cable, 101..=200, 8, Duration::ZERO);
    }
    let _router = start(ports[1]);
    // As a cable does each second.
    let feeding = AtomicBool::new(true);
    thread::scope(|scope| {
        let _while = While(&feeding);
        scope.spawn(|| {
            while feeding.load(Ordering::Relaxed) {
                cables
                    .iter()
                    .for_each(|cable| send_all(cable, 0..=0, 8, Duration::from_millis(300)));
            }
        });
        for cable in &cables {
            let second: Vec<u64> = (101..=200).collect();
            assert_eq!(hear(cable, 2, 200), [second.clone(), second]);
        }
    });
}

#[test]
fn buses_with_other_keys_hear_nothing() {
    let _alone = alone();
    let port = free_port();
    let one = cable(&format!("zenoh:///test?listen=127.0.0.1:{port}"));
    let same = cable(&format!("zenoh://127.0.0.1:{port}/test"));
    let other = cable(&format!("zenoh://127.0.0.1:{port}/test/x"));
    meet(&[&one, &same]);
    send_all(&other, 1..=10, 8, Duration::ZERO);
    send_all(&one, 1..=10, 8, Duration::ZERO);
    assert_eq!(hear(&same, 1, 10), [all(10)]);
    let mut frame = Vec::new();
    while let Arrival::Told(_) = other.recv(&mut frame).expect("it receives") {}
    assert_eq!(other.recv(&mut frame), Ok(Arrival::Nothing));
}

#[test]
fn with_certificates_of_one_authority_cables_meet_and_others_are_refused() {
    let _alone = alone();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let port = free_port();
    let listener = cable(&format!(
        "zenoh:///test?listen=tls/127.0.0.1:{port},{}",
        ours.certificate(&ours, "listener")
    ));
    let url = |options: String| format!("zenoh://tls/127.0.0.1:{port}/test?{options}");
    let friend = cable(&url(ours.certificate(&ours, "friend")));
    meet(&[&listener, &friend]);
    // One that another authority has signed, one that trusts another authority, and one without any.
    let foreign = cable(&url(ours.certificate(&theirs, "foreign")));
    in_time(SOON, "it is said why", || {
        let mut frame = Vec::new();
        let told = listener.recv(&mut frame).expect("it receives");
        let text = match told {
            Arrival::Told(text) => text,
            _ => String::new(),
        };
        text.contains("certificate") && !text.contains(".rs")
    });
    for stranger in [
        foreign,
        cable(&url(theirs.certificate(&ours, "distrustful"))),
        cable(&format!("zenoh://127.0.0.1:{port}/test")),
    ] {
        send_all(&friend, 1..=10, 8, Duration::ZERO);
        assert_eq!(hear(&listener, 1, 10), [all(10)]);
        thread::sleep(Duration::from_secs(1));
        send(&stranger, 1, 8);
        stranger.flush().expect("it flushes");
        assert!(stranger.shared.session.get().is_none(), "it is connected");
    }
}

#[test]
fn who_cannot_listen_says_so() {
    let _alone = alone();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let cable = cable(&format!("zenoh:///test?listen=127.0.0.1:{port}"));
    let mut failure = None;
    in_time(SOON, "it fails", || {
        failure = cable.recv(&mut Vec::new()).err();
        failure.is_some()
    });
    let text = failure
        .map(|failure| failure.to_string())
        .unwrap_or_default();
    assert!(
        text.contains("cannot join") && text.contains("listens there"),
        "{text}"
    );
}
