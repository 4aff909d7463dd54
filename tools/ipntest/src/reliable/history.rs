// SPDX-License-Identifier: GPL-2.0
//! Late join: a port begins with what was sent before it came.

use super::*;
use crate::lab::bus::{hear, hear_nothing, hear_number, say, say_number};
use crate::lab::runner::cases;

cases!["reliable_history":
        last_messages_are_there,
        last_value_outlives_its_sender,
        all_that_are_left_are_there,
        those_of_the_last_milliseconds_are_there,
        is_not_there_unless_the_maker_allows_it,
        late_one_is_waited_for,
        late_one_sends_and_hears_none_of_its_own,
        late_one_is_told_of_gaps,
        last_long_message_is_there,
        more_than_there_are_is_all,
];

fn with_history(window: i32) -> Vec<(i32, i32)> {
    let mut options = small(window).to_vec();
    options.push((IPN_SO_FLAGS, IPN_FLAG_HISTORY));
    options
}

fn last_messages_are_there() {
    let bus = Bus::new();
    let sender = create(&bus, &with_history(LONG.1));
    (0..6).for_each(|n| say_number(&sender, n));
    for count in 0..7 {
        let late = join_with(&bus, &[(IPN_SO_HISTORY, count)]);
        (6 - count as u32..6).for_each(|n| hear_number(&late, n));
        hear_nothing(&late);
    }
    let late = join_with(&bus, &[(IPN_SO_HISTORY, 1)]);
    say_number(&sender, 6);
    hear_number(&late, 5);
    hear_number(&late, 6);
}

fn last_value_outlives_its_sender() {
    let bus = Bus::new();
    let manager = create(&bus, &with_history(LONG.1));
    let sender = join(&bus);
    say(&sender, b"the last word");
    let number = port(&sender);
    drop(sender);
    // It takes the very port that has sent it.
    let late = join_with(&bus, &[(IPN_SO_HISTORY, 1)]);
    same("port", port(&late), number);
    hear(&late, b"the last word");
    hear_nothing(&late);
    hear(&manager, b"the last word");
}

fn all_that_are_left_are_there() {
    let bus = Bus::new();
    let sender = create(&bus, &with_history(0));
    (0..100).for_each(|n| say_number(&sender, n));
    let late = join_with(&bus, &[(IPN_SO_HISTORY, IPN_HISTORY_ALL)]);
    let received = ok("recv", late.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    holds("as many as are held", 100 - first >= HELD);
    (first + 1..100).for_each(|n| hear_number(&late, n));
    hear_nothing(&late);
    same("lost", counted(&late, 4), 0);
}

fn those_of_the_last_milliseconds_are_there() {
    let bus = Bus::new();
    let sender = create(&bus, &with_history(LONG.1));
    (0..3).for_each(|n| say_number(&sender, n));
    std::thread::sleep(Duration::from_millis(1500));
    (3..6).for_each(|n| say_number(&sender, n));
    let late = join_with(&bus, &[(IPN_SO_SINCE, 1000)]);
    (3..6).for_each(|n| hear_number(&late, n));
    hear_nothing(&late);
    let late = join_with(&bus, &[(IPN_SO_SINCE, 100_000)]);
    (0..6).for_each(|n| hear_number(&late, n));
    hear_nothing(&late);
}

fn is_not_there_unless_the_maker_allows_it() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    say_number(&sender, 1);
    for option in [IPN_SO_HISTORY, IPN_SO_SINCE] {
        let late = open();
        ok("history", late.set(option, 1000));
        fails("connect", late.connect(&bus.addr), libc::EACCES);
        ok("none", late.set(option, 0));
        ok("connect without", late.connect(&bus.addr));
        hear_nothing(&late);
    }
}

fn late_one_is_waited_for() {
    let bus = Bus::new();
    let sender = create(&bus, &with_history(LONG.1));
    (0..HELD).for_each(|n| say_number(&sender, n));
    let late = join_with(&bus, &[(IPN_SO_HISTORY, HELD as i32)]);
    fails("send", sender.send(b"x", NOW), libc::EAGAIN);
    (0..HELD).for_each(|n| hear_number(&late, n));
    say_number(&sender, 9);
    hear_number(&late, 9);
}

fn late_one_sends_and_hears_none_of_its_own() {
    let bus = Bus::new();
    let one = create(&bus, &with_history(LONG.1));
    let gone = join(&bus);
    say_number(&gone, 1);
    say_number(&one, 2);
    drop(gone);
    let late = join_with(&bus, &[(IPN_SO_HISTORY, IPN_HISTORY_ALL)]);
    say_number(&late, 3);
    hear_number(&late, 1);
    hear_number(&late, 2);
    hear_nothing(&late);
    say_number(&one, 4);
    hear_number(&late, 4);
}

fn late_one_is_told_of_gaps() {
    let bus = Bus::new();
    let one = create(&bus, &with_history(0));
    let gone = join(&bus);
    (0..3).for_each(|n| say_number(&gone, n));
    drop(gone);
    (0..3).for_each(|n| say_number(&one, n));
    let late = join_with(&bus, &[(IPN_SO_HISTORY, IPN_HISTORY_ALL)]);
    same("port", port(&late), 1);
    hear_number(&late, 0);
    say_number(&late, 77);
    (0..50).for_each(|n| say_number(&one, n));
    is_reset(&late);
    let received = ok("recv", late.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    let missed: u64 = gaps(&received).iter().map(|(_, lost)| lost).sum();
    // Two of the one that has left, three and some of the other; none of its own.
    same("missed", missed, 5 + u64::from(first));
    let of_gone = gaps(&received).iter().find(|(port, _)| *port == 1).copied();
    same("of the one that has left", of_gone, Some((1, 2)));
}

fn last_long_message_is_there() {
    let bus = Bus::new();
    let options = [
        LONG,
        (IPN_SO_FLAGS, IPN_FLAG_HISTORY),
        (IPN_SO_MTU, 100_000),
        (IPN_SO_MSGPOOLSIZE, 4),
    ];
    let sender = create(&bus, &options);
    for n in 0..3_u8 {
        same(
            "sent",
            ok("send", sender.send(&vec![n; 50_000], NOW)),
            50_000,
        );
    }
    for count in 1..4_u8 {
        let late = join_with(&bus, &[(IPN_SO_HISTORY, count.into())]);
        for n in 3 - count..3 {
            let received = ok("recv", late.recvmsg(100_000, NOW));
            holds("whole", received.data == vec![n; 50_000]);
        }
        hear_nothing(&late);
    }
}

fn more_than_there_are_is_all() {
    let bus = Bus::new();
    let sender = create(&bus, &with_history(LONG.1));
    let late = join_with(&bus, &[(IPN_SO_HISTORY, 5)]);
    hear_nothing(&late);
    say_number(&sender, 0);
    hear_number(&late, 0);
    let late = join_with(&bus, &[(IPN_SO_HISTORY, 5)]);
    hear_number(&late, 0);
    hear_nothing(&late);
}
