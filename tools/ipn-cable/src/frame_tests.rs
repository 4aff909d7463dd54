// SPDX-License-Identifier: GPL-2.0

use super::*;
use proptest::prelude::*;

prop_compose! {
    fn marks()(
        bus in 1..=u64::MAX,
        port: u32,
        since in 1..=u64::MAX,
        more: u64,
        began in 1_u64..1000,
    ) -> Mark {
        Mark { author: Author { bus, port }, since, began, last: since.saturating_add(more) }
    }
}

fn written(number: u64, frame: &Frame<'_>) -> Vec<u8> {
    let mut buffer = b"what was there before".to_vec();
    frame.write(number, &mut buffer);
    buffer
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(
        mark in marks(),
        hops in 1..=HOPS_MAX,
        number in 1000..=u64::MAX,
        bytes: Vec<u8>,
        list in prop::collection::vec(marks(), 0..5),
    ) {
        let message = Frame::Message { mark, hops, bytes: &bytes };
        let as_bytes = written(number, &message);
        prop_assert_eq!(Frame::read(&as_bytes), Ok((number, message)));
        let list = Frame::Marks(list);
        let as_bytes = written(number, &list);
        prop_assert_eq!(Frame::read(&as_bytes), Ok((number, list)));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_mean_one_thing(mut bytes: Vec<u8>, kind in 0_u8..4) {
        bytes.splice(..bytes.len().min(4), [VERSION, kind, 0, 0]);
        if let Ok((number, frame)) = Frame::read(&bytes) {
            prop_assert_eq!(written(number, &frame), bytes);
        }
    }

    #[test]
    fn a_frame_that_was_cut_or_changed_never_makes_it_panic(
        list in prop::collection::vec(marks(), 0..5),
        cut: prop::sample::Index,
        at: prop::sample::Index,
        byte: u8,
    ) {
        let mut bytes = written(1000, &Frame::Marks(list));
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        if let Ok((_, Frame::Marks(marks))) = Frame::read(&bytes) {
            prop_assert!(marks.iter().all(|mark| mark.since <= mark.last));
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let mark = Mark {
        author: Author { bus: 7, port: 3 },
        since: 5,
        began: 2,
        last: 9,
    };
    let message = |mark, hops| {
        let bytes: &[u8] = b"hello";
        written(2, &Frame::Message { mark, hops, bytes })
    };
    assert!(Frame::read(&message(mark, HOPS_MAX)).is_ok());
    let nobody = Author { bus: 0, port: 3 };
    for (why, bytes) in [
        ("no hop", message(mark, 0)),
        ("too many hops", message(mark, HOPS_MAX + 1)),
        (
            "no bus",
            message(
                Mark {
                    author: nobody,
                    ..mark
                },
                1,
            ),
        ),
        ("older than the first", message(Mark { last: 4, ..mark }, 1)),
        ("before the first", message(Mark { since: 0, ..mark }, 1)),
        ("begun later", message(Mark { began: 3, ..mark }, 1)),
        (
            "too long",
            [message(mark, 1), vec![0; MESSAGE_MAX]].concat(),
        ),
    ] {
        assert_eq!(Frame::read(&bytes), Err(BadFrame::Malformed), "{why}");
    }
}

#[test]
fn another_version_is_told_from_nonsense() {
    assert_eq!(Frame::read(&[2, 1]), Err(BadFrame::Version(2)));
    assert_eq!(Frame::read(&[]), Err(BadFrame::Malformed));
}
