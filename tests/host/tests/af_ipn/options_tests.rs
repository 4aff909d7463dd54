// SPDX-License-Identifier: GPL-2.0

//! The options of a network to be, and their bounds.

use crate::{
    abi::{errno::Errno, uapi::*},
    network::shape::{Limits, Shape},
    options_oracle::{check, reliable, table, LIMITS, TABLE},
    ring::layout::Parts,
};
use proptest::prelude::*;

/// The values of all options.
fn values(shape: &Shape) -> Vec<u32> {
    table(shape)
        .iter()
        .map(|row| shape.get(row.0).expect("an option of the table"))
        .collect()
}

#[test]
fn a_network_is_what_the_table_says_unless_told() {
    let mut defaults: Vec<u32> = TABLE.iter().map(|row| row.1).collect();
    assert_eq!(values(&Shape::DEFAULT), defaults[..6]);
    // A reliable bus says that it is one.
    defaults[3] = IPN_FLAG_RELIABLE;
    assert_eq!(values(&reliable()), defaults);
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
            let shape = Shape::default_within(protocol, false, &limits);
            assert_eq!((shape.mtu, shape.ports), (mtu, ports), "{protocol}");
        }
    }
}

/// Sets an option of a network of each kind that is a hub.
fn kinds(option: u32, value: i32) {
    check(&mut Shape::DEFAULT.clone(), option, value, &LIMITS);
    check(&mut reliable(), option, value, &LIMITS);
}

#[test]
fn every_bound_of_every_option() {
    for (option, _, min, max) in TABLE {
        for value in [min - 1, min, min + 1, max - 1, max, max + 1] {
            let Ok(value) = i32::try_from(value) else {
                continue;
            };
            kinds(option, value);
        }
        for value in [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX] {
            kinds(option, value);
        }
    }
}

#[test]
fn every_flag_and_no_other_bit() {
    for flags in 0..=0x3fff {
        kinds(IPN_SO_FLAGS, flags);
    }
    for bit in 0..32 {
        kinds(IPN_SO_FLAGS, 1 << bit);
    }
    // That a network has ended is only read.
    let mut shape = Shape::DEFAULT;
    let refused = shape.set(IPN_SO_FLAGS, IPN_FLAG_TERMINATED as i32, &LIMITS);
    assert_eq!(refused, Err(Errno::INVAL));
}

#[test]
fn flags_mean_what_their_names_say() {
    for flags in 0..=15 {
        let mut shape = Shape::DEFAULT;
        assert_eq!(shape.set(IPN_SO_FLAGS, flags, &LIMITS), Ok(()));
        assert_eq!(shape.is_lossless(), flags & 1 != 0);
        assert_eq!(shape.is_exclusive(), flags & 2 != 0);
        assert_eq!(shape.has_one_writer(), flags & 8 != 0);
    }
}

#[test]
fn a_reliable_bus_stays_one_and_has_flags_of_its_own() {
    for flags in [0, 2, 4, 16, 32, 64, 118] {
        let mut shape = reliable();
        assert_eq!(shape.set(IPN_SO_FLAGS, flags, &LIMITS), Ok(()));
        assert!(shape.is_reliable() && shape.waits() && !shape.is_lossless());
        assert_eq!(shape.has_history(), flags & 32 != 0);
        assert_eq!(shape.evicts(), flags & 64 != 0);
        assert_eq!(shape.window_ns(), 1_000_000_000);
    }
    assert!(!Shape::DEFAULT.waits() && !Shape::DEFAULT.is_reliable());
}

#[test]
fn one_writer_is_for_a_hub_alone() {
    for protocol in [0, 1, IPN_VDESWITCH, 3] {
        for flags in 0..=16 {
            let mut shape = Shape::default_within(protocol, false, &LIMITS);
            assert_eq!(shape.is_hub, protocol <= 1);
            check(&mut shape, IPN_SO_FLAGS, flags, &LIMITS);
        }
    }
}

#[test]
fn the_one_writer_writes_its_longest_messages_in_one_piece() {
    for mtu in [1, 16, 17, 48, 49, 16384, 16385, 65535, 16_777_216] {
        let mut shape = Shape::DEFAULT;
        check(&mut shape, IPN_SO_MTU, mtu, &LIMITS);
        for flags in [8, 0, 9] {
            check(&mut shape, IPN_SO_FLAGS, flags, &LIMITS);
            for (option, value) in [(IPN_SO_BYTES, 1 << 25), (IPN_SO_MSGPOOLSIZE, 2)] {
                check(&mut shape, option, value, &LIMITS);
            }
            let in_parts = flags & 8 == 0 && shape.parts().count(mtu as u32) != 0;
            assert_eq!(shape.parts() != Parts::NONE, flags & 8 == 0);
            let whole = mtu as u64 / 16 * 16 + 16 * u64::from(mtu % 16 != 0);
            let least = if in_parts { 3 * whole + 16 } else { 3 * whole };
            assert!(shape.extent().bytes >= least);
            assert_eq!(shape.extent().bytes == 3 * whole, !in_parts);
        }
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
        let shape = Shape::default_within(IPN_BROADCAST, false, &limits);
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
                kinds(option, value);
            }
            assert_eq!(Shape::DEFAULT.get(option), Err(Errno::NOPROTOOPT));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn options_do_not_touch_each_other(
        settings in prop::collection::vec((0x80..0x88_u32, -2..70_000_i32), 0..40),
        is_reliable: bool,
        ports in 1..10_000_u32,
    ) {
        let limits = Limits { ports, ..LIMITS };
        let mut shape = if is_reliable { reliable() } else { Shape::DEFAULT };
        for (option, value) in settings {
            check(&mut shape, option, value, &limits);
        }
    }
}
