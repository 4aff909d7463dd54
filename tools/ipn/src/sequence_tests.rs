// SPDX-License-Identifier: GPL-2.0

//! What a reliable bus tells besides, as the kernel writes it, and other bytes.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

#[test]
fn a_sequence_is_told_with_its_origin() {
    let mut bytes = words(&[7, 1_500_000_000, 2, 0x1234, 42]);
    bytes.extend([3_u32, 1].map(u32::to_ne_bytes).as_flattened());
    let sequence = Sequence::parse(&bytes).expect("told");
    assert_eq!((sequence.number, sequence.skipped), (7, 2));
    assert_eq!(sequence.sent, Duration::from_millis(1500));
    let origin = Origin {
        bus: 0x1234,
        sequence: 42,
        port: 3,
        hops: 1,
    };
    assert_eq!(sequence.origin, Some(origin));
    for len in 0..bytes.len() {
        assert_eq!(Sequence::parse(&bytes[..len]), None, "{len}");
    }
    bytes.extend([1; 8]);
    assert_eq!(Sequence::parse(&bytes), Some(sequence), "a later version");
    bytes[24..48].fill(0);
    let here = Sequence::parse(&bytes).expect("told");
    assert_eq!(here.origin, None, "it was sent here");
}

#[test]
fn gaps_are_of_a_port_or_of_several() {
    let others = u64::from(abi::IPN_GAP_OTHERS);
    // A port and what is 0 behind it, as they stand on this machine.
    let port = |number: u64| match cfg!(target_endian = "big") {
        true => number << 32,
        false => number,
    };
    let told = Gap::parse_all(&words(&[5, port(3), 8, port(others)]));
    let gap = |port, lost| Gap { port, lost };
    assert_eq!(told, [gap(Some(3), 5), gap(None, 8)]);
    assert_eq!(Gap::parse_all(&[]), []);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..100)) {
        let _ = Sequence::parse(&bytes);
        prop_assert_eq!(Gap::parse_all(&bytes).len(), bytes.len() / 16);
    }
}
