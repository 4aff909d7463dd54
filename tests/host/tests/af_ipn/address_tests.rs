// SPDX-License-Identifier: GPL-2.0

//! Addresses, from bytes and back.

use crate::{
    abi::{errno::Errno, uapi::UNIX_PATH_MAX},
    address_oracle::{check, sockaddr, FAMILY},
    network::address::Address,
};
use proptest::{collection::vec, prelude::*};

/// Bytes of a `struct sockaddr_un`: right and wrong families, and more or less of a path.
fn any_sockaddr() -> impl Strategy<Value = Vec<u8>> {
    let family = prop_oneof![6 => Just(FAMILY), 1 => Just(FAMILY.swap_bytes()), 1 => any::<u16>()];
    let byte = prop_oneof![12 => 1..=255_u8, 1 => Just(0)];
    let path = prop_oneof![vec(byte, 0..=130), vec(1..=255_u8, 0..=130)];
    (family, path).prop_map(|(family, path)| sockaddr(family, &path))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn it_is_taken_as_the_oracle_takes_it(bytes in any_sockaddr()) {
        check(&bytes);
    }

    #[test]
    fn whatever_bytes_come_are_taken_or_refused(bytes in vec(any::<u8>(), 0..=130)) {
        check(&bytes);
    }

    #[test]
    fn what_is_given_out_is_taken_back(path in vec(1..=255_u8, 1..=108), family in any::<u16>()) {
        let address = Address::parse(family, &sockaddr(family, &path)).unwrap();
        let (bytes, len) = address.to_sockaddr(family);
        prop_assert_eq!(len, 2 + path.len() + 1);
        prop_assert_eq!(&bytes[..len - 1], &sockaddr(family, &path)[..]);
        prop_assert!(bytes[len - 1..].iter().all(|&byte| byte == 0));
        // As many bytes as count, and all of them, mean the same.
        let structure = &bytes[..len.min(2 + UNIX_PATH_MAX)];
        prop_assert_eq!(Address::parse(family, structure), Ok(address.clone()));
        prop_assert_eq!(Address::parse(family, &bytes[..2 + UNIX_PATH_MAX]), Ok(address));
    }
}

#[test]
fn every_length_of_path_and_structure() {
    for len in 0..=130 {
        check(&sockaddr(FAMILY, &vec![b'p'; len]));
        for end in 0..=len {
            let mut path = vec![b'p'; len];
            path[end..].fill(0);
            check(&sockaddr(FAMILY, &path));
        }
    }
    check(&[]);
    check(&FAMILY.to_ne_bytes()[..1]);
}

#[test]
fn what_comes_after_the_path_does_not_count() {
    let plain = Address::parse(FAMILY, &sockaddr(FAMILY, b"/tmp/bus")).unwrap();
    let trailing = Address::parse(FAMILY, &sockaddr(FAMILY, b"/tmp/bus\0rubbish")).unwrap();
    assert_eq!(plain, trailing);
    assert_eq!(plain.path_with_nul(), b"/tmp/bus\0");
}

#[test]
fn there_are_no_abstract_names() {
    let refused = Address::parse(FAMILY, &sockaddr(FAMILY, b"\0abstract"));
    assert_eq!(refused, Err(Errno::INVAL));
}

#[test]
fn a_path_that_fills_the_structure_has_its_nul_behind_it() {
    let full = Address::parse(FAMILY, &sockaddr(FAMILY, &[b'p'; UNIX_PATH_MAX])).unwrap();
    assert_eq!(full.path_with_nul().last(), Some(&0));
    let (bytes, len) = full.to_sockaddr(FAMILY);
    assert_eq!((len, bytes[len - 1]), (2 + UNIX_PATH_MAX + 1, 0));
    let longer = sockaddr(FAMILY, &[b'p'; UNIX_PATH_MAX + 1]);
    assert_eq!(Address::parse(FAMILY, &longer), Err(Errno::INVAL));
}
