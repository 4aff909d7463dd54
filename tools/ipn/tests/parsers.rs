// SPDX-License-Identifier: GPL-2.0

//! Parsers on what is made up: they take what they print, what they take prints as something that they
//! take for the same, and no text makes them panic.

use ipn::switch::MacAddress;
use ipn::{DeviceName, Flags, Mode, Oob, Policy, RecordBatch, Records, Shown};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ffi::OsString;
use std::fmt::{Debug, Display};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::str::FromStr;

/// Texts: any, and such as are almost right.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9a-fA-Fxo:+. \t\n-]{0,18}",
        "[+ ]?(0o|0x)?[0-7]{1,5}[ \n]?",
        "[+ ]?[0-9]{1,3}[ \n]?",
        "([+ ]?[0-9a-f]{1,2}:){5}[0-9a-f]{1,3}[ \n]?",
        "[+ ]?(any|hub|broadcast|switch|switch-l3|HUB)[ \n]?",
        "[a-z0-9%./: ]{0,17}",
    ]
}

/// A value reads back as it is written.
#[track_caller]
fn reads_back<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(value: T) {
    let text = value.to_string();
    assert_eq!(text.parse::<T>().expect(&text), value, "{text:?}");
}

/// What is taken has these characters only, and reads back as it is then written.
#[track_caller]
fn is_plain<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str, known: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(text.chars().all(|c| known.contains(c)), "{text:?}");
        reads_back(value);
    }
}

/// A number of the table, as a text.
fn field(text: &[u8]) -> Vec<u8> {
    // As seq_path() in the kernel's fs/seq_file.c escapes a path.
    let escaped = text.iter().map(|byte| match byte {
        b' ' | b'\t' | b'\n' | b'\\' => format!("\\{byte:03o}").into_bytes(),
        _ => vec![*byte],
    });
    escaped.flatten().collect()
}

/// The lengths that headers say and the messages, found byte by byte.
fn found_in(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 24 <= bytes.len() {
        let len = (0..4)
            .map(|i| usize::from(bytes[at + i]) << (8 * i))
            .sum::<usize>();
        let message = (at + 24..at + 24 + len).map_while(|i| bytes.get(i).copied());
        found.push((len, message.collect()));
        at += 24 + len;
        while at % 8 != 0 {
            at += 1;
        }
    }
    found
}

/// Bytes of records, almost.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let one = (
        any::<[u8; 24]>(),
        vec(any::<u8>(), 0..30),
        0..40_u8,
        any::<bool>(),
    );
    vec(one, 0..6).prop_map(|all| {
        let mut bytes = Vec::new();
        for (mut header, message, len, is_wild) in all {
            if !is_wild {
                header[..4].copy_from_slice(&[len, 0, 0, 0]);
            }
            bytes.extend(header.iter().chain(&message));
        }
        bytes
    })
}

proptest! {
    #[test]
    #[cfg(target_endian = "little")]
    fn records_are_found(bytes in records()) {
        let found = Records::new(&bytes).map(|one| (one.full_len, one.message.to_vec()));
        prop_assert_eq!(found.collect::<Vec<_>>(), found_in(&bytes));
        for one in Records::new(&bytes) {
            prop_assert_eq!(one.is_truncated(), one.full_len != one.message.len());
        }
    }

    #[test]
    fn records_read_back(messages in vec(vec(any::<u8>(), 0..40), 0..9)) {
        let batch: RecordBatch = messages.iter().collect();
        let mut found = Records::new(batch.as_bytes()).map(|record| record.message);
        prop_assert!(found.by_ref().eq(messages.iter().map(Vec::as_slice)));
        prop_assert!(found.next().is_none());
    }

    #[test]
    fn policies_read_back(number in 0..64_u32) {
        reads_back(Policy::new(number));
    }

    #[test]
    fn modes_read_back(bits in 0..=0o777_u32) {
        reads_back(Mode::new(bits).expect("a mode"));
        prop_assert_eq!(Mode::new(bits + 0o1000), None);
    }

    #[test]
    fn addresses_read_back(bytes: [u8; 6]) {
        reads_back(MacAddress(bytes));
    }

    #[test]
    fn numbers_read_back(number: u64, millis in 0..1_u64 << 40) {
        prop_assert_eq!(ipn::number::whole(&number.to_string()), Some(number));
        let small = number as u32;
        prop_assert_eq!(ipn::number::in_radix(&format!("{small:x}"), 16), Some(small));
        let seconds = millis as f64 / 1e3;
        prop_assert_eq!(ipn::number::fraction(&seconds.to_string()), Some(seconds));
    }

    #[test]
    fn what_is_taken_is_plain(text in text()) {
        is_plain::<Mode>(&text, "01234567");
        is_plain::<MacAddress>(&text, "0123456789abcdefABCDEF:");
        is_plain::<Policy>(&text, "0123456789anyhubroadcstwi-l");
        if let Ok(name) = text.parse::<DeviceName>() {
            prop_assert_eq!(name.to_string(), text.clone());
            reads_back(name);
        }
        let digits = "0123456789";
        if ipn::number::whole::<u64>(&text).is_some() {
            prop_assert!(text.chars().all(|c| digits.contains(c)));
        }
        if ipn::number::fraction(&text).is_some() {
            prop_assert!(text.chars().all(|c| c == '.' || digits.contains(c)));
        }
    }

    #[test]
    fn errors_are_text_of_one_line(text in text()) {
        let told = [
            text.parse::<Policy>().map_err(|error| error.to_string()).err(),
            text.parse::<MacAddress>().map_err(|error| error.to_string()).err(),
        ];
        prop_assert!(!told.iter().flatten().any(|told| told.chars().any(ipn::is_unsafe)));
    }

    #[test]
    fn a_line_of_the_table_reads_back(
        inode: u64, flags: u32, small: [u32; 6], large: [u64; 2], path in vec(1..=255_u8, 1..80),
    ) {
        let [mtu, ports, used, readers, writers, pool] = small;
        let [sent, dropped] = large;
        let mut text = b"inode policy flags mtu ports used readers writers pool sent dropped path\n".to_vec();
        let line = format!(
            "{inode} hub {flags:#x} {mtu} {ports} {used} {readers} {writers} {pool} {sent} {dropped} "
        );
        text.extend(line.bytes().chain(field(&path)).chain([b'\n']));
        let all = ipn::parse_table(&text).expect("a table");
        prop_assert_eq!(all.len(), 1);
        let one = &all[0];
        prop_assert_eq!((one.inode, one.flags), (inode, Flags::from_bits_retain(flags)));
        prop_assert_eq!([one.mtu, one.ports, one.used, one.readers, one.writers, one.pool], small);
        prop_assert_eq!([one.sent, one.dropped], large);
        prop_assert_eq!(one.path.as_os_str(), &OsString::from_vec(path));
    }

    #[test]
    fn no_table_makes_it_panic(text in vec(any::<u8>(), 0..200), line in "[0-9a-fx+ \\\\]{0,60}") {
        let _ = ipn::parse_table(&text);
        let header = "inode policy flags mtu ports used readers writers pool sent dropped path";
        let _ = ipn::parse_table(format!("{header}\n{line}\n").as_bytes());
    }

    #[test]
    fn out_of_band_messages_are_of_any_bytes(bytes in vec(any::<u8>(), 0..40), counts: [u16; 2]) {
        let _ = Oob::parse(&bytes);
        let [readers, writers] = counts.map(u32::from);
        let message = [0, 0, readers, writers].map(u32::to_ne_bytes).concat();
        prop_assert_eq!(Oob::parse(&message), Oob::Members { readers, writers });
    }

    #[test]
    fn what_is_shown_is_safe_and_told_apart(one in vec(any::<u8>(), 0..20), other in vec(any::<u8>(), 0..20)) {
        let shown = [&one, &other].map(|bytes| Shown::bytes(bytes).to_string());
        prop_assert!(!shown.iter().any(|text| text.chars().any(ipn::is_unsafe)));
        let name = OsString::from_vec(one.clone());
        prop_assert_eq!(Shown::of(&name).to_string(), shown[0].clone());
        prop_assert_eq!(name.as_bytes(), &one[..]);
    }
}
