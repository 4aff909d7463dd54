// SPDX-License-Identifier: GPL-2.0

//! What `ipn switch` prints.

use super::*;
use ipn::switch::MacAddress;
use std::time::Duration;

fn address(fixed: bool, vlan: u16) -> Address {
    let mut address = Address::new(MacAddress([2, 0, 0, 0, 0, 1]), vlan, 3);
    address.fixed = fixed;
    address.age = Duration::from_millis(3210);
    address
}

#[test]
fn addresses_are_lines() {
    let text = addresses(&[address(false, 0), address(true, 10)], false);
    let expected = "02:00:00:00:00:01 port 3 age 3.2s\n02:00:00:00:00:01 port 3 vlan 10 static\n";
    assert_eq!(text, expected);
    assert_eq!(addresses(&[], false), "");
    let json: serde_json::Value =
        serde_json::from_str(&addresses(&[address(true, 10)], true)).expect("JSON");
    assert_eq!(json[0]["mac"], "02:00:00:00:00:01");
    assert_eq!(json[0]["state"], "static");
    assert_eq!(json[0]["vlan"], 10);
}

#[test]
fn vlans_that_follow_each_other_are_one() {
    let vlan = |vlan, pvid, untagged| Vlan::new(vlan).pvid(pvid).untagged(untagged);
    let port = vec![
        vlan(1, true, true),
        vlan(2, false, true),
        vlan(3, false, true),
        vlan(4, false, false),
        vlan(9, false, false),
    ];
    let text = vlans(&[(7, port.clone()), (8, Vec::new())], false);
    let expected = "port  vlan-id\n7     1 PVID Egress Untagged\n      2-3 Egress Untagged\n      \
                    4\n      9\n8     none\n";
    assert_eq!(text, expected);
    let json: serde_json::Value = serde_json::from_str(&vlans(&[(7, port)], true)).expect("JSON");
    assert_eq!(json[0]["vlans"][1]["vlanEnd"], 3);
    assert_eq!(json[0]["vlans"][0]["flags"][0], "PVID");
}

#[test]
fn settings_are_shown_as_they_are_set() {
    let text = settings(
        &Settings {
            ageing_ms: Some(30_000),
            limit: 4096,
            port_limit: 1024,
            filtering: false,
            mirror: None,
            group_fwd_mask: 0x4000,
        },
        false,
    );
    let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    let known = [
        "ageing",
        "limit",
        "port-limit",
        "filtering",
        "mirror",
        "group-fwd-mask",
    ];
    let said = crate::switch_cli::Said::read(&words, &known).expect("what is shown is understood");
    assert_eq!(said.ageing, Some(Some(Duration::from_secs(30))));
    assert_eq!((said.mirror, said.groups), (Some(None), Some(0x4000)));
}
