// SPDX-License-Identifier: GPL-2.0

//! What becomes of an attempt to send.

/// The outcome of one turn.
pub(crate) enum Attempt {
    /// It is in the ring.
    Sent,
    /// A reader has to read first.
    Full {
        /// How many times room was made before; once it is more, another attempt may do.
        room_made: u64,
    },
    /// The sender's memory is not there just now.
    Fault,
    /// It is so much for all of its ports together that they get it in turns, for which there is no memory
    /// yet.
    Spread,
}
