// SPDX-License-Identifier: GPL-2.0
//! Who is on a network, what its ports have counted, what passes, and what happens to it.

pub mod counted;
pub mod descriptors;
pub mod dump;
pub mod events;
pub mod family;
pub mod namespaces;
pub mod observer;
pub mod ports;
pub mod reasons;
pub mod rights;
pub mod sender;
pub mod tools;
pub mod traces;
