// SPDX-License-Identifier: GPL-2.0

//! Windows on a text, against a text that is written whole and cut afterwards.

use crate::text::Text;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Numbers as ranges, found by asking for every number that there is.
fn naive_ranges(numbers: &BTreeSet<u32>) -> String {
    let has = |number: Option<u32>| number.is_some_and(|number| numbers.contains(&number));
    let firsts = numbers.iter().filter(|n| !has(n.checked_sub(1)));
    let lasts = numbers.iter().filter(|n| !has(n.checked_add(1)));
    let words: Vec<_> = firsts
        .zip(lasts)
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        })
        .collect();
    words.join(",")
}

/// What lies in a window of `room` bytes from `from` on.
fn naive_window(text: &str, from: u64, room: usize) -> &[u8] {
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(text.len());
    let rest = &text.as_bytes()[from..];
    &rest[..rest.len().min(room)]
}

/// Numbers that come in runs, at both ends of what there is too.
fn numbers() -> impl Strategy<Value = BTreeSet<u32>> {
    let start = prop_oneof![0..300_u32, Just(u32::MAX - 3), any::<u32>()];
    let run = (start, 1..6_u32).prop_map(|(first, len)| first..=first.saturating_add(len - 1));
    vec(run, 0..40).prop_map(|runs| runs.into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_window_has_what_the_whole_text_has_there(
        pieces in vec(".{0,12}", 0..20),
        from in prop_oneof![8 => 0..200_u64, 1 => any::<u64>()],
        room in 0..100_usize,
    ) {
        let whole = pieces.concat();
        let mut buffer = vec![0xee; room];
        let mut text = Text::new(&mut buffer, from);
        let mut written = String::new();
        for piece in &pieces {
            written.push_str(piece);
            let fits = text.write_str(piece).is_ok();
            // It fails at the piece that goes on beyond the window, and not before.
            let beyond = written.len().saturating_sub(usize::try_from(from).unwrap_or(usize::MAX)) > room;
            prop_assert!(fits != beyond || piece.is_empty(), "{:?} of {:?}", piece, whole);
        }
        let len = text.len();
        prop_assert_eq!(&buffer[..len], naive_window(&whole, from, room));
        prop_assert!(buffer[len..].iter().all(|&byte| byte == 0xee), "the rest is untouched");
    }

    #[test]
    fn ranges_are_those_of_the_numbers(
        numbers in numbers(),
        from in 0..80_u64,
        room in 0..400_usize,
    ) {
        let whole = naive_ranges(&numbers);
        let mut buffer = vec![0; room];
        let mut text = Text::new(&mut buffer, from);
        let fits = text.write_ranges(numbers.iter().copied()).is_ok();
        let len = text.len();
        prop_assert_eq!(&buffer[..len], naive_window(&whole, from, room));
        prop_assert_eq!(fits, whole.len() <= from as usize + room);
    }

    #[test]
    fn pieces_of_any_length_make_the_whole_list(numbers in numbers(), room in 1..30_usize) {
        let mut got = Vec::new();
        loop {
            let mut buffer = vec![0; room];
            let mut text = Text::new(&mut buffer, got.len() as u64);
            let _ = text.write_ranges(numbers.iter().copied());
            let len = text.len();
            got.extend_from_slice(&buffer[..len]);
            if len == 0 {
                break;
            }
        }
        prop_assert_eq!(String::from_utf8(got).unwrap(), naive_ranges(&numbers));
    }
}

#[test]
fn ranges_read_as_people_write_them() {
    for (numbers, expected) in [
        (&[][..], ""),
        (&[7], "7"),
        (&[0, 1], "0-1"),
        (&[0, 1, 2, 3, 7], "0-3,7"),
        (&[1, 3, 5], "1,3,5"),
        (&[u32::MAX - 1, u32::MAX], "4294967294-4294967295"),
    ] {
        let mut buffer = [0; 40];
        let mut text = Text::new(&mut buffer, 0);
        text.write_ranges(numbers.iter().copied()).unwrap();
        let len = text.len();
        assert_eq!(&buffer[..len], expected.as_bytes());
    }
}

#[test]
fn another_writer_gets_what_is_left_and_no_more() {
    let mut buffer = [b'.'; 8];
    let mut text = Text::new(&mut buffer, 0);
    text.write_str("abc").unwrap();
    let refused = text.fill(|room| {
        assert_eq!(room.len(), 5);
        Err(7)
    });
    assert_eq!((refused, text.len()), (Err(7), 3));
    text.fill(|room| {
        room[..2].copy_from_slice(b"de");
        Ok::<_, ()>(2)
    })
    .unwrap();
    assert_eq!(text.len(), 5);
    text.fill(|_| Ok::<_, ()>(usize::MAX)).unwrap();
    assert_eq!(text.len(), 8);
    assert!(text.write_str("f").is_err());
    assert_eq!(&buffer, b"abcde...");
}
