// SPDX-License-Identifier: GPL-2.0

//! Error numbers, against what the C library calls them.

use crate::abi::errno::{Errno, Result};
use std::io;

/// `NAME = NUMBER, "Text.";` in `src/abi/errno.rs`.
fn listed() -> Vec<(u16, &'static str)> {
    let source = include_str!("../../../../src/abi/errno.rs");
    let (_, list) = source.split_once("errnos! {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    list.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(_, line)| {
            let (number, text) = line.split_once(',').unwrap();
            let text = text.trim().trim_matches(&['"', ';'][..]);
            (number.trim().parse().unwrap(), text)
        })
        .collect()
}

#[test]
fn every_number_means_what_its_text_says() {
    let listed = listed();
    assert!(listed.len() >= 15, "{} are listed", listed.len());
    for (number, text) in listed {
        let system = io::Error::from_raw_os_error(number.into()).to_string();
        let text = text.trim_end_matches('.');
        assert_eq!(system, format!("{text} (os error {number})"));
    }
}

#[test]
fn an_error_number_is_one_that_the_kernel_can_return() {
    const MAX_ERRNO: u16 = 4095;
    for (number, _) in listed() {
        assert!((1..=MAX_ERRNO).contains(&number));
    }
    let refused: Result = Err(Errno::CONNREFUSED);
    assert_eq!(refused.map_err(Errno::number), Err(111));
}
