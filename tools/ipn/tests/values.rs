// SPDX-License-Identifier: GPL-2.0

//! The values that programs hand over: what is taken and what is not, on both sides of each bound, and that
//! what is not taken is told.

use ipn::switch::{Flush, MacAddress};
use ipn::{DeviceName, Mode, Policy};
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// What is taken is that value; what is refused says why, with the text or with what would do.
#[track_caller]
fn reads<T: FromStr<Err: Display + Debug> + PartialEq + Debug>(
    taken: &[(&str, T)],
    refused: &[&str],
    why: &str,
) {
    for (text, value) in taken {
        assert_eq!(&text.parse::<T>().expect(text), value, "{text:?}");
    }
    for text in refused {
        let error = text.parse::<T>().expect_err(text).to_string();
        assert!(error.contains(why), "{text:?}: {error}");
    }
}

#[test]
fn policies_have_names_and_numbers() {
    reads(
        &[
            ("any", Policy::new(0)),
            ("hub", Policy::new(1)),
            ("broadcast", Policy::new(1)),
            ("switch", Policy::new(2)),
            ("switch-l3", Policy::new(3)),
            ("0", Policy::new(0)),
            ("63", Policy::new(63)),
        ],
        &["64", "-1", "Hub", "", "hub "],
        "known are any, hub",
    );
    for (policy, number) in [
        (Policy::ANY, 0),
        (Policy::HUB, 1),
        (Policy::SWITCH, 2),
        (Policy::SWITCH_L3, 3),
    ] {
        assert_eq!(policy.number(), number);
    }
}

#[test]
fn modes_have_up_to_four_octal_digits() {
    reads(
        &[
            ("0", Mode::new(0).expect("a mode")),
            ("640", Mode::new(0o640).expect("a mode")),
            ("0777", Mode::new(0o777).expect("a mode")),
        ],
        &["1000", "00777", "8", "", "-1", "rwx"],
        "octal",
    );
    assert_eq!(Mode::new(0o1000), None);
    assert_eq!(Mode::new(0o751).map(Mode::bits), Some(0o751));
}

#[test]
fn names_of_devices_are_those_that_the_kernel_takes() {
    let longest = "a".repeat(15);
    let too_long = "a".repeat(16);
    for name in ["a", "eth0", "...", "a.b", "%d", "-", &longest] {
        assert_eq!(name.parse::<DeviceName>().expect(name).to_string(), name);
    }
    reads::<DeviceName>(
        &[],
        &[
            "", ".", "..", "a/b", "a:1", "a b", "a\tb", "a\n", "a\u{b}", "a\rb", "\0", &too_long,
        ],
        "15 bytes",
    );
    assert_eq!(DeviceName::ANY.to_string(), "");
}

#[test]
fn addresses_of_stations_have_six_numbers() {
    reads(
        &[("02:00:00:00:00:fF", MacAddress([2, 0, 0, 0, 0, 255]))],
        &[
            "02:00:00:00:00",
            "02:00:00:00:00:00:00",
            "2:0:0:0:0:0",
            "002:00:00:00:00:1",
        ],
        "MAC address",
    );
}

#[test]
fn what_is_to_be_forgotten_is_what_was_named() {
    let station = MacAddress([2, 0, 0, 0, 0, 7]);
    let all = Flush::new();
    assert_eq!(
        (all.port, all.address, all.vlan, all.fixed),
        (None, None, None, false)
    );
    let one = all.port(3).address(station).vlan(5).fixed(true);
    assert_eq!(
        (one.port, one.address, one.vlan, one.fixed),
        (Some(3), Some(station), Some(5), true)
    );
    let again = one.port(None).address(None).vlan(None).fixed(false);
    assert_eq!(
        (again.port, again.address, again.vlan, again.fixed),
        (None, None, None, false)
    );
}
