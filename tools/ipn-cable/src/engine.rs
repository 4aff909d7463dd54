// SPDX-License-Identifier: GPL-2.0

//! What carries frames between cables.

use crate::failure::Failure;
use std::time::Duration;

/// How long a call of an engine may wait, about; the cable looks in between whether it is to end.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// The longest frame: the longest message of a bus, with what goes before it.
pub const LONGEST: usize = crate::frame::LONGEST;

/// Another cable, as the engine tells it from all others. One which was started again is another:
/// of PGM it is the transport session identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(pub u128);

/// What has become of what was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The engine has taken it, whole.
    Taken,
    /// It has taken nothing, and waited as long as it may. The cable tries again, and does not read
    /// its bus meanwhile: so the bus makes senders wait, by its own window.
    Busy,
}

/// What has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing, and the call has waited as long as it may.
    Nothing,
    /// A frame, which is in the buffer.
    Frame(Source),
    /// Something has happened that people want to know, as a loss or a connection that is back. No
    /// account depends on it: frames are numbered.
    Told(String),
}

/// Carries frames from each cable to all others, those of each in order. It may lose some, never
/// double or change them.
///
/// One thread sends while another receives.
pub trait Engine: Sync {
    /// Sends a frame of up to [`LONGEST`] bytes, at once or with others. It waits for at most
    /// [`PATIENCE`].
    ///
    /// # Errors
    ///
    /// Only those after which nothing can be sent any more; they end the cable.
    fn send(&self, frame: &[u8]) -> Result<Sent, Failure>;

    /// Nothing follows at the moment: what was kept back to go with it, goes. It waits for at most
    /// [`PATIENCE`].
    ///
    /// # Errors
    ///
    /// Those of [`Engine::send`].
    fn flush(&self) -> Result<Sent, Failure> {
        Ok(Sent::Taken)
    }

    /// Receives: a frame takes the place of what is in the buffer. It waits for at most [`PATIENCE`].
    /// A cable's own frames do not come.
    ///
    /// # Errors
    ///
    /// Only those after which nothing can be received any more; they end the cable.
    fn recv(&self, frame: &mut Vec<u8>) -> Result<Arrival, Failure>;

    /// The cable ends, and all was flushed: returns when what was sent has got through, as far as the
    /// engine can tell, or after a few seconds.
    fn finish(self)
    where
        Self: Sized,
    {
    }
}
