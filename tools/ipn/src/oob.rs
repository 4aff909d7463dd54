// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages.

use crate::sys::plain::bytes_mut;
use ipn_abi::{self as abi, numnode_oob};
use std::ffi::c_int;

/// The network's word to a port that asked for it with
/// [`Builder::out_of_band`](crate::Builder::out_of_band).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oob {
    /// How many ports can receive and how many can send now.
    Members {
        /// Ports that can receive.
        readers: u32,
        /// Ports that can send.
        writers: u32,
    },
    /// One that this version of the crate does not know, or that was cut short by
    /// a buffer of less than [`Oob::LEN`] bytes.
    Other {
        /// The policy that it comes from, 0 for the network itself.
        level: i32,
        /// The policy's number of its meaning.
        tag: i32,
    },
}

impl Oob {
    /// The length that a buffer for out-of-band messages should have at least.
    pub const LEN: usize = size_of::<numnode_oob>();

    /// Reads `struct numnode_oob`; fields that are missing read as 0.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut oob = numnode_oob::default();
        let room = bytes_mut(&mut oob);
        let len = bytes.len().min(room.len());
        room[..len].copy_from_slice(&bytes[..len]);
        let (level, tag) = (oob.level, oob.tag);
        let is_members = level == abi::IPN_ANY as c_int && tag == abi::IPN_OOB_NUMNODE_TAG;
        if is_members && len == Self::LEN {
            Self::Members {
                readers: oob.numreaders.max(0) as u32,
                writers: oob.numwriters.max(0) as u32,
            }
        } else {
            Self::Other { level, tag }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(fields: &[i32]) -> Vec<u8> {
        fields
            .iter()
            .flat_map(|field| field.to_ne_bytes())
            .collect()
    }

    #[test]
    fn members_are_counted() {
        let message = bytes(&[0, 0, 3, 2]);
        assert_eq!(message.len(), Oob::LEN);
        assert_eq!(
            Oob::parse(&message),
            Oob::Members {
                readers: 3,
                writers: 2
            }
        );
    }

    #[test]
    fn what_is_unknown_or_short_is_other() {
        let other = |level, tag| Oob::Other { level, tag };
        for (level, tag) in [(2, 7), (0, 7), (2, 0)] {
            let message = bytes(&[level, tag, 1, 1]);
            assert_eq!(Oob::parse(&message), other(level, tag));
        }
        assert_eq!(Oob::parse(&bytes(&[2, 7])), other(2, 7));
        assert_eq!(Oob::parse(&bytes(&[0, 0, 3])), other(0, 0));
        assert_eq!(Oob::parse(&[]), other(0, 0));
    }
}
