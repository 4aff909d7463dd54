// SPDX-License-Identifier: GPL-2.0

use super::{json, text};
use std::time::{Duration, SystemTime};

#[test]
fn a_line_tells_time_port_length_and_the_first_bytes() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_micros(86_400_000_000 * 3 + 3_723_000_456);
    let line = text(3, time, b"hello\n");
    assert!(
        line.starts_with("01:02:03.000456Z  port 3        6 bytes  68 65 6c 6c 6f 0a"),
        "{line}"
    );
    assert!(line.ends_with("  hello."), "{line}");
    let long = text(1000, time, &[0x1b; 1514]);
    assert!(
        long.contains(" 1514 bytes  1b 1b") && long.contains(".."),
        "{long}"
    );
    assert!(!long.contains('\x1b'), "nothing that a terminal obeys");
    assert!(text(0, time, b"").ends_with("0 bytes"), "an empty message");
}

#[test]
fn json_has_all_bytes() {
    let line = json(3, SystemTime::UNIX_EPOCH, &[0, 255, 16], 2);
    assert_eq!(
        line,
        r#"{"time":0.0,"port":3,"length":3,"missed":2,"bytes":"00ff10"}"#
    );
}
