// SPDX-License-Identifier: GPL-2.0

//! Asking the kernel, and what it means when it does not answer.

use super::snapshot::Snapshot;
use crate::failure::Failure;
use crate::found::find;
use ipn::{FileNumbers, Manager};
use ipn_netlink::{Client, Error, Events, Network, Port};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The kernel, which is asked `what` for: "show the ports".
#[derive(Debug)]
pub struct Kernel {
    client: Client,
    what: &'static str,
    only: Option<One>,
}

/// The network that is asked for.
#[derive(Debug)]
struct One {
    path: PathBuf,
    file: FileNumbers,
    /// Whether the caller may manage it, as far as that was tried.
    may_manage: bool,
}

impl Kernel {
    /// Asks from now on, about the network of that path or all.
    pub fn open(what: &'static str, path: Option<&Path>) -> Result<Self, Failure> {
        let client = Client::open().map_err(|error| failure(what, &error))?;
        let only = match path {
            None => None,
            Some(path) => {
                find("show", path)?;
                let file = FileNumbers::find(path);
                Some(One {
                    path: path.to_owned(),
                    file: file.map_err(|error| Failure::file("look at", path, &error))?,
                    may_manage: true,
                })
            }
        };
        Ok(Self { client, what, only })
    }

    /// The networks and their ports as they are now.
    pub fn look(&mut self) -> Result<Snapshot, Failure> {
        let seen = self.ask()?;
        let Some(one) = self
            .only
            .as_mut()
            .filter(|one| one.may_manage && (seen.networks.is_empty() || seen.hides_ports()))
        else {
            return Ok(seen);
        };
        // All ports are told to those who manage it, as long as they do.
        match Manager::existing(&one.path) {
            Ok(manager) => {
                let seen = self.ask();
                drop(manager);
                seen
            }
            Err(_) => {
                one.may_manage = false;
                Ok(seen)
            }
        }
    }

    /// The networks alone.
    pub fn networks(&mut self) -> Result<Vec<Network>, Failure> {
        let networks = self.client.networks();
        networks.map_err(|error| failure(self.what, &error))
    }

    fn ask(&mut self) -> Result<Snapshot, Failure> {
        let only = self.only.as_ref().map(|one| one.file);
        let failure = |error| failure(self.what, &error);
        // A port that is taken between the two has its network.
        let ports = self.client.ports(only).map_err(failure)?;
        let networks = self.client.networks().map_err(failure)?;
        Ok(Snapshot::new(networks, ports, only))
    }
}

/// What the kernel tells of networks besides the list of them; nothing where it does not.
pub fn networks() -> Vec<Network> {
    let mut client = Client::open().ok();
    let networks = client.as_mut().and_then(|client| client.networks().ok());
    networks.unwrap_or_default()
}

/// The ports of a network that have lost messages, of those that are shown to the caller.
pub fn overrun(file: FileNumbers) -> Vec<Port> {
    let mut client = Client::open().ok();
    let ports = client
        .as_mut()
        .and_then(|client| client.ports(Some(file)).ok());
    let mut ports = ports.unwrap_or_default();
    ports.retain(|port| port.lost != 0);
    ports.sort_by_key(|port| port.number);
    ports
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
                "a module as new as this program; ipn --version tells both",
            ),
        },
        Error::System(error) if error.kind() == ErrorKind::PermissionDenied => {
            Failure::new(text, "do it as root")
        }
        _ => Failure::Error { text, hint: None },
    }
}
