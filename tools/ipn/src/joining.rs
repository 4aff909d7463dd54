// SPDX-License-Identifier: GPL-2.0

//! Joining a network that may have to be created first.

use crate::builder::Builder;
use crate::error::Error;
use crate::manager::Manager;
use crate::operation::Operation;
use crate::port::Port;
use rustix::io::Errno;
use std::path::Path;

/// How often a race between creators is run before its error counts.
const TRIES: usize = 8;

impl Builder {
    /// Joins the network `path`, or creates it if there is nothing of that name, or what a network
    /// has left behind which has ended ([`Builder::replace_stale`]).
    ///
    /// Who joins needs no right to manage the network and gets none. When several
    /// do this at the same time, one creates the network and the others join it.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::connect`] but `ENOENT`, and of [`Builder::bind`].
    pub fn connect_or_create(&self, path: impl AsRef<Path>) -> Result<Port, Error> {
        let path = path.as_ref();
        let creator = self.clone().replace_stale(true);
        let mut tries = 1..=TRIES;
        loop {
            let refusal = match self.connect(path) {
                Err(error) if [Errno::NOENT, Errno::CONNREFUSED].contains(&error.errno()) => error,
                other => return other,
            };
            let connect = |manager: Manager| manager.connect().map_err(Error::from);
            match creator.bind(path).and_then(connect) {
                // Another process took the name meanwhile: join that.
                Err(error) if may_be_race(&error) && tries.next().is_some() => {}
                // What is in the way is the stale name.
                Err(_) if refusal.errno() == Errno::CONNREFUSED => return Err(refusal),
                other => return other,
            }
        }
    }
}

/// Whether the name may have been taken between two looks at it.
fn may_be_race(error: &Error) -> bool {
    let races = [Errno::ADDRINUSE, Errno::EXIST, Errno::ACCESS];
    error.operation() == Operation::Bind && races.contains(&error.errno())
}
