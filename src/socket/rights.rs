// SPDX-License-Identifier: GPL-2.0

//! What the mode bits of a network's file let a process do.

use crate::{
    abi::errno::{Errno, Result},
    ring::port::{BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT},
};

/// The rights of a process over a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// `r`: receive.
    pub(crate) receive: bool,
    /// `w`: send.
    pub(crate) send: bool,
    /// `x`: manage.
    pub(crate) manage: bool,
}

impl Rights {
    /// Those of a network's creator, whatever the mode bits.
    pub(crate) const CREATOR: Self = Self {
        receive: true,
        send: true,
        manage: true,
    };

    /// None at all.
    pub(crate) const NONE: Self = Self {
        receive: false,
        send: false,
        manage: false,
    };

    /// What a port is left with: a missing right is a shutdown of that direction.
    ///
    /// `shut` is what its owner had given up before. With neither direction left: `EACCES`.
    pub(crate) fn shutdown(self, shut: u32) -> Result<u32> {
        let receive = if self.receive { 0 } else { RECEIVE_SHUT };
        let send = if self.send { 0 } else { SEND_SHUT };
        let missing = receive | send;
        match shut | missing {
            BOTH_SHUT if missing != 0 => Err(Errno::ACCES),
            left => Ok(left),
        }
    }

    /// What a port is left with that observes: it sees what others send to one another, so it takes the right
    /// to manage beside that to receive; and it sends nothing. A right is missing: `EACCES`.
    pub(crate) fn observer_shutdown(self, shut: u32) -> Result<u32> {
        if self.receive && self.manage {
            Ok(shut | SEND_SHUT)
        } else {
            Err(Errno::ACCES)
        }
    }

    /// The directions that `how` of `shutdown(2)` names (`SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`).
    pub(crate) fn directions(how: i32) -> Result<u32> {
        match how {
            0 => Ok(RECEIVE_SHUT),
            1 => Ok(SEND_SHUT),
            2 => Ok(BOTH_SHUT),
            _ => Err(Errno::INVAL),
        }
    }
}
