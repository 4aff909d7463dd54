// SPDX-License-Identifier: GPL-2.0

//! How far a socket has come.

use crate::{
    abi::uapi::IPN_PORTNO_ANY,
    network::{
        history::History,
        shape::{Limits, Shape},
    },
    rust::net::socket::SockRef,
    socket::rights::Rights,
};

/// What calls other than send and receive change. `E` is what the family keeps of a socket.
pub(crate) struct Control<E> {
    /// What its network is made of, if it makes one.
    pub(crate) shape: Shape,
    /// How far it has come.
    pub(crate) state: State<E>,
    /// Number of the port to take.
    pub(crate) wanted_port: i32,
    /// With what that begins.
    pub(crate) history: History,
    /// Whether it made the network that it manages.
    pub(crate) creator: bool,
}

/// How far an endpoint has come.
pub(crate) enum State<E> {
    /// It knows no network.
    Fresh,
    /// It manages a network, and may take a port with these rights.
    Bound(Rights),
    /// It manages a network and serves a persistent device of it.
    Serving(SockRef<E>),
    /// It has a port, and with `manager` manages the network.
    Connected {
        /// Whether it was bound before.
        manager: bool,
    },
}

impl<E> Control<E> {
    /// That of a new socket for the policy `protocol`, of a reliable bus or not, within the bounds of now.
    pub(crate) fn new(protocol: u32, is_reliable: bool, limits: &Limits) -> Self {
        Self {
            shape: Shape::default_within(protocol, is_reliable, limits),
            state: State::Fresh,
            wanted_port: IPN_PORTNO_ANY,
            history: History::None,
            creator: false,
        }
    }
}

impl<E> State<E> {
    /// Whether the endpoint manages a network.
    pub(crate) fn manages(&self) -> bool {
        match self {
            State::Fresh => false,
            State::Bound(_) | State::Serving(_) => true,
            State::Connected { manager } => *manager,
        }
    }

    /// Whether it has a port, or serves the device of one: what it wants of a port comes too late.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self, State::Connected { .. } | State::Serving(_))
    }
}
