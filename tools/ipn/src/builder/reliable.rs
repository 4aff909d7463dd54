// SPDX-License-Identifier: GPL-2.0

//! What is said of a reliable bus.

use super::Builder;
use crate::history::{milliseconds, History};
use crate::kinds::{Flags, SocketType};
#[cfg(doc)]
use crate::{Error, Port};
use std::time::Duration;

impl Builder {
    /// Whether it is a reliable bus, a hub (`SOCK_RDM`): to create, or to join, which must be one then. Between a network
    /// where a slow reader is overrun at once and one where senders wait for it lies its [window](Builder::window). A reader
    /// later than that is told that it has missed messages by an error that [is a gap](Error::is_gap), once, and of whom by
    /// [`Port::recv_sequenced`]; then it goes on. A port that joins without hears of losses as on any other network.
    pub fn reliable(mut self, reliable: bool) -> Self {
        self.socket_type = match (reliable, self.socket_type) {
            (true, _) => SocketType::Reliable,
            (false, SocketType::Reliable) => SocketType::default(),
            (false, other) => other,
        };
        self
    }

    /// Of a reliable bus: how long a message stays at least for who has not read it, in whole milliseconds, rounded up: up
    /// to 24 hours; unless said a second. A sender waits where it would write over a younger one.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(milliseconds(window));
        self
    }

    /// Of a reliable bus: the bytes a second that each port sends at most, up to 2147483647. 0, unless said: as fast as it
    /// can.
    pub fn rate(mut self, bytes: u32) -> Self {
        self.rate = Some(bytes);
        self
    }

    /// Of a reliable bus: whether ports may begin with what was sent before they came: [`Builder::history`].
    pub fn keep_history(mut self, keep: bool) -> Self {
        self.flags.set(Flags::HISTORY, keep);
        self
    }

    /// Of a reliable bus: whether a reader that is later than the window finds the end of the network, rather than a gap.
    pub fn evict(mut self, evict: bool) -> Self {
        self.flags.set(Flags::EVICT, evict);
        self
    }

    /// What the port gets of the messages that were sent before it came, on a reliable bus whose maker
    /// [keeps them](Builder::keep_history). Unless said it begins with the next.
    pub fn history(mut self, history: impl Into<Option<History>>) -> Self {
        self.history = history.into();
        self
    }
}
