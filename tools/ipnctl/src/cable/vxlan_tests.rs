// SPDX-License-Identifier: GPL-2.0

//! Tunnels read back as they are written, and wrong ones are explained.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn tunnel(text: &str) -> Vxlan {
    text.parse().unwrap_or_else(|what| panic!("{text}: {what}"))
}

#[test]
fn every_option_is_understood() {
    let plain = tunnel("192.0.2.2/7");
    assert_eq!(
        (plain.remote, plain.vni, plain.port),
        (IpAddr::from([192, 0, 2, 2]), 7, 4789)
    );
    assert_eq!((plain.iface, plain.local), (None, None));
    assert_eq!(plain.overhead(), 50);
    let full = tunnel("[fe80::2]/16777215?port=8472,iface=wg0&local=[fe80::1]");
    assert_eq!((full.vni, full.port), (16_777_215, 8472));
    assert_eq!(full.iface, "wg0".parse().ok());
    assert_eq!(full.local, "fe80::1".parse().ok());
    assert_eq!(full.overhead(), 70);
    // Brackets are a custom, and a group is a remote, too.
    assert_eq!(tunnel("2001:db8::2/0"), tunnel("[2001:db8::2]/0"));
    assert!(tunnel("239.1.2.3/7?iface=eth0").remote.is_multicast());
    assert_eq!(tunnel("[::ffff:192.0.2.2]/7"), plain);
}

#[test]
fn what_is_wrong_is_explained() {
    for (text, words) in [
        ("192.0.2.2", "no VNI"),
        ("host/7", "getent"),
        ("/7", "no address"),
        ("0.0.0.0/7", "no address"),
        ("255.255.255.255/7", "no address"),
        ("[::]/7", "no address"),
        ("[192.0.2.2]/7", "no address"),
        ("192.0.2.2/", "16777215"),
        ("192.0.2.2/16777216", "16777215"),
        ("192.0.2.2/+7", "no VNI"),
        ("192.0.2.2/7/8", "no VNI"),
        ("192.0.2.2/7?port", "there are port="),
        ("192.0.2.2/7?ttl=3", "there are port="),
        ("192.0.2.2/7?port=0", "65535"),
        ("192.0.2.2/7?port=65536", "65535"),
        ("192.0.2.2/7?port=1,port=2", "twice"),
        ("192.0.2.2/7?iface=a/b", "slash"),
        ("192.0.2.2/7?local=0.0.0.0", "no address of one machine"),
        ("192.0.2.2/7?local=239.1.1.1", "no address of one machine"),
        ("192.0.2.2/7?local=[2001:db8::1]", "two of a kind"),
        ("[fe80::2]/7", "iface="),
        ("[ff02::7]/7", "iface="),
    ] {
        let what = text.parse::<Vxlan>().expect_err(text);
        assert!(what.contains(words), "{text}: {what:?} has no {words:?}");
        assert!(what.contains("; "), "{text}: no hint: {what}");
    }
}

/// An address of one machine, of one of both kinds.
fn machine() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 3]>().prop_map(|[a, b, c]| IpAddr::from([10, a, b, c])),
        any::<u64>()
            .prop_map(|low| Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(low)).into()),
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = text.parse::<Vxlan>();
    }

    #[test]
    fn tunnels_read_back(
        remote in machine(),
        local in proptest::option::of(machine()),
        vni in 0..=VNI,
        port in 1..=u16::MAX,
        iface in proptest::option::of("[a-z]{1,15}"),
    ) {
        let local = local.filter(|local| local.is_ipv4() == remote.is_ipv4());
        let iface = iface.and_then(|iface| iface.parse().ok());
        let tunnel = Vxlan { remote, vni, port, iface, local };
        prop_assert_eq!(tunnel.to_string().parse(), Ok(tunnel));
    }
}
