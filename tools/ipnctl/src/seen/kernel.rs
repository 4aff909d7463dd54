// SPDX-License-Identifier: GPL-2.0

//! Asking the kernel, and what it means when it does not answer.

use super::snapshot::Snapshot;
use crate::failure::Failure;
use ipn::FileNumbers;
use ipn_netlink::{Client, Error, Events};
use std::io::ErrorKind;

/// The kernel, which is asked `what` for: "show the ports".
#[derive(Debug)]
pub struct Kernel {
    client: Client,
    what: &'static str,
}

impl Kernel {
    /// Asks from now on.
    pub fn open(what: &'static str) -> Result<Self, Failure> {
        let client = Client::open().map_err(|error| failure(what, &error))?;
        Ok(Self { client, what })
    }

    /// The networks and their ports, or one and its ports.
    pub fn look(&mut self, only: Option<FileNumbers>) -> Result<Snapshot, Failure> {
        let failure = |error| failure(self.what, &error);
        // A port that is taken between the two has its network.
        let ports = self.client.ports(only).map_err(failure)?;
        let networks = self.client.networks().map_err(failure)?;
        Ok(Snapshot::new(networks, ports, only))
    }
}

/// Hears what happens from now on.
pub fn listen(what: &'static str) -> Result<Events, Failure> {
    Events::listen().map_err(|error| failure(what, &error))
}

/// Why that failed, and what helps.
pub fn failure(what: &str, error: &Error) -> Failure {
    let text = format!("cannot {what}: {error}");
    match error {
        // Without the module this says so.
        Error::NoFamily => match ipn::networks() {
            Err(error @ ipn::TableError::NotLoaded) => error.into(),
            _ => Failure::new(
                format!(
                    "cannot {what}: the kernel has no netlink family ipn, by which the module \
                     af_ipn tells it"
                ),
                "a module as new as this program (ipn --version tells both), in the first network \
                 namespace",
            ),
        },
        Error::System(error) if error.kind() == ErrorKind::PermissionDenied => {
            Failure::new(text, "do it as root")
        }
        _ => Failure::Error { text, hint: None },
    }
}
