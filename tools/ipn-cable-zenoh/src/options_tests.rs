// SPDX-License-Identifier: GPL-2.0

use super::*;
use std::path::Path;

const WINDOW: Duration = Duration::from_secs(3);

fn options(text: &str) -> Result<Options, Failure> {
    Options::of(&Url::parse(text, "zenoh")?, WINDOW, 4 << 20)
}

fn names(endpoints: &[Endpoint]) -> Vec<String> {
    endpoints.iter().map(Endpoint::to_string).collect()
}

/// Refused, with these words.
#[track_caller]
fn refused(text: &str, words: &[&str]) {
    let said = options(text).expect_err(text).to_string();
    for word in words.iter().chain(&["try: "]) {
        assert!(said.contains(word), "{text}: {said:?} has no {word:?}");
    }
}

#[test]
fn routers_and_a_key_will_do() {
    for (text, connect, key) in [
        (
            "zenoh://router.example/lab",
            vec!["tcp/router.example:7447"],
            "lab",
        ),
        (
            "zenoh://tcp/10.0.0.1:1/lab/bus",
            vec!["tcp/10.0.0.1:1"],
            "lab/bus",
        ),
        (
            "zenoh://a:1,tcp/b,[::1]:2/x",
            vec!["tcp/a:1", "tcp/b:7447", "tcp/[::1]:2"],
            "x",
        ),
        ("zenoh://lab/tcp/x", vec!["tcp/lab:7447"], "tcp/x"),
        ("zenoh:///lab", vec![], "lab"),
    ] {
        let options = options(text).expect(text);
        assert_eq!(names(&options.connect), connect, "{text}");
        assert_eq!(&*options.key, key, "{text}");
        assert_eq!(options.is_client(), !connect.is_empty(), "{text}");
        assert_eq!(options.scouts, connect.is_empty(), "{text}");
        assert_eq!((options.window, options.bytes), (WINDOW, 4 << 20));
    }
}

#[test]
fn all_can_be_said() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let file = file.display();
    let text = format!(
        "zenoh://tls/a/lab?listen=tls/0.0.0.0:1,listen=tls/[::]:2&scout=yes,iface=eth0,window=500ms,\
         bytes=16M,ca={file},cert={file},key={file}"
    );
    let options = options(&text).expect("good");
    assert_eq!(names(&options.listen), ["tls/0.0.0.0:1", "tls/[::]:2"]);
    assert!(options.scouts && !options.is_client());
    assert_eq!(options.interface.as_deref(), Some("eth0"));
    assert_eq!(options.window, Duration::from_millis(500));
    assert_eq!(options.bytes, 16_000_000);
    assert!(options.certificates.is_some());
}

#[test]
fn who_listens_scouts_only_when_told() {
    let silent = options("zenoh:///lab?listen=0.0.0.0").expect("good");
    assert!(!silent.scouts && !silent.is_client());
    assert!(
        options("zenoh:///lab?listen=0.0.0.0,scout=yes")
            .expect("good")
            .scouts
    );
}

#[test]
fn what_cannot_be_is_refused_with_a_way_out() {
    refused("zenoh://router.example", &["key", "empty", "lab/bus"]);
    refused("zenoh://router.example/", &["key", "empty"]);
    refused("zenoh://router.example/a//b", &["no key"]);
    refused("zenoh://router.example/a/*", &["no key", "*"]);
    refused("zenoh://router.example/a$*", &["no key"]);
    refused("zenoh://router.example/@adv", &["no key", "@"]);
    refused("zenoh://udp/router.example/lab", &["only tcp and tls"]);
    refused("zenoh://router.example:x/lab", &["no port"]);
    refused("zenoh://router.example:70000/lab", &["no port"]);
    refused("zenoh://a,,b/lab", &["no host"]);
    refused("zenoh://[::g]/lab", &["no host", "brackets"]);
    refused("zenoh:///lab?scout=no", &["neither connect", "listen="]);
    refused("zenoh:///lab?scout=maybe", &["scout=maybe", "yes or no"]);
    refused("zenoh:///lab?window=5", &["window=5", "5s"]);
    refused("zenoh:///lab?window=0s", &["window=0s"]);
    refused("zenoh:///lab?window=601s", &["window=601s"]);
    refused("zenoh:///lab?bytes=2G", &["bytes=2G"]);
    refused("zenoh:///lab?color=red", &["color=red", "iface="]);
    refused("zenoh:///lab?connect=a", &["connect=a"]);
    refused("zenoh://tls/a/lab", &["both sides", "ca=FILE"]);
    refused(
        "zenoh://tls/a/lab?ca=/dev/null",
        &["both sides", "key=FILE"],
    );
    let all = "ca=/dev/null,cert=/dev/null,key=/dev/null";
    refused(&format!("zenoh://a/lab?{all}"), &["no endpoint has TLS"]);
    refused(
        &format!("zenoh:///lab?{all}"),
        &["no endpoint has TLS", "listen="],
    );
    refused(
        &format!("zenoh://tls/a,b/lab?{all}"),
        &["anybody", "before each"],
    );
    refused(
        "zenoh://tls/a/lab?ca=/nowhere/ca.pem,cert=/dev/null,key=/dev/null",
        &["cannot read /nowhere/ca.pem", "PEM"],
    );
}

#[test]
fn a_router_listens() {
    let router = |text: &str| Options::of_router(&Url::parse(text, "zenoh").expect(text));
    let options = router("zenoh://0.0.0.0,tcp/[::]:1?connect=b").expect("good");
    assert_eq!(names(&options.listen), ["tcp/0.0.0.0:7447", "tcp/[::]:1"]);
    assert_eq!(names(&options.connect), ["tcp/b:7447"]);
    assert!(!options.scouts);
    for text in ["zenoh://a/lab", "zenoh://a?listen=b", "zenoh://tls/a"] {
        router(text).expect_err(text);
    }
}
