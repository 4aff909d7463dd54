// SPDX-License-Identifier: GPL-2.0
//! The reliable bus by the `ipn` crate.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::programs::library_lab::*;
use ipn::{
    Builder, Content, Errno, Flags, History, Origin, Port, Receiver, RecvFlags, SendFlags,
    Sequenced,
};
use std::time::Duration;

cases!["library_reliable":
    options_are_those_of_the_network,
    late_ones_get_what_they_ask_for,
    history_is_refused_with_its_reason,
    other_networks_are_refused,
    gaps_are_told_once_and_of_whom,
    messages_tell_their_sequence_and_origin,
    skipped_messages_are_a_gap,
    evicted_port_finds_the_end,
    statistics_tell_of_the_window,
    receiver_is_told_the_same,
    receiver_is_told_of_what_never_came,
];

/// A reliable bus with room for a few short messages.
fn small() -> Builder {
    let long = Duration::from_secs(1000);
    Builder::new().reliable(true).mtu(16).pool(8).window(long)
}

#[track_caller]
fn join(bus: &Bus) -> Port {
    let port = ok("connect", Builder::new().reliable(true).connect(&bus.path));
    ok("sequences", port.set_report_sequences(true));
    port
}

#[track_caller]
fn next(port: &Port) -> (u32, Sequenced) {
    let mut buffer = [0; 16];
    let told = ok(
        "recv",
        port.recv_sequenced(&mut buffer, RecvFlags::DONTWAIT),
    );
    let number = buffer[..told.received.len()].try_into();
    (number.map_or(u32::MAX, u32::from_ne_bytes), told)
}

#[track_caller]
fn is_gap(port: &Port) {
    let flags = RecvFlags::DONTWAIT;
    let error = fails(
        "recv",
        port.recv_with(&mut [0; 16], flags),
        Errno::CONNRESET,
    );
    holds("it is a gap", error.is_gap());
    holds("it says so", error.to_string().contains("missed"));
}

#[track_caller]
fn say(port: &Port, numbers: std::ops::Range<u32>) {
    for number in numbers {
        ok(
            "send",
            port.send_with(&number.to_ne_bytes(), SendFlags::DONTWAIT),
        );
    }
}

fn options_are_those_of_the_network() {
    let bus = Bus::new();
    let builder = small().rate(1_000_000).keep_history(true).evict(true);
    let port = create(&bus, &builder.window(Duration::from_micros(2_500_100)));
    let network = port.network();
    same(
        "window",
        ok("window", network.window()),
        Duration::from_millis(2501),
    );
    same("rate", ok("rate", network.rate()), Some(1_000_000));
    let expected = Flags::RELIABLE | Flags::HISTORY | Flags::EVICT;
    same("flags", ok("flags", network.flags()), expected);
    let too_long = small().window(Duration::from_secs(86_401));
    fails(
        "bind",
        too_long.bind(Bus::named("other").path),
        Errno::INVAL,
    );
}

fn late_ones_get_what_they_ask_for() {
    let bus = Bus::new();
    let sender = create(&bus, &small().keep_history(true));
    say(&sender, 0..6);
    let builder = || Builder::new().reliable(true);
    for (history, first) in [
        (History::Last(2), 4),
        (History::Since(Duration::from_secs(100)), 0),
        (History::All, 0),
    ] {
        let late = ok("connect", builder().history(history).connect(&bus.path));
        (first..6).for_each(|n: u32| hears(&late, &n.to_ne_bytes()));
    }
    let late = ok("connect", builder().history(None).connect(&bus.path));
    fails(
        "recv",
        late.recv_with(&mut [0; 16], RecvFlags::DONTWAIT),
        Errno::AGAIN,
    );
}

fn history_is_refused_with_its_reason() {
    let bus = Bus::new();
    let _sender = create(&bus, &small());
    let builder = Builder::new().reliable(true).history(History::Last(1));
    let error = fails("connect", builder.connect(&bus.path), Errno::ACCESS);
    holds("it says why", error.to_string().contains("without history"));
}

fn other_networks_are_refused() {
    let bus = Bus::new();
    let _hub = create(&bus, &Builder::new());
    let builder = Builder::new().reliable(true);
    for error in [
        fails("connect", builder.connect(&bus.path), Errno::PROTOTYPE),
        fails("bind", builder.bind(&bus.path), Errno::PROTOTYPE),
    ] {
        holds("it says why", error.to_string().contains("no reliable bus"));
    }
}

fn gaps_are_told_once_and_of_whom() {
    let bus = Bus::new();
    let one = create(&bus, &small().window(Duration::ZERO));
    let (two, reader) = (join(&bus), join(&bus));
    say(&one, 0..3);
    say(&two, 0..60);
    is_gap(&reader);
    let (first, told) = next(&reader);
    let gaps: Vec<_> = told.gaps.iter().map(|gap| (gap.port, gap.lost)).collect();
    same("gaps", gaps, vec![(Some(0), 3), (Some(1), first.into())]);
    let (second, told) = next(&reader);
    same("message", second, first + 1);
    same("no gaps", told.gaps, vec![]);
}

fn messages_tell_their_sequence_and_origin() {
    let bus = Bus::new();
    let cable = create(&bus, &small());
    let reader = join(&bus);
    say(&cable, 5..6);
    let origin = Origin {
        bus: 7,
        sequence: 8,
        port: 9,
        hops: 1,
    };
    let bytes = 6_u32.to_ne_bytes();
    ok("send", cable.send_from(&bytes, origin, SendFlags::DONTWAIT));
    for (number, expected) in [(1, None), (2, Some(origin))] {
        let (text, told) = next(&reader);
        let sequence = told.sequence.expect("a sequence");
        same("message", u64::from(text), number + 4);
        same("sequence", (sequence.number, sequence.skipped), (number, 0));
        same("origin", sequence.origin, expected);
        holds("its time", sequence.sent > Duration::ZERO);
    }
    let plain = Bus::named("plain");
    let hub = create(&plain, &Builder::new());
    let sent = hub.send_from(b"x", origin, SendFlags::DONTWAIT);
    fails("on another network", sent, Errno::INVAL);
}

fn skipped_messages_are_a_gap() {
    let bus = Bus::new();
    let cable = create(&bus, &small());
    let reader = join(&bus);
    ok("skip", cable.skip(0));
    ok("skip", cable.skip(3_000_000_000));
    say(&cable, 0..1);
    is_gap(&reader);
    let (_, told) = next(&reader);
    let gaps: Vec<_> = told.gaps.iter().map(|gap| (gap.port, gap.lost)).collect();
    same("gaps", gaps, vec![(Some(0), 3_000_000_000)]);
    let sequence = told.sequence.expect("a sequence");
    same("sequence", sequence.number, 3_000_000_001);
}

fn evicted_port_finds_the_end() {
    let bus = Bus::new();
    let sender = create(&bus, &small().window(Duration::ZERO).evict(true));
    let reader = join(&bus);
    say(&sender, 0..60);
    let mut buffer = [0; 16];
    let content = ok("recv", reader.recv(&mut buffer));
    same("content", content, Content::End);
    same("evicted", ok("statistics", sender.statistics()).evicted, 1);
}

fn statistics_tell_of_the_window() {
    let bus = Bus::new();
    let sender = create(&bus, &small());
    let _reader = join(&bus);
    let told = ok("statistics", sender.statistics());
    same("none is left", told.window, Duration::ZERO);
    while sender.send_with(b"x", SendFlags::DONTWAIT).is_ok() {}
    let told = ok("statistics", sender.statistics());
    same("waited and evicted", (told.waited, told.evicted), (0, 0));
}

#[track_caller]
fn receiver(bus: &Bus) -> Receiver {
    let receiver = ok("receiver", join(bus).into_receiver());
    holds("it is mapped", receiver.not_mapped().is_none());
    receiver
}

/// The number, sequence and gaps of the next message.
#[track_caller]
fn take(receiver: &mut Receiver) -> (u32, u64, Vec<(Option<u32>, u64)>) {
    let (content, _) = ok("recv", receiver.recv_with(RecvFlags::DONTWAIT));
    let Content::Message(bytes) = content else {
        panic!("{content:?}, expected a message")
    };
    let number = u32::from_ne_bytes(bytes.try_into().expect("a number"));
    let sequence = receiver.sequence().expect("a sequence").number;
    let gaps = receiver.gaps().iter().map(|gap| (gap.port, gap.lost));
    (number, sequence, gaps.collect())
}

#[track_caller]
fn misses(receiver: &mut Receiver) {
    let error = fails(
        "recv",
        receiver.recv_with(RecvFlags::DONTWAIT),
        Errno::CONNRESET,
    );
    holds("it is a gap", error.is_gap());
}

fn receiver_is_told_the_same() {
    let bus = Bus::new();
    let one = create(&bus, &small().window(Duration::ZERO));
    let (two, mut receiver) = (join(&bus), receiver(&bus));
    say(&one, 0..1);
    say(&two, 0..1);
    same("of one", take(&mut receiver), (0, 1, vec![]));
    same("of two", take(&mut receiver), (0, 1, vec![]));
    let nothing = receiver.recv_with(RecvFlags::DONTWAIT).map(drop);
    fails("with nothing there", nothing, Errno::AGAIN);
    say(&one, 1..4);
    say(&two, 1..60);
    misses(&mut receiver);
    let (first, sequence, gaps) = take(&mut receiver);
    same("sequence", sequence, u64::from(first) + 1);
    same("gaps of two", gaps, vec![(Some(1), u64::from(first) - 1)]);
    (first + 1..60).for_each(|n| {
        same(
            "the next",
            take(&mut receiver),
            (n, u64::from(n) + 1, vec![]),
        );
    });
    // Of the other it is heard with its next one, and was told before.
    say(&one, 4..5);
    same("of one", take(&mut receiver), (4, 5, vec![(Some(0), 3)]));
    let nothing = receiver.recv_with(RecvFlags::DONTWAIT).map(drop);
    fails("with nothing there", nothing, Errno::AGAIN);
    drop((one, two));
}

fn receiver_is_told_of_what_never_came() {
    let bus = Bus::new();
    let cable = create(&bus, &small());
    let mut receiver = receiver(&bus);
    ok("skip", cable.skip(5));
    say(&cable, 1..3);
    misses(&mut receiver);
    let (content, _) = ok("peek", receiver.recv_with(RecvFlags::PEEK));
    same("peeked", content, Content::Message(&1_u32.to_ne_bytes()));
    same(
        "behind them",
        take(&mut receiver),
        (1, 6, vec![(Some(0), 5)]),
    );
    same("the next", take(&mut receiver), (2, 7, vec![]));
}
