// SPDX-License-Identifier: GPL-2.0

//! The numbers of the interface, against the C header.

use std::collections::BTreeMap;

const HEADER: &str = include_str!("../../../../include/uapi/linux/af_ipn.h");
const SOURCE: &str = include_str!("../../../../src/abi/uapi.rs");

/// In no header of ours: it is of `struct sockaddr_un`.
const FOREIGN: (&str, i64) = ("UNIX_PATH_MAX", 108);

/// The numbers of `src/abi/uapi.rs`.
fn source() -> BTreeMap<&'static str, i64> {
    let constants = SOURCE.lines().filter(|line| line.contains("const "));
    constants
        .map(|line| {
            let (_, constant) = line.split_once("const ").unwrap();
            let (name, constant) = constant.split_once(':').unwrap();
            let (_, text) = constant.split_once('=').unwrap();
            // An octal number has another prefix in C.
            let text = text.trim().trim_end_matches(';').replace("0o", "0");
            let number = evaluate(&text, &BTreeMap::new());
            (name, number.expect("a constant is a plain number"))
        })
        .collect()
}

/// A number in C: hexadecimal, octal or decimal.
fn literal(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix('-') {
        return literal(digits).map(|number| -number);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => i64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// What a macro stands for: numbers and other macros with `|` between them, maybe in brackets.
fn evaluate(text: &str, known: &BTreeMap<&str, i64>) -> Option<i64> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')');
    text.split('|')
        .map(str::trim)
        .map(|term| literal(term).or_else(|| known.get(term).copied()))
        .try_fold(0, |sum, term| Some(sum | term?))
}

/// The header's macros that are numbers.
fn header() -> BTreeMap<&'static str, i64> {
    let mut known = BTreeMap::new();
    for line in HEADER.lines() {
        let Some(definition) = line.strip_prefix("#define") else {
            continue;
        };
        let definition = definition.split("/*").next().unwrap_or_default().trim();
        let Some((name, text)) = definition.split_once(char::is_whitespace) else {
            continue;
        };
        if let Some(number) = evaluate(text, &known) {
            known.insert(name, number);
        }
    }
    known
}

#[test]
fn every_number_is_the_header_s() {
    let (source, header) = (source(), header());
    assert!(source.len() >= 29, "{} numbers", source.len());
    for (name, number) in source {
        if (name, number) != FOREIGN {
            assert_eq!(header.get(name), Some(&number), "{name}");
        }
    }
}

#[test]
fn both_are_read_as_the_compilers_read_them() {
    use crate::abi::uapi;
    for (name, number) in [
        ("IPN_PORTNO_ANY", uapi::IPN_PORTNO_ANY.into()),
        ("IPN_SO_MODE", uapi::IPN_SO_MODE.into()),
        ("IPN_MODE_DEFAULT", uapi::IPN_MODE_DEFAULT.into()),
        ("IPN_FLAG_TERMINATED", uapi::IPN_FLAG_TERMINATED.into()),
        ("IPN_DESCRLEN", uapi::IPN_DESCRLEN as i64),
    ] {
        assert_eq!(source().get(name), Some(&number), "{name}");
        assert_eq!(header().get(name), Some(&number), "{name}");
    }
}

#[test]
fn options_that_come_before_bind_have_the_bit_that_says_so() {
    let prebind = header()["IPN_SO_PREBIND"];
    let early = [
        "MTU",
        "NUMNODES",
        "MSGPOOLSIZE",
        "FLAGS",
        "MODE",
        "BYTES",
        "WINDOW",
        "RATE",
    ];
    for (name, number) in source() {
        if let Some(option) = name.strip_prefix("IPN_SO_") {
            assert_eq!(number & prebind != 0, early.contains(&option), "{name}");
        }
    }
}
