// SPDX-License-Identifier: GPL-2.0

//! URLs, right and wrong.

use super::*;

fn parsed(text: &str) -> Url {
    Url::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn path_of(text: &str) -> String {
    parsed(text)
        .path
        .to_str()
        .expect("a path in UTF-8")
        .to_owned()
}

#[test]
fn a_path_alone_asks_for_nothing_else() {
    for text in ["/run/sw", "/run/sw[]", "/run/sw[/]"] {
        let url = parsed(text);
        assert_eq!(url.path.to_str(), Some("/run/sw"));
        assert_eq!((url.port, url.policy, url.create), (None, None, None));
    }
    assert_eq!(path_of("relative/sw"), "relative/sw");
}

#[test]
fn every_option_is_read() {
    let url = parsed("/run/sw[port=3/policy=switch/create/mode=660/mtu=9234]");
    assert_eq!(url.port, Some(3));
    assert_eq!(url.policy, Some(Policy::SWITCH));
    let creation = Creation {
        mode: Some(0o660),
        mtu: Some(9234),
    };
    assert_eq!(url.create, Some(creation));
    assert_eq!(parsed("/a[create]").create, Some(Creation::default()));
    assert_eq!(
        parsed("/a[mode=0777/create]").create.and_then(|c| c.mode),
        Some(0o777)
    );
    assert_eq!(parsed("/a[policy=17]").policy, Some(Policy::new(17)));
}

#[test]
fn a_number_alone_is_the_port() {
    assert_eq!(parsed("/a[5]").port, Some(5));
    assert_eq!(parsed("/a[port=0]").port, Some(0));
}

#[test]
fn quotes_keep_what_is_special() {
    assert_eq!(path_of("'/tmp/a[b]'[1]"), "/tmp/a[b]");
    assert_eq!(path_of(r"/tmp/a\[b\]"), "/tmp/a[b]");
    assert_eq!(path_of(r#"/tmp/"it's"[2]"#), "/tmp/it's");
    assert_eq!(path_of(r"'/tmp/a\b'"), r"/tmp/a\b");
    assert_eq!(parsed("/a['port'=\"7\"]").port, Some(7));
}

#[test]
fn a_path_may_be_of_any_bytes() {
    let url = Url::parse(b"/tmp/\xff\xfe[1]").expect("a URL");
    assert_eq!(url.path.as_os_str().as_bytes(), b"/tmp/\xff\xfe");
}

#[test]
fn wrong_urls_are_told_apart() {
    for (text, why) in [
        ("", "path"),
        ("[port=1]", "path"),
        ("/a[port]", "option"),
        ("/a[port=]", "port"),
        ("/a[port=x]", "port"),
        ("/a[port=-1]", "port"),
        ("/a[port=+1]", "port"),
        ("/a[port=4294967296]", "port"),
        ("/a[colour=red]", "colour"),
        ("/a[creat]", "option"),
        ("/a[create=1]", "create"),
        ("/a[policy=bridge]", "bridge"),
        ("/a[create/mode=888]", "mode"),
        ("/a[create/mode=1777]", "mode"),
        ("/a[create/mode=+7]", "mode"),
        ("/a[create/mtu=many]", "mtu"),
        ("/a[mode=660]", "create"),
        ("/a[mtu=1514]", "create"),
        ("/a[port=1", "bracket"),
        ("/a[port=1]x", "after"),
        ("/a[1][2]", "after"),
        ("'/a", "quote"),
        ("/a\\", "\\"),
    ] {
        let error = Url::parse(text.as_bytes()).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
        assert!(error.contains("ipn://PATH["), "{text}: {error}");
    }
}

#[test]
fn no_bytes_make_it_panic() {
    // Every text of up to five of the bytes that mean something.
    let alphabet = b"/[]='\\1c\xff";
    let base = alphabet.len();
    for len in 0..=5u32 {
        for mut code in 0..base.pow(len) {
            let mut text = Vec::new();
            for _ in 0..len {
                text.push(alphabet[code % base]);
                code /= base;
            }
            if let Ok(url) = Url::parse(&text) {
                assert!(!url.path.as_os_str().is_empty());
            }
        }
    }
}
