// SPDX-License-Identifier: GPL-2.0

//! What the words of `ipn switch` say.

use super::*;

fn said(line: &str) -> Result<Said, String> {
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let known = [
        "port",
        "vlan",
        "vid",
        "pvid",
        "untagged",
        "all",
        "dynamic",
        "learning",
        "isolated",
        "locked",
        "flood",
        "mcast_flood",
        "bcast_flood",
        "ageing",
        "limit",
        "port-limit",
        "filtering",
        "mirror",
        "group-fwd-mask",
    ];
    Said::read(&words, &known)
}

#[test]
fn words_come_in_any_order() {
    let one = said("vid 10-20 port 3 untagged").expect("an order");
    assert_eq!(said("untagged port 3 vid 10-20"), Ok(one));
    let one = said("vid 7 port 3 pvid").expect("a VLAN");
    assert_eq!((one.the_vlans(), one.the_port()), (Ok((7, 7)), Ok(3)));
    let one = said("port 1 vlan 5 all").expect("a flush").flush();
    let one = one.expect("a flush");
    assert_eq!((one.port, one.vlan, one.fixed), (Some(1), Some(5), true));
}

#[test]
fn flags_of_a_port_are_on_or_off() {
    let set = said("locked on flood off mcast_flood on bcast_flood off").expect("flags");
    assert_eq!((set.locked, set.flood), (Some(true), Some(false)));
    assert_eq!(
        (set.mcast_flood, set.bcast_flood),
        (Some(true), Some(false))
    );
    assert_eq!((set.learning, set.isolated), (None, None));
}

#[test]
fn settings_have_their_units() {
    let ageing = |text: &str| said(&format!("ageing {text}")).map(|said| said.ageing);
    for (text, millis) in [
        ("30", 30_000),
        ("30s", 30_000),
        ("500ms", 500),
        ("1.5s", 1500),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("0", 0),
    ] {
        assert_eq!(ageing(text), Ok(Some(Some(Duration::from_millis(millis)))));
    }
    assert_eq!(ageing("never"), Ok(Some(None)));
    assert_eq!(said("mirror off").map(|said| said.mirror), Ok(Some(None)));
    assert_eq!(said("mirror 4").map(|said| said.mirror), Ok(Some(Some(4))));
    let groups = said("group-fwd-mask 0x4000").map(|said| said.groups);
    assert_eq!(groups, Ok(Some(0x4000)));
}

#[test]
fn what_is_wrong_is_named() {
    for (line, names) in [
        ("ports 1", "ports"),
        ("port", "value"),
        ("port x", "x"),
        ("vlan 0", "4094"),
        ("vid 4095", "4094"),
        ("vid 9-8", "9-8"),
        ("learning yes", "yes"),
        ("flood", "value"),
        ("locked 1", "1"),
        ("ageing soon", "soon"),
        ("ageing -1", "-1"),
        ("ageing NaN", "NaN"),
        ("ageing +5s", "+5s"),
        ("ageing 1e3", "1e3"),
        ("port +1", "+1"),
        ("vlan +5", "+5"),
        ("vid 5-+6", "+6"),
        ("limit +5", "+5"),
        ("mirror +1", "+1"),
        ("group-fwd-mask 0x+40", "0x+40"),
        ("group-fwd-mask +64", "+64"),
        ("group-fwd-mask 65536", "65536"),
        ("vid 5 vid 6 port 0", "vid is said twice"),
        ("pvid untagged pvid", "pvid is said twice"),
    ] {
        let error = said(line).expect_err(line);
        assert!(error.contains(names), "{line}: {error}");
    }
    let both = said("all dynamic").expect("words").flush();
    assert!(both.expect_err("a contradiction").contains("contradict"));
    let several = said("vid 1-2 pvid").expect("words").the_vlans();
    assert!(several.expect_err("several").contains("PVID"));
    let words = ["pvid".to_owned()];
    let error = Said::read(&words, &["port"]).expect_err("not here");
    assert!(error.contains("pvid") && error.contains("port"), "{error}");
}
