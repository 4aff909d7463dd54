// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages.

use crate::abi;
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
    pub const LEN: usize = 4 * size_of::<c_int>();

    /// Reads `struct numnode_oob`; fields that are missing read as 0.
    pub fn parse(bytes: &[u8]) -> Self {
        let field = |index: usize| {
            let start = index * size_of::<c_int>();
            let field = bytes.get(start..start + size_of::<c_int>());
            field.map_or(0, |field| {
                c_int::from_ne_bytes(field.try_into().expect("a field of an int's size"))
            })
        };
        let (level, tag) = (field(0), field(1));
        let is_members = level == abi::IPN_ANY as c_int && tag == abi::IPN_OOB_NUMNODE_TAG;
        if is_members && bytes.len() >= Self::LEN {
            Self::Members {
                readers: field(2).max(0) as u32,
                writers: field(3).max(0) as u32,
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
        assert_eq!(Oob::parse(&bytes(&[2, 7, 1, 1])), other(2, 7));
        assert_eq!(Oob::parse(&bytes(&[2, 7])), other(2, 7));
        assert_eq!(Oob::parse(&bytes(&[0, 0, 3])), other(0, 0));
        assert_eq!(Oob::parse(&[]), other(0, 0));
    }
}
