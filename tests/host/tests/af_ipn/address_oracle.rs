// SPDX-License-Identifier: GPL-2.0

//! What an address may be, said naively.

use crate::{abi::errno::Errno, network::address::Address};

/// The family that is wanted. Any will do: the module is told at build time.
pub(crate) const FAMILY: u16 = 13;

/// `struct sockaddr_un` as `unix(7)` has it, said naively.
fn naive(family: u16, bytes: &[u8]) -> Option<&[u8]> {
    if bytes.len() < 2 || bytes.len() > 2 + 108 {
        return None;
    }
    if u16::from_ne_bytes([bytes[0], bytes[1]]) != family {
        return None;
    }
    let path = bytes[2..].split(|&byte| byte == 0).next()?;
    (1..=108).contains(&path.len()).then_some(path)
}

/// The bytes of a `struct sockaddr_un`.
pub(crate) fn sockaddr(family: u16, path: &[u8]) -> Vec<u8> {
    [&family.to_ne_bytes()[..], path].concat()
}

/// Bytes are taken or refused as they should be.
pub(crate) fn check(bytes: &[u8]) {
    match (Address::parse(FAMILY, bytes), naive(FAMILY, bytes)) {
        (Ok(address), Some(path)) => {
            let (given, nul) = address.path_with_nul().split_at(path.len());
            assert_eq!((given, nul), (path, &[0][..]));
        }
        (Err(error), None) => assert_eq!(error, Errno::INVAL),
        (parsed, path) => panic!("{bytes:?}: {parsed:?}, but {path:?} was expected"),
    }
}
