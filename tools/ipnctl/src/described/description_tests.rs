// SPDX-License-Identifier: GPL-2.0

//! What a description says, and what is said of wrong ones.

use super::*;
use std::path::Path;

/// Every key that there is.
const FULL: &str = r#"
path = "/run/lan"
policy = "switch"
mode = "0760"
owner = "root"
group = 0
mtu = 1518
ports = 32
pool = 64
lossless = false
exclusive = false
flexmtu = true
description = "the lab"

[switch]
ageing = "500ms"
limit = 100
port-limit = 10
filtering = true
mirror = 1
group-fwd-mask = "0x4000"

[[tap]]
name = "lan0"
port = 0
mac = "02:00:00:00:00:01"
up = false
addresses = ["10.0.0.1/24", "fd00::1/64"]

[[grab]]
name = "eth1"
port = 1

[[cable]]
url = "VXLAN://[2001:db8::2]/7?port=8472"

[[cable]]
url = "zenoh://tls/router.example:7447/lab"

[[port]]
number = 5
learning = false
isolated = true
locked = true
flood = false
mcast_flood = false
bcast_flood = false
vlans = [{ vid = 10, pvid = true, untagged = true }, { vid = "20-30" }]

[[static]]
mac = "02:00:00:00:00:02"
port = 1
vlan = 10
"#;

#[track_caller]
fn parsed(text: &str) -> Description {
    match Description::parse(text) {
        Ok(description) => description,
        Err((line, what)) => panic!("line {line}: {what}"),
    }
}

/// The text is refused at this line, with these words, and something to try.
#[track_caller]
fn refused(text: &str, line: usize, words: &[&str]) {
    let (at, what) = Description::parse(text).expect_err(text);
    assert_eq!(at, line, "{what}\n{text}");
    assert!(what.contains("; "), "no hint: {what}");
    for word in words {
        assert!(what.contains(word), "{what:?} has no {word:?}\n{text}");
    }
}

#[test]
fn every_key_is_understood() {
    let all = parsed(FULL);
    assert_eq!(all.path, Path::new("/run/lan"));
    assert_eq!(all.policy, Some(Policy(ipn::Policy::SWITCH)));
    assert_eq!(all.mode, Some(Mode(0o760)));
    assert_eq!((all.owner, all.group), (Some(Owner(0)), Some(Group(0))));
    assert_eq!(
        (all.mtu, all.ports, all.pool),
        (Some(1518), Some(32), Some(64))
    );
    assert_eq!(
        (all.lossless, all.exclusive, all.flexmtu),
        (Some(false), Some(false), Some(true))
    );
    assert_eq!(all.description.as_deref(), Some("the lab"));
    let cables = all.cables();
    assert_eq!(cables.len(), 2);
    assert_eq!(cables[0].to_string(), "vxlan://[2001:db8::2]/7?port=8472");
    assert_eq!(cables[1].scheme(), "zenoh");
    let switch = all.switch.expect("a switch");
    assert_eq!(
        switch.ageing,
        Some(Ageing(Some(std::time::Duration::from_millis(500))))
    );
    assert_eq!(
        (switch.limit, switch.port_limit, switch.mirror),
        (Some(100), Some(10), Some(1))
    );
    assert_eq!(
        (switch.filtering, switch.group_fwd_mask),
        (Some(true), Some(Mask(0x4000)))
    );
    assert_eq!(
        (all.tap[0].port, all.tap[0].up, all.tap[0].addresses.len()),
        (Some(0), false, 2)
    );
    assert_eq!((all.grab[0].port, all.grab[0].up), (Some(1), true));
    let port = &all.port[0];
    assert_eq!(
        (port.number, port.learning, port.isolated),
        (5, false, true)
    );
    assert!(port.locked && !port.flood && !port.mcast_flood && !port.bcast_flood);
    assert_eq!(port.each_vlan().len(), 12);
    assert_eq!((all.r#static[0].port, all.r#static[0].vlan), (1, Some(10)));
}

/// Every key of a reliable bus.
const RELIABLE: &str = "
path = \"/run/prices\"
reliable = true
window = \"2500ms\"
rate = \"10M\"
history = true
evict = false
";

#[test]
fn keys_of_a_reliable_bus_are_understood() {
    let all = parsed(RELIABLE);
    let window = Time(std::time::Duration::from_millis(2500));
    assert_eq!((all.reliable, all.window), (Some(true), Some(window)));
    assert_eq!(all.rate, Some(Bytes(10 << 20)));
    assert_eq!((all.history, all.evict), (Some(true), Some(false)));
    let text = |lines: &str| format!("path = \"/a\"\n{lines}");
    for (lines, words) in [
        ("window = 1", &["window", "reliable"][..]),
        ("rate = 1", &["rate", "reliable"]),
        ("history = true", &["history", "reliable"]),
        ("evict = true\nreliable = false", &["evict", "reliable"]),
        ("window = \"2d\"\nreliable = true", &["24h"]),
        ("rate = \"2G\"\nreliable = true", &["2147483647"]),
        ("lossless = true\nreliable = true", &["lossless"]),
        ("one-writer = true\nreliable = true", &["one-writer"]),
        ("policy = \"switch\"\nreliable = true", &["hub"]),
    ] {
        refused(&text(lines), 2, words);
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    for text in [FULL, RELIABLE, "path = \"/run/bus\""] {
        let description = parsed(text);
        assert_eq!(parsed(&description.to_text()), description);
    }
}

#[test]
fn a_path_is_all_it_takes() {
    let bus = parsed("path = \"/run/bus\"");
    assert_eq!(
        bus,
        Description {
            path: "/run/bus".into(),
            ..Description::default()
        }
    );
}

#[test]
fn unknown_keys_are_told_with_those_that_are_known() {
    refused("path = \"/a\"\nmtuu = 1", 2, &["mtuu", "expected", "`mtu`"]);
    let text = "path = \"/a\"\npolicy = \"switch\"\n[switch]\nlimit = 1\nport_limit = 1";
    refused(text, 5, &["port_limit", "`port-limit`"]);
    refused(
        "path = \"/a\"\n[[tap]]\nname = \"t\"\nip = 1",
        4,
        &["ip", "`addresses`"],
    );
    refused("path = \"/a\"\n\n[taps]", 3, &["taps", "`tap`"]);
}

#[test]
fn values_of_each_kind_are_told_by_their_lines() {
    for (line, words) in [
        ("policy = \"ring\"", &["ring", "hub"][..]),
        ("policy = \"any\"", &["hub", "switch"]),
        ("policy = 64", &["64", "63"]),
        ("mode = \"0o8\"", &["octal"]),
        ("mode = \"1000\"", &["octal"]),
        ("mode = \"0640\"", &["not even root", "try 0740"]),
        ("mode = 760", &["760", "in quotes"]),
        ("owner = \"nobody here\"", &["/etc/passwd", "id -u"]),
        ("group = \"nobody here\"", &["/etc/group"]),
        ("mtu = 0", &["1 to 16777216"]),
        ("mtu = 16777217", &["1 to 16777216"]),
        ("mtu = -1", &["-1", "u32"]),
        ("mtu = \"1514\"", &["string", "u32"]),
        ("ports = 0", &["ports is 0"]),
        ("pool = 65537", &["1 to 65536"]),
        ("bytes = 1073741825", &["1 to 1073741824"]),
        ("lossless = 1", &["boolean"]),
    ] {
        refused(&format!("# a bus\npath = \"/a\"\n\n{line}\n"), 4, words);
    }
    let long = format!("path = \"/a\"\ndescription = \"{}\"", "x".repeat(128));
    refused(&long, 2, &["127 bytes"]);
    refused("\npath = \"run/bus\"", 2, &["/run/lan"]);
    refused(
        &format!("path = \"/{}\"", "x".repeat(108)),
        1,
        &["108 bytes"],
    );
    refused("mtu = 1", 1, &["path"]);
    let both = "path = \"/a\"\npool = 1\nbytes = 100000";
    refused(both, 3, &["keep one"]);
    refused("path = \"/a\"\nmtu = ", 2, &[]);
}

#[test]
fn devices_are_checked() {
    let tap = |lines: &str| format!("path = \"/a\"\n[[tap]]\nname = \"t0\"\n{lines}");
    refused(&tap("mac = \"01:00:00:00:00:01\""), 4, &["station"]);
    refused(&tap("mac = \"02:00\""), 4, &["02:00", "MAC"]);
    refused(
        &tap("addresses = [\n\"10.0.0.1/24\",\n\"10.0.0.1\"]"),
        6,
        &["10.0.0.1/24"],
    );
    refused(&tap("addresses = [\n\"10.0.0.1/33\"]"), 5, &["prefix"]);
    refused(
        &tap("addresses = [\n\"10.0.0.1/24\",\n\"10.0.0.1/24\"]"),
        6,
        &["twice"],
    );
    refused(&tap("port = 64"), 4, &["0 to 63"]);
    refused(
        &tap("[[grab]]\nname = \"t0\""),
        5,
        &["t0", "described above"],
    );
    refused(
        &tap("port = 1\n[[tap]]\nname = \"t1\"\nport = 1"),
        7,
        &["port 1", "above"],
    );
    refused("path = \"/a\"\n[[tap]]\nname = \"t%d\"", 3, &["whole name"]);
    refused("path = \"/a\"\n[[tap]]\nname = \"a/b\"", 3, &["slash"]);
    refused("path = \"/a\"\n[[tap]]", 2, &["name"]);
    refused(
        "path = \"/a\"\nmtu = 81\n[[tap]]\nname = \"t0\"",
        2,
        &["82"],
    );
    refused(
        "path = \"/a\"\nexclusive = true\n[[tap]]\nname = \"t0\"",
        3,
        &["exclusive"],
    );
}

#[test]
fn cables_are_checked() {
    let cable = |url: &str| format!("path = \"/a\"\n[[cable]]\nurl = {url}\n");
    refused(&cable("\"vxlan://192.0.2.2\""), 3, &["no VNI"]);
    refused(&cable("\"192.0.2.2\""), 3, &["no URL"]);
    refused(&cable("7"), 3, &["in quotes"]);
    refused("path = \"/a\"\n[[cable]]", 2, &["url"]);
    let twice = cable("\"pgm://x\"\n[[cable]]\nurl = \"PGM://x\"");
    refused(&twice, 5, &["pgm://x", "described above"]);
    let vxlan = cable("\"vxlan://192.0.2.2/7\"");
    let with = |line: &str| vxlan.replacen('\n', &format!("\n{line}\n"), 1);
    refused(&with("exclusive = true"), 4, &["exclusive"]);
    refused(&with("mtu = 81"), 2, &["82"]);
    // Others are ports as those of any process.
    let other = vxlan.replace("vxlan", "zenoh");
    parsed(&other.replacen('\n', "\nexclusive = true\nmtu = 81\n", 1));
}

#[test]
fn what_is_a_switchs_is_checked() {
    let switch = |lines: &str| format!("path = \"/a\"\npolicy = \"switch\"\n{lines}");
    for (lines, line, words) in [
        ("[switch]\nageing = \"soon\"", 4, &["30s"][..]),
        ("[switch]\ngroup-fwd-mask = 1", 4, &["never forwarded"]),
        ("[switch]\ngroup-fwd-mask = 70000", 4, &["0x4000"]),
        ("[switch]\nmirror = 64", 4, &["0 to 63"]),
        ("[[port]]\nnumber = 64", 4, &["0 to 63"]),
        (
            "[[port]]\nnumber = 1\n[[port]]\nnumber = 1",
            6,
            &["described above"],
        ),
        (
            "[[port]]\nnumber = 1\nvlans = [{ vid = 4095 }]",
            5,
            &["4094"],
        ),
        (
            "[[port]]\nnumber = 1\nvlans = [{ vid = \"20-10\" }]",
            5,
            &["before"],
        ),
        (
            "[[port]]\nnumber = 1\nvlans = [{ vid = \"1-10\", pvid = true }]",
            5,
            &["one PVID"],
        ),
        (
            "[[port]]\nnumber = 1\nvlans = [{ vid = 1, pvid = true },\n{ vid = 2, pvid = true }]",
            6,
            &["PVID above"],
        ),
        (
            "[[port]]\nnumber = 1\nvlans = [{ vid = \"1-10\" },\n{ vid = 5 }]",
            6,
            &["already"],
        ),
        (
            "[[static]]\nmac = \"03:00:00:00:00:01\"\nport = 1",
            4,
            &["station"],
        ),
        (
            "[[static]]\nmac = \"02:00:00:00:00:01\"\nport = 64",
            5,
            &["0 to 63"],
        ),
        (
            "[[static]]\nmac = \"02:00:00:00:00:01\"\nport = 1\nvlan = 0",
            6,
            &["4094"],
        ),
    ] {
        refused(&switch(lines), line, words);
    }
    refused(
        "path = \"/a\"\n[switch]\nlimit = 1",
        2,
        &["policy = \"switch\""],
    );
    refused(
        "path = \"/a\"\npolicy = \"hub\"\n[[port]]\nnumber = 1",
        3,
        &["switches only"],
    );
}
