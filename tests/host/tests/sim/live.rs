// SPDX-License-Identifier: GPL-2.0

//! Everybody gets on: nobody waits for ever for a message, for room, or for the end. A wake-up that is
//! lost is a deadlock, which the scheduler reports.

use crate::{
    abi::{statistics::NOT_WAITING, uapi::*},
    chaos,
    oracle::{bytes_for, id, LONG},
    policies::SWITCH,
    rust::fs::path,
    rust::net::message::{Flags, Got, Incoming, Outgoing},
    rust::net::sockopt::OptionReader,
    rust::net::{
        family::Family,
        socket::{events, Sock, SockRef, FAMILY},
    },
    rust::task::{current as task, workers},
    socket::Endpoint,
    world::IPN_TERMINATE,
};
use kernel::prelude::*;
use proptest::{collection::vec, prelude::*};

/// How a reader comes to its messages.
#[derive(Clone, Copy, Debug)]
enum Reader {
    /// It sleeps in `recv`.
    Receives,
    /// So do two tasks on one port.
    ReceivesTwice,
    /// It sleeps in `poll`, and receives until there is nothing.
    Polls,
    /// It hears of it once (`EPOLLET`), and receives until there is nothing.
    Edge,
    /// It receives so many, then leaves.
    Leaves(u32),
    /// It receives so many, then shuts its ear.
    Shuts(u32),
    /// It refuses every other message.
    Filters,
    /// It refuses all messages, and never asks for one.
    Ignores,
}

/// A network, who reads, and how many messages each sender sends, in calls of how many.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    switch: bool,
    lossless: bool,
    /// Messages in parts among others.
    long: bool,
    pool: i32,
    readers: Vec<Reader>,
    senders: Vec<(u32, u32)>,
}

fn reader() -> impl Strategy<Value = Reader> {
    prop_oneof![
        Just(Reader::Receives),
        Just(Reader::ReceivesTwice),
        Just(Reader::Polls),
        Just(Reader::Edge),
        (0..3u32).prop_map(Reader::Leaves),
        (0..3u32).prop_map(Reader::Shuts),
        Just(Reader::Filters),
        Just(Reader::Ignores),
    ]
}

/// Small traffic.
pub(crate) fn traffic() -> impl Strategy<Value = Traffic> {
    (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        1..4i32,
        vec(reader(), 1..4),
        vec((1..5u32, 1..4u32), 1..4),
    )
        .prop_map(|(switch, lossless, long, pool, readers, senders)| Traffic {
            switch,
            lossless,
            long: long && !switch,
            pool,
            readers,
            senders,
        })
}

fn int(value: i32) -> OptionReader {
    OptionReader(value.to_ne_bytes().to_vec())
}

fn address() -> Vec<u8> {
    [&FAMILY.to_ne_bytes()[..], b"/0"].concat()
}

fn join() -> SockRef<Endpoint> {
    let sock = Sock::<Endpoint>::open(2, 0).unwrap();
    Endpoint::connect(&sock, &address()).unwrap();
    sock
}

/// A message, `None` at the end of the network.
fn receive(sock: &Sock<Endpoint>, flags: u32) -> Result<Option<Vec<u8>>> {
    let mut got = Got::default();
    let place = Incoming::new(&mut got, 64, flags);
    let len = task::call(|| Endpoint::receive(sock, place))?;
    Ok((len != 0).then_some(got.bytes))
}

/// Receives up to `most` messages or to the end; how many those were.
fn receives(sock: &Sock<Endpoint>, most: u32) -> u32 {
    (0..most)
        .take_while(|_| receive(sock, 0).unwrap().is_some())
        .count() as u32
}

/// Sleeps in `poll`, and then receives; with `edge` only once it hears of something.
fn polls(sock: &Sock<Endpoint>, edge: bool) -> u32 {
    let mut entry = sock.join();
    let mut count = 0;
    loop {
        let ready = Endpoint::poll(sock, true);
        if ready & events::IN == 0 {
            sock.sleep(&mut entry);
            continue;
        }
        loop {
            match receive(sock, Flags::DONTWAIT) {
                Ok(Some(_)) => count += 1,
                Ok(None) => {
                    sock.unjoin();
                    return count;
                }
                Err(error) => {
                    assert_eq!(error, EAGAIN);
                    break;
                }
            }
            if !edge {
                break;
            }
        }
        if edge {
            // As `ep_send_events` has it: asked once more only when it was woken.
            sock.sleep(&mut entry);
        }
    }
}

fn reads(sock: &SockRef<Endpoint>, reader: Reader) -> u32 {
    match reader {
        Reader::Receives | Reader::Filters => receives(sock, u32::MAX),
        Reader::ReceivesTwice => {
            let other = {
                let sock = sock.clone();
                shuttle::thread::spawn(move || receives(&sock, u32::MAX))
            };
            receives(sock, u32::MAX) + other.join().unwrap()
        }
        Reader::Polls => polls(sock, false),
        Reader::Edge => polls(sock, true),
        Reader::Leaves(count) => receives(sock, count),
        Reader::Ignores => 0,
        Reader::Shuts(count) => {
            let got = receives(sock, count);
            Endpoint::shutdown(sock, 0).unwrap();
            got
        }
    }
}

fn odd(message: &[u8]) -> usize {
    usize::from(message.get(13).is_some_and(|number| number % 2 == 1)) * usize::MAX
}

/// One run.
pub(crate) fn run(traffic: &Traffic) {
    let protocol = if traffic.switch {
        SWITCH
    } else {
        IPN_BROADCAST
    };
    let mtu = if traffic.long { LONG } else { 16 };
    let maker = Sock::<Endpoint>::open(2, protocol as i32).unwrap();
    for (option, value) in [
        (IPN_SO_FLAGS, i32::from(traffic.lossless)),
        (IPN_SO_MSGPOOLSIZE, traffic.pool),
        (IPN_SO_MTU, mtu as i32),
    ] {
        Endpoint::set_option(&maker, 0, option, &int(value)).unwrap();
    }
    Endpoint::bind(&maker, &address()).unwrap();
    let readers = traffic.readers.iter().map(|&reader| {
        let sock = join();
        match reader {
            Reader::Filters => sock.attach_filter(odd),
            Reader::Ignores => sock.attach_filter(|_| 0),
            _ => {}
        }
        let task = shuttle::thread::spawn(move || {
            let count = reads(&sock, reader);
            let lost = sock.drops();
            let stays = !matches!(
                reader,
                Reader::Leaves(_) | Reader::Shuts(_) | Reader::Ignores
            );
            if let Reader::Leaves(_) = reader {
                Sock::close(sock);
                return (count, lost, stays, None);
            }
            (count, lost, stays, Some(sock))
        });
        (reader, task)
    });
    let readers: Vec<_> = readers.collect();
    let senders = (1..).zip(&traffic.senders).map(|(me, &(count, batch))| {
        let sock = join();
        // It does not read, and must not be waited for.
        Endpoint::shutdown(&sock, 0).unwrap();
        shuttle::thread::spawn(move || {
            let mut numbers = 1..=count;
            while numbers.start() <= &count && !numbers.is_empty() {
                let now: Vec<u32> = numbers.by_ref().take(batch as usize).collect();
                task::with(|task| task.more_follows.set(now.len() > 1));
                task::call(|| {
                    for number in now {
                        let bytes = bytes_for(id(me, number), mtu);
                        Endpoint::send(&sock, Outgoing::new(&bytes, 0)).unwrap();
                    }
                });
            }
            Sock::close(sock);
        })
    });
    let senders: Vec<_> = senders.collect();
    senders.into_iter().for_each(|task| task.join().unwrap());
    task::call(|| Endpoint::ioctl(&maker, IPN_TERMINATE, 0)).unwrap();
    let sent: u32 = traffic.senders.iter().map(|&(count, _)| count).sum();
    let wanted: u32 = traffic
        .senders
        .iter()
        .map(|&(count, _)| count.div_ceil(2))
        .sum();
    for (reader, task) in readers {
        let (count, lost, stays, sock) = task.join().unwrap();
        match reader {
            Reader::Filters if traffic.lossless => assert_eq!(count, wanted),
            Reader::Filters => assert!(count <= wanted && count + lost >= wanted),
            _ if stays => assert_eq!(count + lost, sent, "{reader:?}"),
            _ => assert!(count <= sent),
        }
        assert!(!traffic.lossless || lost == 0);
        sock.into_iter().for_each(Sock::close);
    }
    Sock::close(maker);
    workers::flush();
    path::unlink(c"/0").unwrap();
}

/// `AF_IPN_SIM_*` as for the other one.
#[test]
fn nobody_waits_for_ever() {
    chaos::explore(traffic, run, chaos::SCHEDULES);
}

/// Two tasks wait for out-of-band messages, which are dropped meanwhile: they wait on.
#[test]
fn who_waits_is_not_told_to_try_again() {
    chaos::schedules(
        |()| {
            let watcher = Sock::<Endpoint>::open(2, IPN_BROADCAST as i32).unwrap();
            Endpoint::bind(&watcher, &address()).unwrap();
            Endpoint::connect(&watcher, &[]).unwrap();
            let set = |option, value| Endpoint::set_option(&watcher, 0, option, &int(value));
            set(IPN_SO_HANDLE_OOB, 1).unwrap();
            let tasks = [(); 2].map(|()| {
                let watcher = watcher.clone();
                shuttle::thread::spawn(move || receives(&watcher, u32::MAX))
            });
            for _ in 0..3 {
                set(IPN_SO_WANT_OOB_NUMNODES, 1).unwrap();
                Sock::close(join());
                set(IPN_SO_WANT_OOB_NUMNODES, 0).unwrap();
            }
            task::call(|| Endpoint::ioctl(&watcher, IPN_TERMINATE, 0)).unwrap();
            tasks.map(|task| task.join().unwrap());
            Sock::close(watcher);
            path::unlink(c"/0").unwrap();
        },
        1000,
    );
}

/// A sender waits for room, which no one makes: it goes on when its port is shut, and when the network
/// ends.
#[test]
fn who_waits_for_room_finds_the_end() {
    fn check((ends, late): (bool, bool)) {
        let maker = Sock::<Endpoint>::open(2, IPN_BROADCAST as i32).unwrap();
        for (option, value) in [(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS), (IPN_SO_MSGPOOLSIZE, 1)] {
            Endpoint::set_option(&maker, 0, option, &int(value as i32)).unwrap();
        }
        Endpoint::bind(&maker, &address()).unwrap();
        let (reader, sender) = (join(), join());
        let waits = {
            let sender = sender.clone();
            let send = move || task::call(|| Endpoint::send(&sender, Outgoing::new(&[1], 0)));
            shuttle::thread::spawn(move || [send(), send()])
        };
        // Until it waits, one time in two.
        let since = || sender.port.waits_since(false);
        while late && since() == NOT_WAITING {
            shuttle::thread::yield_now();
        }
        if ends {
            task::call(|| Endpoint::ioctl(&maker, IPN_TERMINATE, 0)).unwrap();
        } else {
            Endpoint::shutdown(&sender, 1).unwrap();
        }
        let [_, last] = waits.join().unwrap();
        assert_eq!(last.unwrap_err(), EPIPE);
        [reader, sender, maker].map(Sock::close);
        path::unlink(c"/0").unwrap();
    }
    chaos::schedules(
        |()| {
            for ends in [false, true] {
                check((ends, false));
                check((ends, true));
            }
        },
        200,
    );
}
