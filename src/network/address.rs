// SPDX-License-Identifier: GPL-2.0

//! The address of a network: a path in the file system, in a `struct sockaddr_un`.

use crate::abi::errno::{Errno, Result};
use crate::abi::uapi::UNIX_PATH_MAX;

/// Bytes of `sun_family`.
const FAMILY_LEN: usize = 2;

/// Bytes of a `struct sockaddr_un`, and of the NUL behind a path that fills it.
pub(crate) const ADDRESS_LEN: usize = FAMILY_LEN + UNIX_PATH_MAX + 1;

/// A checked address.
///
/// # Invariants
///
/// `path[..len]` holds no NUL, `path[len..]` holds nothing else, and `1 <= len <= UNIX_PATH_MAX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    path: [u8; UNIX_PATH_MAX + 1],
    len: usize,
}

impl Address {
    /// Takes the bytes of a `struct sockaddr_un` as the caller gave them.
    ///
    /// The path ends at its first NUL or with the bytes, as in `unix(7)`: it may fill `sun_path`. A
    /// longer structure, another family, or no path: `EINVAL`.
    pub(crate) fn parse(family: u16, sockaddr: &[u8]) -> Result<Self> {
        let (given, rest) = sockaddr.split_at_checked(FAMILY_LEN).ok_or(Errno::INVAL)?;
        if given != family.to_ne_bytes() || rest.len() > UNIX_PATH_MAX {
            return Err(Errno::INVAL);
        }
        let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
        if len == 0 {
            return Err(Errno::INVAL);
        }
        let mut path = [0; UNIX_PATH_MAX + 1];
        path.iter_mut()
            .zip(rest.iter().take(len))
            .for_each(|(to, from)| *to = *from);
        // INVARIANT: `len` is the index of the first NUL, or the number of bytes where there is none,
        // and there are no more than `UNIX_PATH_MAX`.
        Ok(Self { path, len })
    }

    /// The path with its NUL.
    pub(crate) fn path_with_nul(&self) -> &[u8] {
        self.path.get(..=self.len).unwrap_or(&[0])
    }

    /// The bytes of a `struct sockaddr_un` and how many of them count, the NUL included: one more than
    /// the structure has where the path fills it, as in `unix(7)`.
    pub(crate) fn to_sockaddr(&self, family: u16) -> ([u8; ADDRESS_LEN], usize) {
        let mut bytes = [0; ADDRESS_LEN];
        bytes
            .iter_mut()
            .zip(family.to_ne_bytes().iter().chain(self.path.iter()))
            .for_each(|(to, from)| *to = *from);
        (bytes, self.len.saturating_add(FAMILY_LEN).saturating_add(1))
    }
}
