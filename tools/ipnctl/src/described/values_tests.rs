// SPDX-License-Identifier: GPL-2.0

//! Values read back as they are written, and no text makes their parsers panic.

use super::*;
use proptest::prelude::*;
use std::fmt::Debug;

#[track_caller]
fn reads_back<T: FromStr<Err = String> + Display + PartialEq + Debug>(value: T) {
    assert_eq!(value.to_string().parse(), Ok(value));
}

/// What is taken reads back as it is then written, and has no sign and no blank.
#[track_caller]
fn settles<T: FromStr<Err = String> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let is_plain = |c: char| c != '+' && !c.is_whitespace();
        assert!(text.chars().all(is_plain), "{text:?}");
        reads_back(value);
    }
}

#[test]
fn signs_and_blanks_are_refused() {
    for wrong in ["+640", " 640", "0o640", "640 "] {
        wrong.parse::<Mode>().expect_err(wrong);
    }
    for wrong in ["+5", "5-+6", " 5", "5 - 6"] {
        wrong.parse::<Vids>().expect_err(wrong);
    }
    for wrong in [
        "10.0.0.1/+24",
        "10.0.0.1/ 24",
        "+10.0.0.1/24",
        "10.0.0.1/33",
    ] {
        wrong.parse::<Cidr>().expect_err(wrong);
    }
    for wrong in ["0x+40", "+64", "0x 40"] {
        wrong.parse::<Mask>().expect_err(wrong);
    }
    // There may be a user of the name, not of the number.
    let wrong = "+0".parse::<Owner>().expect_err("a sign");
    assert!(wrong.contains("no user +0"), "{wrong}");
}

proptest! {
    #[test]
    fn values_read_back(
        bits in 0..=0o777_u32, millis in 0..1_u64 << 40, mask: u16, vids: [u16; 2], address: IpAddr, prefix in 0..=32_u8,
    ) {
        if bits & 0o111 != 0 {
            reads_back(Mode(bits));
        }
        reads_back(Ageing(Some(Duration::from_millis(millis))));
        reads_back(Ageing(None));
        reads_back(Time(Duration::from_millis(millis % 86_400_001)));
        reads_back(Bytes(u32::from(mask) << 15));
        reads_back(Mask(mask & !7));
        let [one, other] = vids.map(|vid| vid % 4094 + 1);
        reads_back(Vids { first: one.min(other), last: one.max(other) });
        reads_back(Cidr { address, prefix });
    }

    #[test]
    fn what_is_taken_is_plain(
        text in prop_oneof![
            any::<String>(),
            "[0-9a-fx+. :/-]{0,20}",
            "[+ ]?[0-9]{1,4}(-[+ ]?[0-9]{1,4})?",
            "[+ ]?[0-9]{1,6}([.][0-9]{0,4})?(ms|s|m|h)?",
            "[+ ]?10[.]0[.]0[.][0-9]{1,3}/[+ ]?[0-9]{1,3}",
        ],
    ) {
        settles::<Mode>(&text);
        settles::<Ageing>(&text);
        settles::<Mask>(&text);
        settles::<Vids>(&text);
        settles::<Cidr>(&text);
        settles::<Policy>(&text);
        settles::<Mac>(&text);
        // Its name may have nearly any character.
        if let Ok(device) = text.parse::<Device>() {
            reads_back(device);
        }
    }
}
