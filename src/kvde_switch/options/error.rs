// SPDX-License-Identifier: GPL-2.0

//! Why a manager is refused.

/// Why an option is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionError {
    /// There is no such option, or not in this direction.
    Unknown,
    /// The size is wrong, a number is out of bounds, or a bit has no name.
    Invalid,
    /// There is no such port, or it is not held.
    NoSuchPort,
    /// There is no such address, or the port is not in the VLAN.
    NotFound,
    /// There is no room for a static address.
    Full,
}

impl OptionError {
    /// The errno that says so.
    pub const fn errno(self) -> i32 {
        match self {
            Self::Unknown => 92,    // ENOPROTOOPT
            Self::Invalid => 22,    // EINVAL
            Self::NoSuchPort => 99, // EADDRNOTAVAIL
            Self::NotFound => 2,    // ENOENT
            Self::Full => 28,       // ENOSPC
        }
    }
}
