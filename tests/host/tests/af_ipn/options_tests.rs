// SPDX-License-Identifier: GPL-2.0

//! The options of a network to be, and their bounds.

use crate::{
    abi::{errno::Errno, uapi::*},
    network::shape::{Limits, Shape},
    options_oracle::{check, LIMITS, TABLE},
};
use proptest::prelude::*;

/// The values of all options.
fn values(shape: &Shape) -> Vec<u32> {
    TABLE
        .iter()
        .map(|row| shape.get(row.0).expect("an option of the table"))
        .collect()
}

#[test]
fn a_network_is_what_the_table_says_unless_told() {
    let defaults: Vec<u32> = TABLE.iter().map(|row| row.1).collect();
    assert_eq!(values(&Shape::DEFAULT), defaults);
    assert!(!Shape::DEFAULT.is_lossless());
    assert!(!Shape::DEFAULT.is_exclusive());
}

#[test]
fn a_switch_passes_full_frames_of_a_vlan_and_no_network_has_more_ports_than_may_be() {
    for (protocol, mtu) in [(0, 1514), (1, 1514), (IPN_VDESWITCH, 1518), (3, 1514)] {
        for (most, ports) in [(63, 63), (64, 64), (65, 64)] {
            let limits = Limits {
                ports: most,
                ..LIMITS
            };
            let shape = Shape::default_within(protocol, &limits);
            assert_eq!((shape.mtu, shape.ports), (mtu, ports), "{protocol}");
        }
    }
}

#[test]
fn every_bound_of_every_option() {
    for (option, _, min, max) in TABLE {
        for value in [min - 1, min, min + 1, max - 1, max, max + 1] {
            let value = i32::try_from(value).expect("bounds are ints");
            check(&mut Shape::DEFAULT.clone(), option, value, &LIMITS);
        }
        for value in [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX] {
            check(&mut Shape::DEFAULT.clone(), option, value, &LIMITS);
        }
    }
}

#[test]
fn every_flag_and_no_other_bit() {
    for flags in 0..=0x3fff {
        check(&mut Shape::DEFAULT.clone(), IPN_SO_FLAGS, flags, &LIMITS);
    }
    for bit in 0..32 {
        check(&mut Shape::DEFAULT.clone(), IPN_SO_FLAGS, 1 << bit, &LIMITS);
    }
    // That a network has ended is only read.
    let mut shape = Shape::DEFAULT;
    let refused = shape.set(IPN_SO_FLAGS, IPN_FLAG_TERMINATED as i32, &LIMITS);
    assert_eq!(refused, Err(Errno::INVAL));
}

#[test]
fn flags_mean_what_their_names_say() {
    for flags in 0..=7 {
        let mut shape = Shape::DEFAULT;
        assert_eq!(shape.set(IPN_SO_FLAGS, flags, &LIMITS), Ok(()));
        assert_eq!(shape.is_lossless(), flags & 1 != 0);
        assert_eq!(shape.is_exclusive(), flags & 2 != 0);
    }
}

#[test]
fn every_mode() {
    for mode in -1..=0o10_000 {
        check(&mut Shape::DEFAULT.clone(), IPN_SO_MODE, mode, &LIMITS);
    }
}

#[test]
fn the_most_ports_are_those_of_the_module_s_parameter() {
    for ports in [0, 1, 2, 64, 4096, 4097, 100_000] {
        let limits = Limits { ports, ..LIMITS };
        let bound = ports as i32;
        for value in [0, 1, bound - 1, bound, bound + 1, 4096, 4097, i32::MAX] {
            check(&mut Shape::DEFAULT.clone(), IPN_SO_NUMNODES, value, &limits);
        }
    }
}

#[test]
fn a_bound_that_was_lowered_counts_when_the_network_is_made() {
    for ports in [1, 2, 63, 64, 65, 4096] {
        let limits = Limits { ports, ..LIMITS };
        let shape = Shape::default_within(IPN_BROADCAST, &limits);
        assert_eq!(shape.ports, ports.min(64));
        assert_eq!(shape.check_ports(&limits), Ok(()));
        let fits = Shape::DEFAULT.check_ports(&limits);
        assert_eq!(fits.is_ok(), ports >= 64);
    }
}

#[test]
fn other_options_are_not_of_a_network_to_be() {
    for option in (0..0x200).chain([i32::MAX as u32, u32::MAX]) {
        let known = TABLE.iter().any(|row| row.0 == option);
        assert_eq!(Shape::has(option), known, "{option:#x}");
        if !known {
            for value in [i32::MIN, -1, 0, 1, i32::MAX] {
                check(&mut Shape::DEFAULT.clone(), option, value, &LIMITS);
            }
            assert_eq!(Shape::DEFAULT.get(option), Err(Errno::NOPROTOOPT));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn options_do_not_touch_each_other(
        settings in prop::collection::vec((0x80..0x86_u32, -2..70_000_i32), 0..40),
        ports in 1..10_000_u32,
    ) {
        let limits = Limits { ports, ..LIMITS };
        let mut shape = Shape::DEFAULT;
        for (option, value) in settings {
            check(&mut shape, option, value, &limits);
        }
    }
}
