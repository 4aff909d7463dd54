// SPDX-License-Identifier: GPL-2.0

//! Creating a network, and removing its name afterwards.

use crate::cli::Shape;
use crate::failure::Failure;
use ipn::{Builder, Errno, Manager, Policy};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A network's file that this process has created. Its name is removed with it,
/// if it still is the same file.
#[derive(Debug)]
pub struct CreatedFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl CreatedFile {
    /// The file that is there, as if this process had created it.
    pub fn of(path: &Path) -> Option<Self> {
        Some(Self {
            path: path.to_owned(),
            identity: identity(path)?,
        })
    }

    /// Leaves the name where it is.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for CreatedFile {
    fn drop(&mut self) {
        if identity(&self.path) == Some(self.identity) {
            // A name that cannot be removed is stale, which whoever uses it is told.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Device and inode number of a file.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::symlink_metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Creates the network `path` as the builder of that shape says, or joins it as a
/// manager; in the first case there is a file to remove in the end.
pub fn create(
    path: &Path,
    shape: &Shape,
    builder: &Builder,
) -> Result<(Manager, Option<CreatedFile>), Failure> {
    let existed = fs::symlink_metadata(path).is_ok();
    if shape.mode.is_some() {
        // As with mkdir -m, a mode that is said is meant.
        rustix::process::umask(rustix::fs::Mode::empty());
    }
    let (manager, joined) = match builder.bind(path) {
        Err(error) if shape.replace_stale && error.errno() == Errno::CONNREFUSED => {
            (builder.clone().replace_stale(true).bind(path)?, false)
        }
        bound => (bound?, existed),
    };
    let file = match joined {
        true => None,
        false => CreatedFile::of(path),
    };
    Ok((manager, file))
}

/// A builder of such a network.
pub fn builder(shape: &Shape) -> Builder {
    let mut builder = Builder::new()
        .policy(shape.protocol.unwrap_or(Policy::ANY))
        .lossless(shape.lossless)
        .exclusive(shape.excl);
    if let Some(mtu) = shape.mtu {
        builder = builder.mtu(mtu);
    }
    if let Some(ports) = shape.ports {
        builder = builder.ports(ports);
    }
    if let Some(pool) = shape.pool {
        builder = builder.pool(pool);
    }
    if let Some(mode) = shape.mode {
        builder = builder.mode(mode);
    }
    builder
}

/// Whether there is nothing under that name.
pub fn is_missing(path: &Path) -> bool {
    matches!(fs::symlink_metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}
