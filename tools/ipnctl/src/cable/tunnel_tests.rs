// SPDX-License-Identifier: GPL-2.0

//! What is asked of the kernel, and what is said when it refuses.

use super::*;
use std::io;

#[track_caller]
fn tunnel(text: &str) -> Vxlan {
    text.parse().unwrap_or_else(|what| panic!("{text}: {what}"))
}

/// What is said of an error of the kernel's, with these links.
fn said(errno: Errno, links: &[LinkMessage]) -> String {
    let refused = Refused::from(io::Error::from(errno));
    not_made(&tunnel("192.0.2.2/7"), &refused, links).to_string()
}

#[test]
fn packets_are_never_cut_and_a_group_has_its_link() {
    let link = |to: &str| {
        let link = message(&tunnel(to), "ipnvx7", 1450, 3);
        vxlan(&link).expect("a VXLAN device").to_vec()
    };
    let one = link("192.0.2.2/7?port=8472,local=192.0.2.1");
    for data in [
        InfoVxlan::Id(7),
        InfoVxlan::Port(8472),
        InfoVxlan::Df(1),
        InfoVxlan::Group([192, 0, 2, 2].into()),
        InfoVxlan::Local([192, 0, 2, 1].into()),
    ] {
        assert!(one.contains(&data), "{data:?} in {one:?}");
    }
    assert!(!one.contains(&InfoVxlan::Link(3)), "{one:?}");
    for group in ["239.1.2.3/7", "[ff05::7]/7", "192.0.2.2/7?iface=v0"] {
        let link = link(group);
        assert!(link.contains(&InfoVxlan::Link(3)), "{link:?}");
    }
}

#[test]
fn refusals_say_what_is_missing() {
    let module = said(Errno::OPNOTSUPP, &[]);
    assert!(module.contains("no module vxlan"), "{module}");
    assert!(module.contains("try: modprobe vxlan"), "{module}");
    let rights = said(Errno::PERM, &[]);
    assert!(rights.contains("CAP_NET_ADMIN"), "{rights}");
    let other = message(&tunnel("192.0.2.3/7"), "theirs", 1450, 0);
    let there = said(Errno::EXIST, &[other]);
    assert!(there.contains("theirs has VNI 7"), "{there}");
    assert!(there.contains("ip link del theirs"), "{there}");
}
