// SPDX-License-Identifier: GPL-2.0

//! The model of reliable buses takes what the manual says, and nothing else.

use super::tests::*;
use super::*;
use crate::outcome::{Beside, Message, Told};
use crate::program::{put_record, Control, Data, Receiver, Sender, ORIGIN};
use ipntest::abi::*;
use libc::{
    EACCES, EAGAIN, ECONNRESET, EINVAL, ENOPROTOOPT, EOPNOTSUPP, EPIPE, EPROTOTYPE, MSG_EOR,
    POLLIN, SOCK_NONBLOCK, SOCK_RAW, SOCK_RDM,
};

/// A window that no story outlives.
const LONG: (i32, i32) = (IPN_SO_WINDOW, 1_000_000);

/// Two ports of a bus with room for two messages.
fn bus(options: &[(i32, i32)]) -> Story {
    let small = [(IPN_SO_MSGPOOLSIZE, 2)];
    Story::of_type(SOCK_RDM, &[&small, options].concat())
}

/// The same where nobody waits.
fn lossy(options: &[(i32, i32)]) -> Story {
    bus(&[&[(IPN_SO_WINDOW, 0)], options].concat())
}

fn hear(sock: Slot) -> Call {
    Call::Receive {
        sock,
        by: Receiver::Message(1, 255),
        room: 100,
        flags: 0,
    }
}

/// The message of a mark, behind these gaps, and what is told of it.
fn heard(mark: u8, gaps: &[(u32, u64)], told: Option<Told>) -> Outcome {
    let message = Message {
        len: 3,
        data: vec![mark, mark + 1, mark + 2],
        beside: Some(Beside {
            flags: MSG_EOR,
            missed: None,
            gaps: Some(gaps.to_vec()),
            told,
        }),
    };
    Ok(Answer {
        messages: vec![message],
        ..Answer::default()
    })
}

fn ended() -> Outcome {
    let message = Message {
        len: 0,
        data: Vec::new(),
        beside: Some(Beside {
            flags: 0,
            missed: None,
            gaps: Some(Vec::new()),
            told: None,
        }),
    };
    Ok(Answer {
        messages: vec![message],
        ..Answer::default()
    })
}

fn skip(count: i32) -> Call {
    set(0, IPN_SO_SKIP, count)
}

fn poll(sock: Slot) -> Call {
    Call::Poll {
        sock,
        events: POLLIN,
        patience: 0,
    }
}

fn ready(is_so: bool) -> Outcome {
    Ok(Answer::number(if is_so { POLLIN } else { 0 }))
}

#[test]
fn a_sender_waits_for_the_window_and_no_longer() {
    let mut story = bus(&[(IPN_SO_WINDOW, 1000)]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.takes(send(0, 3), Err(EAGAIN));
    story.passes(1010);
    // It may be so or not, as a kernel's clock ticks.
    story.takes(send(0, 3), Err(EAGAIN));
    story.passes(10);
    story.takes(send(0, 3), sent());
    story.takes(hear(1), Err(ECONNRESET));
    story.takes(hear(1), heard(2, &[(0, 1)], None));
}

#[test]
fn a_message_that_goes_before_its_time_is_noticed() {
    let mut story = bus(&[(IPN_SO_WINDOW, 1000)]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.passes(999);
    story.refuses(send(0, 3), sent());
}

#[test]
fn a_sender_that_waits_too_long_is_noticed() {
    let mut story = bus(&[(IPN_SO_WINDOW, 1000)]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.passes(1020);
    story.refuses(send(0, 3), Err(EAGAIN));
}

#[test]
fn who_has_read_holds_nobody() {
    let mut story = bus(&[LONG]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.takes(receive(1), received(1));
    story.takes(send(0, 3), sent());
    story.refuses(send(0, 4), sent());
}

#[test]
fn a_gap_is_told_once() {
    let mut story = lossy(&[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(poll(1), ready(true));
    story.takes(length(1), Ok(Answer::number(3)));
    story.takes(hear(1), Err(ECONNRESET));
    story.takes(hear(1), heard(3, &[(0, 2)], None));
    story.takes(hear(1), heard(4, &[], None));
    story.takes(hear(1), Err(EAGAIN));
}

#[test]
fn a_gap_that_is_not_told_is_noticed() {
    let mut story = lossy(&[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.refuses(hear(1), heard(3, &[], None));
}

#[test]
fn a_gap_that_is_told_twice_is_noticed() {
    let mut story = lossy(&[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(1), Err(ECONNRESET));
    story.refuses(hear(1), Err(ECONNRESET));
}

#[test]
fn a_gap_of_another_port_is_noticed() {
    let mut story = lossy(&[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(1), Err(ECONNRESET));
    story.refuses(hear(1), heard(3, &[(1, 2)], None));
}

#[test]
fn own_messages_are_no_loss() {
    let mut story = lossy(&[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(poll(0), ready(false));
    story.takes(send(1, 5), sent());
    story.takes(hear(0), heard(5, &[], None));
}

#[test]
fn a_socket_of_another_type_is_not_told() {
    let mut story = lossy(&[]);
    story.join(2, SOCK_RAW, &[]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(2), heard(3, &[], None));
}

#[test]
fn a_late_port_finds_the_end_where_it_is_evicted() {
    let mut story = lossy(&[(IPN_SO_FLAGS, IPN_FLAG_EVICT)]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(1), ended());
    story.takes(hear(1), ended());
    story.takes(send(1, 5), sent());
    story.takes(hear(0), heard(5, &[], None));
    story.refuses(hear(1), Err(EPIPE));
}

#[test]
fn a_past_is_that_of_so_many_messages() {
    let mut story = bus(&[LONG, (IPN_SO_FLAGS, IPN_FLAG_HISTORY)]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.join(2, SOCK_RDM, &[(IPN_SO_HISTORY, 1)]);
    story.join(3, SOCK_RDM, &[(IPN_SO_HISTORY, IPN_HISTORY_ALL)]);
    story.join(4, SOCK_RDM, &[(IPN_SO_SINCE, 1000)]);
    story.join(5, SOCK_RDM, &[]);
    story.takes(hear(2), heard(2, &[], None));
    story.takes(hear(3), heard(1, &[], None));
    story.takes(hear(4), heard(1, &[], None));
    story.takes(hear(5), Err(EAGAIN));
    story.passes(2000);
    story.join(6, SOCK_RDM, &[(IPN_SO_SINCE, 1000)]);
    story.refuses(hear(6), heard(2, &[], None));
}

#[test]
fn what_is_missed_of_an_unknown_port_is_of_others() {
    let mut story = lossy(&[(IPN_SO_FLAGS, IPN_FLAG_HISTORY)]);
    story.takes(send(0, 1), sent());
    story.join(2, SOCK_RDM, &[(IPN_SO_HISTORY, 1)]);
    (2..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(2), Err(ECONNRESET));
    story.takes(hear(2), heard(3, &[(IPN_GAP_OTHERS, 2)], None));
}

#[test]
fn a_bus_without_a_past_has_none() {
    let mut story = bus(&[LONG]);
    let (to, kind, protocol) = (2, SOCK_RDM | SOCK_NONBLOCK, IPN_ANY);
    story.takes(Call::Socket { to, kind, protocol }, done());
    story.takes(set(2, IPN_SO_HISTORY, 1), done());
    let (sock, address) = (2, named());
    story.takes(Call::Connect { sock, address }, Err(EACCES));
}

#[test]
fn what_was_skipped_is_told_before_the_next() {
    let mut story = bus(&[LONG]);
    story.takes(set(1, IPN_SO_SEQUENCE, 1), done());
    story.takes(skip(5), done());
    story.takes(send(0, 1), sent());
    story.takes(hear(1), Err(ECONNRESET));
    let told = Told {
        sequence: 6,
        skipped: 5,
        origin: [0; ORIGIN],
    };
    story.takes(hear(1), heard(1, &[(0, 5)], Some(told)));
}

#[test]
fn what_was_skipped_before_what_a_filter_refuses_is_told() {
    let mut story = bus(&[LONG]);
    story.takes(filter(1, Filter::Odd), done());
    story.takes(skip(5), done());
    story.takes(send(0, 2), sent());
    story.takes(send(0, 3), sent());
    story.takes(hear(1), Err(ECONNRESET));
    story.takes(hear(1), heard(3, &[(0, 5)], None));
}

#[test]
fn a_message_says_where_it_comes_from() {
    let mut story = bus(&[LONG]);
    story.takes(set(1, IPN_SO_SEQUENCE, 1), done());
    let call = Call::Send {
        sock: 0,
        by: Sender::Message(1, Control::Origin(7)),
        data: Data::Text { len: 3, mark: 1 },
        flags: 0,
    };
    story.takes(call, sent());
    let told = Told {
        sequence: 1,
        skipped: 0,
        origin: [8; ORIGIN],
    };
    story.refuses(hear(1), heard(1, &[], Some(told)));
}

#[test]
fn records_have_sequences() {
    let mut story = bus(&[LONG]);
    story.takes(set(1, IPN_SO_RECORDS, 2), done());
    story.takes(skip(1), done());
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.takes(length(1), Ok(Answer::number(32 + 3)));
    story.takes(receive(1), Err(ECONNRESET));
    let mut data = Vec::new();
    put_record(&mut data, &[1, 2, 3], (0, 0), Some(2));
    put_record(&mut data, &[2, 3, 4], (0, 1), Some(3));
    story.takes(receive(1), gives(data));
}

#[test]
fn a_rate_is_kept() {
    let mut story = bus(&[LONG, (IPN_SO_RATE, 3)]);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), Err(EAGAIN));
    story.takes(send(1, 2), sent());
    story.passes(1100);
    story.takes(receive(1), received(1));
    story.takes(send(0, 3), sent());
    story.refuses(send(0, 4), sent());
}

#[test]
fn a_port_counts() {
    let mut story = lossy(&[(IPN_SO_FLAGS, IPN_FLAG_EVICT)]);
    (1..5).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(hear(1), ended());
    let ask = |sock| Call::Get {
        sock,
        level: LEVEL,
        option: IPN_SO_STATISTICS,
        asked: Vec::new(),
        room: 96,
    };
    let counted = |words: [u64; 12]| {
        let bytes = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        Ok(Answer::stored(96, bytes))
    };
    story.takes(
        ask(0),
        counted([4, 12, 0, 0, 0, 0, 0, u64::MAX, 0, 0, 0, 1]),
    );
    story.takes(
        ask(1),
        counted([0, 0, 0, 0, 2, 0, 0, u64::MAX, 0, 10, 0, 1]),
    );
    story.refuses(
        ask(1),
        counted([0, 0, 0, 0, 2, 0, 0, u64::MAX, 0, 11, 0, 1]),
    );
}

#[test]
fn only_its_type_makes_a_bus() {
    let mut story = Story::of_type(SOCK_RAW, &[]);
    let (to, kind, protocol) = (2, SOCK_RDM | SOCK_NONBLOCK, IPN_BROADCAST);
    story.takes(Call::Socket { to, kind, protocol }, done());
    let (sock, address) = (2, named());
    story.takes(Call::Connect { sock, address }, Err(EPROTOTYPE));
    story.takes(set(2, IPN_SO_FLAGS, IPN_FLAG_LOSSLESS), Err(EINVAL));
    story.takes(skip(1), Err(EOPNOTSUPP));
    let (to, kind) = (3, SOCK_RAW | SOCK_NONBLOCK);
    story.takes(Call::Socket { to, kind, protocol }, done());
    story.takes(set(3, IPN_SO_WINDOW, 1), Err(ENOPROTOOPT));
    story.refuses(set(3, IPN_SO_FLAGS, IPN_FLAG_RELIABLE), done());
}
