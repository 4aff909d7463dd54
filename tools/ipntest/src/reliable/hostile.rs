// SPDX-License-Identifier: GPL-2.0
//! What goes wrong at the edges: gaps that nobody looks for, room that is another's, ports that do not play by the rules.

use super::*;
use crate::device::lab::{frame, grab, own_network, plug, unplug, veth};
use crate::lab::bus::{hear_nothing, hear_number, networks, say, say_number};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, Process, OWNER};
use crate::mapping::lab::{ask, Map};
use crate::module::parameters::Changed;
use crate::pace::soon;
use crate::sys::bpf::attach;
use crate::sys::call;
use crate::sys::poll::poll;
use std::thread;
use std::time::Instant;

cases!["reliable_hostile":
        filtered_reader_is_told_of_a_gap,
        filtered_reader_wakes_for_a_gap,
        gap_with_nothing_but_own_messages_behind_is_readable,
        evicted_port_is_readable_whatever_else_it_hears,
        skipped_messages_evict_nobody,
        skipped_messages_before_a_refused_one_are_told,
        skipped_messages_before_one_whose_parts_go_count_once,
        length_is_that_of_the_message_behind_a_gap,
        mapped_reader_that_was_overrun_sleeps_again,
        paced_sender_needs_no_more_room_than_its_message_takes,
        waiting_sender_needs_no_more_room_than_its_message_takes,
        paced_sender_never_sleeps_for_ever,
        skipped_and_overrun_messages_are_of_their_port,
        gap_is_told_though_another_follows_in_the_same_call,
        device_has_not_lost_what_it_had,
        late_reader_of_long_messages_is_told_of_all,
        killed_sender_leaves_nothing_behind,
        ended_network_wakes_who_waits_for_an_age,
        fewer_ports_still_cost_what_readers_know,
];

/// Whether `recv` would not wait.
#[track_caller]
fn is_ready(sock: &Sock) -> bool {
    ok("poll", poll(sock, libc::POLLIN, 0)) & libc::POLLIN != 0
}

/// Takes a port with a filter, which takes all.
#[track_caller]
fn join_filtered(bus: &Bus) -> Sock {
    let reader = join(bus);
    let filtered = attach(&reader, &[(6, 0, 0, u32::MAX)]);
    ok("a filter that takes all", filtered);
    reader
}

fn filtered_reader_is_told_of_a_gap() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join_filtered(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    holds("it is ready", is_ready(&reader));
    holds("and stays so", is_ready(&reader));
    is_reset(&reader);
    hear_behind(&reader, 100 - HELD, &[(0, (100 - HELD).into())]);
}

fn filtered_reader_wakes_for_a_gap() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join_filtered(&bus);
    for _ in 0..20 {
        let other = ok("dup", reader.dup());
        let waiting = Blocked::start(call::RECVMSG, move || other.recvmsg(64, 0));
        // So many that it is late when it wakes.
        (0..100).for_each(|n| say_number(&sender, n));
        let _ = waiting.wakes();
        while !matches!(reader.recvmsg(64, NOW), Err(error) if error.raw_os_error() == Some(libc::EAGAIN))
        {
        }
    }
}

fn gap_with_nothing_but_own_messages_behind_is_readable() {
    let bus = Bus::new();
    let one = create(&bus, &small(0));
    let peer = join(&bus);
    say_number(&one, 0);
    (0..30).for_each(|n| say_number(&peer, n));
    holds("it is ready", is_ready(&peer));
    is_reset(&peer);
    holds("it is not any more", !is_ready(&peer));
    hear_nothing(&peer);
    // What is lost were its own only.
    say_number(&one, 1);
    hear_behind(&peer, 1, &[(0, 1)]);
    (0..30).for_each(|n| say_number(&peer, n));
    holds("its own are nothing to read", !is_ready(&peer));
    hear_nothing(&peer);
}

fn evicted_port_is_readable_whatever_else_it_hears() {
    let bus = Bus::new();
    let mut options = small(0).to_vec();
    options.push((IPN_SO_FLAGS, IPN_FLAG_EVICT));
    let sender = create(&bus, &options);
    let slow = join(&bus);
    ok("IPN_SO_HANDLE_OOB", slow.set(IPN_SO_HANDLE_OOB, 1));
    (0..100).for_each(|n| say_number(&sender, n));
    same("bytes", ok("recv", slow.recvmsg(64, NOW)).len, 0);
    same("bytes", ok("recv", slow.recvmsg(64, NOW)).len, 0);
    holds("it is ready", is_ready(&slow));
}

fn skipped_messages_evict_nobody() {
    let bus = Bus::new();
    let mut options = small(0).to_vec();
    options.push((IPN_SO_FLAGS, IPN_FLAG_EVICT));
    let sender = create(&bus, &options);
    let reader = join(&bus);
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 3));
    say_number(&sender, 1);
    is_reset(&reader);
    hear_behind(&reader, 1, &[(0, 3)]);
    say_number(&sender, 2);
    hear_number(&reader, 2);
    same("evicted", counted(&sender, 11), 0);
}

fn skipped_messages_before_a_refused_one_are_told() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    let reader = join(&bus);
    let filtered = attach(&reader, &[(6, 0, 0, 0)]);
    ok("a filter that takes nothing", filtered);
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 3));
    say_number(&sender, 1);
    holds("it is ready", is_ready(&reader));
    is_reset(&reader);
    holds("it is not any more", !is_ready(&reader));
    hear_nothing(&reader);
    ok("a filter that takes all", attach(&reader, &[(6, 0, 0, 4)]));
    say_number(&sender, 2);
    hear_behind(&reader, 2, &[(0, 3)]);
    same("lost", counted(&reader, 4), 3);
}

fn skipped_messages_before_one_whose_parts_go_count_once() {
    let bus = Bus::new();
    let options = [
        (IPN_SO_WINDOW, 0),
        (IPN_SO_MTU, 40_000),
        (IPN_SO_MSGPOOLSIZE, 2),
    ];
    let sender = create(&bus, &options);
    let reader = join(&bus);
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 3));
    same("sent", ok("send", sender.send(&[1; 40_000], 0)), 40_000);
    is_reset(&reader);
    // Of the eight places it has four, and its first part goes for the last of these.
    (0..5).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    hear_behind(&reader, 0, &[(0, 3 + 1)]);
    same("lost", counted(&reader, 4), 3 + 1);
}

fn length_is_that_of_the_message_behind_a_gap() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    for _ in 0..2 {
        let length = ok("FIONREAD", reader.ioctl_int(libc::FIONREAD));
        same("length", length, 4);
    }
    is_reset(&reader);
    hear_behind(&reader, 100 - HELD, &[(0, (100 - HELD).into())]);
}

fn mapped_reader_that_was_overrun_sleeps_again() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    let map = Map::of(&reader);
    (0..100).for_each(|n| say_number(&sender, n));
    holds("it is ready", is_ready(&reader));
    ask(&reader);
    same("lost", map.lost(), (100 - HELD).into());
    map.go_to(map.published());
    holds("it has read all", !is_ready(&reader));
    say_number(&sender, 1);
    holds("there is one more", is_ready(&reader));
}

/// A bus whose longest message takes all its room: it holds 12 short ones.
fn spacious(window: i32) -> [(i32, i32); 3] {
    [
        (IPN_SO_WINDOW, window),
        (IPN_SO_MTU, 1600),
        (IPN_SO_BYTES, 1600),
    ]
}

fn paced_sender_needs_no_more_room_than_its_message_takes() {
    let bus = Bus::new();
    let mut options = spacious(LONG.1).to_vec();
    options.push((IPN_SO_RATE, 1000));
    let sender = create(&bus, &options);
    let _reader = join(&bus);
    ok(
        "SO_SNDTIMEO",
        sender.set_time_out(libc::SO_SNDTIMEO, soon()),
    );
    for n in 0..4 {
        // There is room for each, but not for the longest.
        same(
            format_args!("message {n}"),
            ok("send", sender.send(&[1; 100], 0)),
            100,
        );
    }
}

fn waiting_sender_needs_no_more_room_than_its_message_takes() {
    let bus = Bus::new();
    let sender = create(&bus, &spacious(1000));
    let _reader = join(&bus);
    let begin = Instant::now();
    say_number(&sender, 0);
    thread::sleep(Duration::from_millis(800));
    while sender.send(b"more", NOW).is_ok() {}
    // It waits for the first one to be older, and not for all that the longest message would take.
    same("sent", ok("send", sender.send(b"next", 0)), 4);
    let waited = begin.elapsed();
    holds(
        format_args!("it waited for the first alone, {waited:?}"),
        waited < Duration::from_millis(1600),
    );
}

fn paced_sender_never_sleeps_for_ever() {
    let bus = Bus::new();
    let options = [LONG, (IPN_SO_RATE, 1_000_000), (IPN_SO_BYTES, 1 << 20)];
    let sender = create(&bus, &options);
    ok(
        "SO_SNDTIMEO",
        sender.set_time_out(libc::SO_SNDTIMEO, soon()),
    );
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        ok("send", sender.send(&[1; 1100], 0));
    }
}

fn skipped_and_overrun_messages_are_of_their_port() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 5));
    say_number(&sender, 0);
    is_reset(&reader);
    // It is told of what never came, and then is late for what came behind it.
    (0..30).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u64::from(u32::from_ne_bytes(received.data[..].try_into().unwrap()));
    same("gaps", gaps(&received), vec![(0, 5 + 1 + first)]);
    same("lost", counted(&reader, 4), 5 + 1 + first);
}

fn gap_is_told_though_another_follows_in_the_same_call() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, 1));
    (0..30).for_each(|n| say_number(&sender, n));
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 3));
    say_number(&sender, 30);
    is_reset(&reader);
    let before = ok("recv of what is before", reader.recvmsg(4096, NOW));
    let first = u32::from_ne_bytes(before.data[24..28].try_into().unwrap());
    same("gaps", gaps(&before), vec![(0, first.into())]);
    is_reset(&reader);
    let behind = ok("recv of what is behind", reader.recvmsg(4096, NOW));
    same("gaps", gaps(&behind), vec![(0, 3)]);
    same("message", &behind.data[24..28], &30_u32.to_ne_bytes()[..]);
}

fn device_has_not_lost_what_it_had() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let manager = open();
    for (option, value) in [(IPN_SO_WINDOW, 0), (IPN_SO_MSGPOOLSIZE, 16)] {
        ok("option", manager.set(option, value));
    }
    ok("bind", manager.bind(&bus.addr));
    let port = join(&bus);
    ok("a grab", grab(&manager, device));
    for number in 0..500 {
        say(&port, &frame(number, 60));
        wait_until("the device has it", || {
            counted(&manager, 2) == u64::from(number) + 1
        });
    }
    plug(device);
    ok("SO_SNDBUF", manager.set_generic(libc::SO_SNDBUF, 4608));
    for number in 0..500 {
        say(&port, &frame(number, 60));
    }
    unplug(device);
    wait_until("all frames are accounted for", || {
        counted(&manager, 2) + counted(&manager, 4) >= 1000
    });
    same(
        "received and lost",
        counted(&manager, 2) + counted(&manager, 4),
        1000,
    );
}

/// What a reader has received, and was told that it missed.
#[track_caller]
fn all(sock: &Sock) -> (u64, u64) {
    let (mut received, mut missed) = (0, 0);
    loop {
        match sock.recvmsg(100_000, NOW) {
            Ok(message) => {
                received += 1;
                missed += gaps(&message).iter().map(|(_, lost)| lost).sum::<u64>();
            }
            Err(error) if error.raw_os_error() == Some(libc::ECONNRESET) => {}
            Err(error) => {
                same("errno", error.raw_os_error(), Some(libc::EAGAIN));
                return (received, missed);
            }
        }
    }
}

fn late_reader_of_long_messages_is_told_of_all() {
    let bus = Bus::new();
    let options = [
        (IPN_SO_WINDOW, 0),
        (IPN_SO_MTU, 60_000),
        (IPN_SO_MSGPOOLSIZE, 6),
        (IPN_SO_FLAGS, IPN_FLAG_HISTORY),
    ];
    let sender = create(&bus, &options);
    let earlier = join(&bus);
    let send = |sock: &Sock, n: usize| {
        let len = [40_000, 100, 20_000][n % 3];
        same("sent", ok("send", sock.send(&vec![1; len], 0)), len);
    };
    for n in 0..40 {
        send(if n % 4 == 0 { &earlier } else { &sender }, n);
    }
    drop(earlier);
    for count in [IPN_HISTORY_ALL, 1, 3] {
        let begin = &[(IPN_SO_HISTORY, count)];
        let (twin, reader) = (join_with(&bus, begin), join_with(&bus, begin));
        let (held, lost) = all(&twin);
        // The parts of an old one may be gone though it is still there.
        holds("no more than one is lost", lost <= 1);
        holds("some is there", held >= 1);
        for n in 0..60 {
            send(&sender, n);
            // Its own count for nobody but others.
            if n % 5 == 0 {
                send(&reader, n);
            }
        }
        let (received, missed) = all(&reader);
        same(
            format_args!("received {received} and missed {missed}"),
            received + missed,
            held + lost + 60,
        );
        same("lost", counted(&reader, 4), missed);
    }
}

fn killed_sender_leaves_nothing_behind() {
    let before = networks();
    for _ in 0..5 {
        let bus = Bus::new();
        let sender = Process::start(|line| {
            let sender = create(&bus, &small(IPN_WINDOW_MAX));
            let _reader = join(&bus);
            while sender.send(b"fill", NOW).is_ok() {}
            line.tell(0);
            let _ = sender.send(b"wait", 0);
        });
        sender.line.hear();
        thread::sleep(Duration::from_millis(20));
        sender.kill();
        wait_until("the network is gone", || networks() == before);
        let _ = std::fs::remove_file(&bus.path);
    }
}

fn ended_network_wakes_who_waits_for_an_age() {
    let bus = Bus::new();
    let sender = create(&bus, &small(IPN_WINDOW_MAX));
    let reader = join(&bus);
    while sender.send(b"fill", NOW).is_ok() {}
    let other = ok("dup", sender.dup());
    let waiting = Blocked::start(call::SEND, move || other.send(b"wait", libc::MSG_NOSIGNAL));
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    fails("send", waiting.wakes(), libc::EPIPE);
    while ok("recv", reader.recvmsg(64, NOW)).len != 0 {}
}

fn fewer_ports_still_cost_what_readers_know() {
    const MIB: u64 = 1 << 20;
    let _bound = Changed::to("af_ipn", "max_user_bytes", &(8 * MIB).to_string());
    Process::start(|_| {
        OWNER.become_it();
        let bus = Bus::new();
        let manager = open();
        ok("IPN_SO_NUMNODES", manager.set(IPN_SO_NUMNODES, 500));
        ok("bind", manager.bind(&bus.addr));
        // Each knows of 500 senders, and goes on to.
        let _ports: Vec<Sock> = (0..250).map(|_| join(&bus)).collect();
        let fewer = manager.set(IPN_SO_CHANGE_NUMNODES, 250);
        ok("IPN_SO_CHANGE_NUMNODES", fewer);
        let other = open();
        ok("IPN_SO_NUMNODES", other.set(IPN_SO_NUMNODES, 450));
        fails(
            "bind of a second one",
            other.bind(&Bus::named("other").addr),
            libc::ENOBUFS,
        );
    })
    .ends_well();
}
