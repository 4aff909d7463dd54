// SPDX-License-Identifier: GPL-2.0

//! URLs read back as they are written, and wrong ones are explained.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn url(text: &str) -> Url {
    text.parse().unwrap_or_else(|what| panic!("{text}: {what}"))
}

/// The text is refused with these words, and something to try.
#[track_caller]
fn refused(text: &str, words: &[&str]) {
    let what = text.parse::<Url>().expect_err(text);
    assert!(what.contains("; "), "no hint: {what}");
    for word in words {
        assert!(what.contains(word), "{what:?} has no {word:?}");
    }
}

#[test]
fn schemes_of_others_are_taken_as_they_are() {
    for (text, scheme, far_end) in [
        (
            "pgm://239.192.0.1:7500?iface=eth0",
            "pgm",
            "239.192.0.1:7500?iface=eth0",
        ),
        (
            "zenoh://tls/router.example:7447/lab",
            "zenoh",
            "tls/router.example:7447/lab",
        ),
        ("a+b-c.9:///socket", "a+b-c.9", "/socket"),
        ("PGM://X", "pgm", "X"),
    ] {
        let url = url(text);
        assert_eq!((url.scheme(), url.far_end()), (scheme, far_end));
        assert_eq!(url.vxlan(), None);
    }
}

#[test]
fn what_is_no_url_is_explained() {
    refused("", &["is no URL", "SCHEME://"]);
    refused("pgm:239.192.0.1", &["is no URL"]);
    refused("://x", &["no scheme", "letter"]);
    refused("9p://x", &["no scheme"]);
    refused("../pgm://x", &["no scheme"]);
    refused("p_gm://x", &["no scheme"]);
    refused("pgm://", &["leads nowhere"]);
    refused("pgm://a b", &["blank", "%20"]);
    refused("pgm://a\x1b[31m", &["blank"]);
    refused("vxlan://192.0.2.2", &["no VNI"]);
}

#[test]
fn a_port_says_what_it_is_a_cable_to() {
    let short = url("vxlan://192.0.2.2/7");
    assert_eq!(short.description(), "cable vxlan://192.0.2.2/7");
    assert_eq!(of_description(&short.description()), Some(short));
    assert_eq!(of_description("camera"), None);
    assert_eq!(of_description("cable to the right"), None);
    // A part of a URL is not taken for the whole.
    let long = url(&format!("zenoh://{}", "ä".repeat(100)));
    assert!(long.description().len() < IPN_DESCRLEN);
    assert!(long.description().starts_with("cable zenoh://ää"));
    assert_eq!(of_description(&format!("cable pgm://{:0>115}", 1)), None);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = text.parse::<Url>();
    }

    #[test]
    fn urls_read_back(scheme in "[A-Za-z][A-Za-z0-9+.-]{0,9}", far_end in "[!-~]{1,40}") {
        prop_assume!(!scheme.eq_ignore_ascii_case(VXLAN));
        let url: Url = format!("{scheme}://{far_end}").parse().expect("a URL");
        prop_assert_eq!(url.to_string().parse(), Ok(url.clone()));
        prop_assert_eq!(url.scheme(), scheme.to_ascii_lowercase());
        prop_assert_eq!(url.far_end(), far_end);
        prop_assert_eq!(of_description(&url.description()), Some(url));
    }
}
