// SPDX-License-Identifier: GPL-2.0

//! Compares `abi.rs` with the C header that it mirrors.

use super::*;
use std::collections::BTreeMap;

/// The header's text.
const HEADER: &str = include_str!("../../../include/uapi/linux/af_ipn.h");

/// The `#define NAME VALUE` of the header, comments removed.
fn defines() -> BTreeMap<String, String> {
    let mut text = HEADER.to_owned();
    while let Some(start) = text.find("/*") {
        let end = start + text[start..].find("*/").expect("an open comment") + 2;
        text.replace_range(start..end, " ");
    }
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("#define"))
        .filter_map(|rest| rest.trim().split_once(char::is_whitespace))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

/// The value of an expression as the header writes them.
fn value(expression: &str, defines: &BTreeMap<String, String>) -> i64 {
    let text = expression.trim();
    if let Some((request, arguments)) = text.strip_prefix("_IO").and_then(|t| t.split_once('(')) {
        let arguments: Vec<&str> = arguments.trim_end_matches(')').split(',').collect();
        assert_eq!(arguments[0], "'I'", "{text}");
        let number = value(arguments[1], defines);
        let size = match arguments.get(2).map(|size| size.trim()) {
            None => 0,
            Some("struct ifreq") => size_of::<libc::ifreq>(),
            Some("struct chrdevreq") => 76,
            Some("int") => 4,
            Some(other) => panic!("the size of {other} is not known here"),
        };
        let direction = match request {
            "" => 0,
            "R" => 2,
            "WR" => 3,
            other => panic!("_IO{other} is not known here"),
        };
        let kind = (i64::from(b'I') << 8) | number;
        return (direction << 30) | ((size as i64) << 16) | kind;
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return inner
            .split('|')
            .fold(0, |all, one| all | value(one, defines));
    }
    let number = match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8),
        None => text.parse(),
    };
    number.unwrap_or_else(|_| value(&defines[text], defines))
}

#[test]
fn every_constant_is_that_of_the_header() {
    let defines = defines();
    let mut header: BTreeMap<&str, i64> = defines
        .iter()
        .map(|(name, text)| (name.as_str(), value(text, &defines)))
        .collect();
    if option_env!("AF_IPN").is_some() {
        header.insert("AF_IPN", AF_IPN.into());
        header.insert("PF_IPN", AF_IPN.into());
    }
    let here: BTreeMap<&str, i64> = ALL.iter().copied().collect();
    assert!(header.len() > 40, "the header was not understood");
    assert_eq!(here, header);
}

#[test]
fn requests_over_255_spill_into_the_type_byte() {
    assert_eq!(IPN_CHECK, 0x49c7);
    assert_eq!(IPN_REGISTER_CHRDEV & 0xffff, 0x492d);
}
