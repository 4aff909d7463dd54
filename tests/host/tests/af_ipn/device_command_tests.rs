// SPDX-License-Identifier: GPL-2.0

//! What is written to a network's `netdev` file.

use crate::{
    abi::errno::Errno,
    device::command::DeviceCommand::{self, Grab, Release, Tap},
};
use proptest::{collection::vec, prelude::*};

/// The same by the standard library's words, for text.
fn naive(text: &str) -> Result<DeviceCommand<'_>, Errno> {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    match words[..] {
        ["tap"] => Ok(Tap(b"")),
        ["tap", name] => Ok(Tap(name.as_bytes())),
        ["grab", name] => Ok(Grab(name.as_bytes())),
        ["release", name] => Ok(Release(name.as_bytes())),
        _ => Err(Errno::INVAL),
    }
}

/// A piece of a line that may make sense.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(vec!["tap", "grab", "release"]).prop_map(String::from),
        3 => prop::sample::select(vec![" ", "\t", "\n", "\r", "  "]).prop_map(String::from),
        1 => ".{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn words_are_what_the_standard_library_takes_for_words(pieces in vec(piece(), 0..7)) {
        let text = pieces.concat();
        prop_assert_eq!(DeviceCommand::parse(text.as_bytes()), naive(&text));
    }

    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..40)) {
        let _ = DeviceCommand::parse(&bytes);
    }
}

#[test]
fn lines_as_people_write_them() {
    for (text, expected) in [
        (&b"tap"[..], Some(Tap(b""))),
        (b"tap\n", Some(Tap(b""))),
        (b"tap lan%d\n", Some(Tap(b"lan%d"))),
        (b" grab\teth1 \n", Some(Grab(b"eth1"))),
        (b"release \xff\n", Some(Release(b"\xff"))),
        (b"tap a\0b", Some(Tap(b"a\0b"))),
        (b"", None),
        (b"\n", None),
        (b"grab\n", None),
        (b"release", None),
        (b"tap a b", None),
        (b"tap a\ngrab b\n", None),
        (b"TAP", None),
        (b"taps", None),
        (b"tap\0", None),
    ] {
        assert_eq!(
            DeviceCommand::parse(text).ok(),
            expected,
            "{}",
            text.escape_ascii()
        );
    }
}
