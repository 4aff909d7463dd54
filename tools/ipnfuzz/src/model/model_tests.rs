// SPDX-License-Identifier: GPL-2.0

//! The model takes what the manual says, and nothing else.

use super::*;
use crate::outcome::Message;
use crate::program::{put_record, Address, Argument, Data, Filter, Name, Part, Receiver, Sender};
use ipntest::abi::*;
use libc::*;
use std::time::Duration;

/// A model and what was called so far, and the time.
pub(super) struct Story(Model, Duration);

impl Story {
    fn new() -> Story {
        Story(Model::new(0), Duration::from_secs(1))
    }

    /// Some milliseconds pass.
    pub(super) fn passes(&mut self, ms: u64) {
        self.1 += Duration::from_millis(ms);
    }

    fn now(&self) -> Moment {
        Moment {
            from: self.1,
            to: self.1,
        }
    }

    /// The call may answer this.
    #[track_caller]
    pub(super) fn takes(&mut self, call: Call, outcome: Outcome) {
        let now = self.now();
        if let Err(text) = self.0.judge(&call, &outcome, now) {
            panic!("{call:?} {text}");
        }
        assert!(!self.0.lost, "the model knows {call:?}");
    }

    /// The call may not.
    #[track_caller]
    pub(super) fn refuses(mut self, call: Call, outcome: Outcome) {
        let now = self.now();
        assert!(
            self.0.judge(&call, &outcome, now).is_err(),
            "{call:?}: {outcome:?}"
        );
    }

    /// Two ports on a network with room for so many messages.
    fn network(flags: i32, pool: i32) -> Story {
        Story::of(&[(IPN_SO_FLAGS, flags), (IPN_SO_MSGPOOLSIZE, pool)])
    }

    /// The same with any options.
    fn of(options: &[(i32, i32)]) -> Story {
        Story::of_type(SOCK_RAW, options)
    }

    /// The same of sockets of any type.
    pub(super) fn of_type(kind: i32, options: &[(i32, i32)]) -> Story {
        let mut story = Story::new();
        story.open(0, kind, options);
        let (sock, address) = (0, named());
        story.takes(Call::Bind { sock, address }, done());
        let address = Address {
            name: None,
            family: 0,
            len: Some(0),
        };
        story.takes(Call::Connect { sock, address }, done());
        story.join(1, kind, &[]);
        story
    }

    fn open(&mut self, to: Slot, kind: i32, options: &[(i32, i32)]) {
        let (kind, protocol) = (kind | SOCK_NONBLOCK, IPN_BROADCAST);
        self.takes(Call::Socket { to, kind, protocol }, done());
        for &(option, value) in options {
            self.takes(set(to, option, value), done());
        }
    }

    /// One more port.
    pub(super) fn join(&mut self, sock: Slot, kind: i32, options: &[(i32, i32)]) {
        self.open(sock, kind, options);
        let address = named();
        self.takes(Call::Connect { sock, address }, done());
    }

    #[track_caller]
    fn map(&mut self, sock: Slot, part: Part, to: Slot, access: i32) {
        let call = Call::Map {
            sock,
            to,
            part,
            pages: 1,
            access,
            shared: true,
        };
        self.takes(call, done());
    }
}

pub(super) fn named() -> Address {
    Address {
        name: Some(Name::A),
        family: AF_IPN as u16,
        len: None,
    }
}

pub(super) fn set(sock: Slot, option: i32, value: i32) -> Call {
    Call::Set {
        sock,
        level: LEVEL,
        option,
        value: value.to_ne_bytes().into(),
        len: None,
    }
}

pub(super) fn done() -> Outcome {
    Ok(Answer::default())
}

pub(super) fn send(sock: Slot, mark: u8) -> Call {
    let (by, data) = (Sender::Send, Data::Text { len: 3, mark });
    Call::Send {
        sock,
        by,
        data,
        flags: 0,
    }
}

pub(super) fn sent() -> Outcome {
    Ok(Answer::number(3))
}

pub(super) fn filter(sock: Slot, filter: Filter) -> Call {
    Call::Filter { sock, filter }
}

fn detach(sock: Slot) -> Call {
    Call::Set {
        sock,
        level: SOL_SOCKET,
        option: SO_DETACH_FILTER,
        value: vec![0; 4],
        len: None,
    }
}

pub(super) fn receive(sock: Slot) -> Call {
    Call::Receive {
        sock,
        by: Receiver::Recv,
        room: 100,
        flags: 0,
    }
}

/// A call gives these bytes.
pub(super) fn gives(data: Vec<u8>) -> Outcome {
    let message = Message {
        len: data.len(),
        data,
        beside: None,
    };
    Ok(Answer {
        messages: vec![message],
        ..Answer::default()
    })
}

pub(super) fn received(mark: u8) -> Outcome {
    gives(vec![mark, mark + 1, mark + 2])
}

pub(super) fn length(sock: Slot) -> Call {
    let (request, argument) = (FIONREAD, crate::program::Argument::Room);
    Call::Request {
        sock,
        request,
        argument,
    }
}

#[test]
fn a_message_comes_once() {
    let mut story = Story::network(0, 4);
    story.takes(send(0, 65), sent());
    story.takes(receive(1), received(65));
    story.takes(receive(1), Err(EAGAIN));
    story.takes(receive(0), Err(EAGAIN));
}

#[test]
fn a_message_that_does_not_come_is_noticed() {
    let mut story = Story::network(0, 4);
    story.takes(send(0, 65), sent());
    story.refuses(receive(1), Err(EAGAIN));
}

#[test]
fn a_message_with_other_bytes_is_noticed() {
    let mut story = Story::network(0, 4);
    story.takes(send(0, 65), sent());
    story.refuses(receive(1), received(66));
}

#[test]
fn a_message_that_comes_back_is_noticed() {
    let mut story = Story::network(0, 4);
    story.takes(send(0, 65), sent());
    story.refuses(receive(0), received(65));
}

#[test]
fn a_lossy_network_keeps_the_newest() {
    let mut story = Story::network(0, 2);
    (0..3).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(receive(1), received(1));
    story.takes(receive(1), received(2));
}

#[test]
fn a_full_lossless_network_refuses() {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 2);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.takes(send(0, 3), Err(EAGAIN));
    story.takes(receive(1), received(1));
    story.takes(send(0, 3), sent());
    story.refuses(send(0, 4), sent());
}

#[test]
fn a_mapped_reader_makes_room_by_its_position() {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 2);
    story.map(1, Part::Cursor, 5, PROT_READ | PROT_WRITE);
    story.takes(send(0, 1), sent());
    story.takes(send(0, 2), sent());
    story.takes(send(0, 3), Err(EAGAIN));
    story.takes(
        Call::Scribble {
            area: 5,
            word: 0,
            value: 1,
        },
        done(),
    );
    story.takes(send(0, 3), sent());
    story.takes(receive(1), received(2));
}

#[test]
fn a_filter_refuses_and_cuts() {
    let mut story = Story::network(0, 4);
    story.takes(filter(1, Filter::Odd), done());
    (0..3).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(length(1), Ok(Answer::number(3)));
    story.takes(receive(1), received(1));
    story.takes(receive(1), Err(EAGAIN));
    story.takes(filter(1, Filter::First(2)), done());
    story.takes(send(0, 65), sent());
    story.takes(length(1), Ok(Answer::number(2)));
    story.refuses(receive(1), received(65));
}

#[test]
fn what_a_filter_has_refused_is_gone_and_what_waits_is_not() {
    let mut story = Story::network(0, 4);
    story.takes(filter(1, Filter::Nothing), done());
    story.takes(send(0, 1), sent());
    story.takes(receive(1), Err(EAGAIN));
    story.takes(send(0, 2), sent());
    story.takes(detach(1), done());
    story.takes(detach(1), Err(ENOENT));
    story.takes(receive(1), received(2));
    story.takes(receive(1), Err(EAGAIN));
}

#[test]
fn who_attaches_a_filter_makes_room_at_once() {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 1);
    story.takes(send(0, 2), sent());
    story.takes(filter(1, Filter::Odd), done());
    story.refuses(send(0, 4), Err(EAGAIN));
}

#[test]
fn a_worker_makes_room_at_some_time_after_it_was_called() {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 1);
    story.takes(filter(1, Filter::Odd), done());
    story.takes(send(0, 2), sent());
    story.takes(send(0, 4), Err(EAGAIN));
    story.takes(send(0, 4), Err(EAGAIN));
    story.takes(send(0, 4), sent());
    story.takes(send(0, 5), sent());
    // That one is wanted.
    story.takes(receive(1), received(5));
    story.takes(send(0, 7), sent());
    story.refuses(send(0, 9), sent());
}

#[test]
fn no_worker_makes_room_that_was_not_called() {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 1);
    story.takes(filter(1, Filter::Odd), done());
    story.takes(send(0, 2), sent());
    story.refuses(send(0, 4), sent());
}

#[test]
fn nonsense_in_a_cursor_is_forgotten() {
    let mut story = Story::network(0, 4);
    story.map(1, Part::Cursor, 5, PROT_READ | PROT_WRITE);
    story.takes(send(0, 1), sent());
    story.takes(
        Call::Scribble {
            area: 5,
            word: 0,
            value: 2,
        },
        done(),
    );
    story.takes(length(1), Ok(Answer::number(3)));
    story.takes(send(0, 2), sent());
    story.takes(receive(1), received(1));
}

#[test]
fn a_mapping_keeps_its_port() {
    let mut story = Story::network(0, 4);
    story.map(1, Part::Ring, 5, PROT_READ);
    story.takes(Call::Close { sock: 1 }, done());
    let used = |value: &str| Ok(Answer::stored(2, format!("{value}\n").into_bytes()));
    let look = || Call::Look {
        name: Name::A,
        file: "used".into(),
    };
    story.takes(look(), used("2"));
    story.takes(Call::LookBack { area: 5, back: 0 }, done());
    story.takes(Call::Close { sock: 5 }, done());
    story.takes(look(), used("1"));
    story.refuses(look(), used("2"));
}

/// Two ports that move records, and a lossless network with room for two.
fn records() -> Story {
    let mut story = Story::network(IPN_FLAG_LOSSLESS, 2);
    for sock in [0, 1] {
        story.takes(set(sock, IPN_SO_RECORDS, 1), done());
    }
    story
}

fn send_records(lens: &[u16]) -> Call {
    Call::Send {
        sock: 0,
        by: Sender::Send,
        data: Data::Records {
            lens: lens.to_vec(),
            mark: 1,
            cut: 0,
            sequenced: false,
        },
        flags: 0,
    }
}

fn received_records(messages: &[&[u8]]) -> Outcome {
    let mut data = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        put_record(&mut data, message, (0, number as u64), None);
    }
    gives(data)
}

#[test]
fn records_come_by_one_call() {
    let mut story = records();
    story.takes(send_records(&[3, 1]), Ok(Answer::number(32 + 25)));
    story.takes(receive(1), received_records(&[&[1, 2, 3], &[2]]));
}

#[test]
fn a_record_that_does_not_come_is_noticed() {
    let mut story = records();
    story.takes(send_records(&[3, 1]), Ok(Answer::number(32 + 25)));
    story.refuses(receive(1), received_records(&[&[1, 2, 3]]));
}

#[test]
fn records_without_room_are_a_short_write() {
    let mut story = records();
    story.takes(send_records(&[3, 1, 2]), Ok(Answer::number(64)));
    story.refuses(send_records(&[3]), Ok(Answer::number(27)));
}

#[test]
fn a_manager_is_told_of_the_end_and_of_nothing_before() {
    let (kind, protocol) = (SOCK_RAW | SOCK_NONBLOCK, IPN_BROADCAST);
    let address = Address {
        name: Some(Name::A),
        family: AF_IPN as u16,
        len: None,
    };
    let poll = |events: i16| Call::Poll {
        sock: 0,
        events,
        patience: 0,
    };
    let mut story = Story::new();
    for sock in [0, 1] {
        let call = Call::Socket {
            to: sock,
            kind,
            protocol,
        };
        story.takes(call, done());
        let address = address.clone();
        story.takes(Call::Bind { sock, address }, done());
    }
    story.takes(poll(i16::MAX), Ok(Answer::number(0)));
    let end = Call::Request {
        sock: 1,
        request: IPN_TERMINATE,
        argument: Argument::Room,
    };
    story.takes(end, done());
    let told = POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP;
    story.takes(poll(i16::MAX), Ok(Answer::number(i64::from(told))));
    story.takes(poll(0), Ok(Answer::number(i64::from(POLLHUP))));
    story.refuses(poll(i16::MAX), Ok(Answer::number(0)));
}

#[test]
fn what_is_unknown_ends_the_judgement() {
    let mut story = Story::network(0, 4);
    let now = story.now();
    assert!(story.0.judge(&Call::Leave, &done(), now).is_ok());
    assert!(story.0.judge(&receive(1), &received(99), now).is_ok());
}

fn text(sock: Slot, len: u32, mark: u8) -> Call {
    let (by, data) = (Sender::Send, Data::Text { len, mark });
    Call::Send {
        sock,
        by,
        data,
        flags: 0,
    }
}

fn went(len: u32) -> Outcome {
    Ok(Answer::number(len))
}

fn big(sock: Slot) -> Call {
    Call::Receive {
        sock,
        by: Receiver::Recv,
        room: 70_000,
        flags: 0,
    }
}

fn got(len: u32, mark: u8) -> Outcome {
    gives(Data::Text { len, mark }.bytes())
}

/// Room for two messages of 40,000 bytes, each in three parts.
fn in_parts(flags: i32) -> Story {
    Story::of(&[
        (IPN_SO_MTU, 40_000),
        (IPN_SO_FLAGS, flags),
        (IPN_SO_MSGPOOLSIZE, 2),
    ])
}

#[test]
fn parts_are_no_messages() {
    let mut story = in_parts(0);
    story.takes(text(0, 40_000, 1), went(40_000));
    story.takes(length(1), Ok(Answer::number(40_000)));
    story.takes(big(1), got(40_000, 1));
    story.takes(big(1), Err(EAGAIN));
    story.refuses(big(0), got(40_000, 1));
}

#[test]
fn a_message_whose_parts_are_gone_is_lost() {
    let mut story = in_parts(0);
    story.takes(text(0, 40_000, 1), went(40_000));
    // Of the eight descriptors it has four, and the first part goes for the last of these.
    (2..7).for_each(|mark| story.takes(send(0, mark), sent()));
    story.takes(receive(1), received(2));
}

#[test]
fn parts_that_are_needed_stay_where_nothing_is_lost() {
    let mut story = in_parts(IPN_FLAG_LOSSLESS);
    story.takes(text(0, 40_000, 1), went(40_000));
    story.takes(text(0, 40_000, 2), went(40_000));
    story.takes(send(0, 3), Err(EAGAIN));
    story.takes(big(1), got(40_000, 1));
    story.takes(text(0, 40_000, 3), went(40_000));
    story.takes(big(1), got(40_000, 2));
    story.takes(big(1), got(40_000, 3));
}

/// A network with room for two messages, which the first port writes.
fn of_one_writer(flags: i32) -> Story {
    let mut story = Story::of(&[
        (IPN_SO_FLAGS, flags | IPN_FLAG_ONE_WRITER),
        (IPN_SO_MSGPOOLSIZE, 2),
    ]);
    story.takes(Call::MapWriter { sock: 0, to: 5 }, done());
    story
}

fn publish(mark: u8) -> Call {
    Call::Publish {
        area: 5,
        len: 3,
        mark,
    }
}

#[test]
fn what_is_published_comes() {
    let mut story = of_one_writer(0);
    (0..3).for_each(|mark| story.takes(publish(mark), Ok(Answer::number(mark))));
    story.takes(receive(1), received(1));
    story.takes(receive(1), received(2));
    story.takes(receive(0), Err(EPIPE));
    story.takes(send(1, 1), Err(EOPNOTSUPP));
    story.takes(Call::MapWriter { sock: 1, to: 6 }, Err(EBUSY));
    story.refuses(publish(4), Err(EAGAIN));
}

#[test]
fn a_writer_that_may_lose_nothing_finds_no_room() {
    let mut story = of_one_writer(IPN_FLAG_LOSSLESS);
    story.takes(publish(0), Ok(Answer::number(0)));
    story.takes(publish(1), Ok(Answer::number(1)));
    story.takes(publish(2), Err(EAGAIN));
    story.takes(receive(1), received(0));
    story.takes(publish(2), Ok(Answer::number(2)));
}

#[test]
fn after_nonsense_there_are_bounds_only() {
    let mut story = of_one_writer(0);
    story.takes(publish(0), Ok(Answer::number(0)));
    let (area, word, value) = (5, 1, 77);
    story.takes(Call::Scribble { area, word, value }, done());
    story.takes(length(1), Ok(Answer::number(0)));
    story.takes(receive(1), Err(EBADMSG));
    story.takes(receive(1), received(9));
    story.refuses(receive(1), Err(EINVAL));
}
