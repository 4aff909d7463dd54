// SPDX-License-Identifier: GPL-2.0

//! Two ports of a network, and messages for them.

use crate::{abi::uapi::*, caller::Socket};

/// Two ports of a network of messages of up to so many bytes, the first a manager's.
pub(crate) fn pair(protocol: u32, flags: u32, mtu: i32) -> (Socket, Socket) {
    let options = [
        (IPN_SO_MTU, mtu),
        (IPN_SO_MSGPOOLSIZE, 8),
        (IPN_SO_FLAGS, flags as i32),
    ];
    let manager = Socket::made("/net", protocol, &options);
    manager.connect("").unwrap();
    (manager, Socket::joined("/net"))
}

/// Messages to all, of these lengths.
pub(crate) fn messages(lengths: &[usize]) -> Vec<Vec<u8>> {
    let message = |(last, len): (u8, &usize)| {
        let mut bytes = vec![last; *len];
        let header = [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5];
        bytes
            .iter_mut()
            .zip(header)
            .for_each(|(to, from)| *to = from);
        bytes
    };
    (0..).zip(lengths).map(message).collect()
}
