// SPDX-License-Identifier: GPL-2.0

//! Creating a network, and removing its name afterwards.

use crate::failure::Failure;
use crate::shape::Shape;
use ipn::{Builder, Manager, Name, Network, Policy};
use std::io;
use std::path::Path;

/// A network's name that this process has created, and removes with it.
#[derive(Debug)]
pub struct CreatedFile(Option<Name>);

impl CreatedFile {
    /// The name of a network, as if this process had created it: what is at the path now, if it is
    /// that. What has taken its place there meanwhile is not this process's to remove.
    pub fn of(network: &Network<'_>, path: &Path) -> Option<Self> {
        let name = Name::find(path).ok()?;
        let is_its = network.is_behind(&name).unwrap_or(false);
        is_its.then(|| Self(Some(name)))
    }

    /// A name that is all that is left of a network.
    pub fn left(path: &Path) -> Option<Self> {
        let name = Name::find(path).ok()?;
        name.is_stale().then(|| Self(Some(name)))
    }

    /// Whether a network lives behind it.
    pub fn has_network(&self) -> Option<bool> {
        self.0.as_ref()?.has_network()
    }

    /// Leaves the name where it is.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for CreatedFile {
    fn drop(&mut self) {
        if let Some(name) = &self.0 {
            // A name that cannot be removed is stale, which its next user is told.
            let _ = name.remove();
        }
    }
}

/// Creates the network `path` as the builder of that shape says, or joins it as a
/// manager; in the first case, of which the kernel tells, there is a file to remove in the end.
pub fn create(
    path: &Path,
    shape: &Shape,
    builder: &Builder,
) -> Result<(Manager, Option<CreatedFile>), Failure> {
    mean_mode(shape);
    let manager = builder.bind(path)?;
    let file = match manager.is_creator()? {
        true => CreatedFile::of(&manager.network(), path),
        false => None,
    };
    Ok((manager, file))
}

/// A mode that is said is meant, as with `mkdir -m`: no umask takes from it.
pub fn mean_mode(shape: &Shape) {
    if shape.mode.is_some() {
        rustix::process::umask(rustix::fs::Mode::empty());
    }
}

/// A builder of such a network.
pub fn builder(shape: &Shape) -> Builder {
    let mut builder = Builder::new()
        .policy(shape.protocol.unwrap_or(Policy::ANY))
        .lossless(shape.lossless)
        .one_writer(shape.one_writer)
        .reliable(shape.reliable)
        .keep_history(shape.history)
        .evict(shape.evict)
        .exclusive(shape.excl)
        .replace_stale(shape.replace_stale);
    if let Some(mtu) = shape.mtu {
        builder = builder.mtu(mtu);
    }
    if let Some(ports) = shape.ports {
        builder = builder.ports(ports);
    }
    if let Some(pool) = shape.pool {
        builder = builder.pool(pool);
    }
    if let Some(bytes) = shape.bytes {
        builder = builder.bytes(bytes);
    }
    if let Some(window) = shape.window {
        builder = builder.window(window);
    }
    if let Some(mode) = shape.mode {
        builder = builder.mode(mode);
    }
    builder
}

/// Whether there is nothing under that name, or behind the link that it is.
pub fn is_missing(path: &Path) -> bool {
    matches!(path.metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound)
}
