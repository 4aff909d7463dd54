// SPDX-License-Identifier: GPL-2.0

//! `rust/path.rs`: one directory, whose names are sockets of users.

use crate::rust::task::current as task;
use kernel::{
    prelude::*,
    sync::base::{Condvar, Mutex},
};
use std::{collections::BTreeMap, ffi::CString, sync::Arc};

pub(crate) const MAY_EXEC: i32 = 1;
pub(crate) const MAY_WRITE: i32 = 2;
pub(crate) const MAY_READ: i32 = 4;

/// A file.
struct Inode {
    mode: u32,
    uid: u32,
    is_socket: bool,
}

/// The directory, and whether a task makes or removes a name in it.
#[derive(Default)]
struct Names {
    held: bool,
    files: BTreeMap<CString, Arc<Inode>>,
}

struct Directory {
    names: Mutex<Names>,
    free: Condvar,
}

impl Directory {
    fn new() -> Self {
        Self {
            names: Mutex::new(Names::default()),
            free: Condvar::new(),
        }
    }

    /// Waits until nobody else holds it, and holds it.
    fn hold(&self) {
        let mut names = self.names.lock().unwrap();
        while names.held {
            names = self.free.wait(names).unwrap();
        }
        names.held = true;
    }

    fn let_go(&self) {
        self.names.lock().unwrap().held = false;
        self.free.notify_all();
    }
}

#[cfg(loom)]
loom::lazy_static! {
    static ref DIRECTORY: Directory = Directory::new();
}

#[cfg(not(loom))]
shuttle::lazy_static! {
    static ref DIRECTORY: Directory = Directory::new();
}

/// A file that is held.
#[derive(Clone)]
pub(crate) struct HeldPath(Arc<Inode>);

impl HeldPath {
    pub(crate) fn lookup(name: &CStr) -> Result<Self> {
        let names = DIRECTORY.names.lock().unwrap();
        names.files.get(name).cloned().map(Self).ok_or(ENOENT)
    }

    pub(crate) fn found_by_caller(&self) -> Result<Self> {
        Ok(self.clone())
    }

    pub(crate) fn settle(&self) {
        DIRECTORY.hold();
        DIRECTORY.let_go();
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.0.is_socket
    }

    pub(crate) fn permission(&self, mask: i32) -> Result {
        let uid = task::with(|task| task.uid.get());
        let shift = if uid == self.0.uid { 6 } else { 0 };
        let has = (self.0.mode >> shift) as i32 & mask == mask;
        (has || uid == 0).then_some(()).ok_or(EACCES)
    }

    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub(crate) fn inode_number(&self) -> usize {
        self.identity()
    }

    pub(crate) fn numbers(&self) -> Result<FileNumbers> {
        Ok(FileNumbers)
    }

    pub(crate) fn touch(&self) {}
}

pub(crate) struct FileNumbers;

impl FileNumbers {
    pub(crate) fn bytes(&self) -> [u8; 16] {
        [0; 16]
    }
}

impl std::fmt::Display for FileNumbers {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "0:0:0")
    }
}

/// A socket file that was just made.
pub(crate) struct NewName {
    name: CString,
    inode: Arc<Inode>,
    kept: bool,
}

impl NewName {
    pub(crate) fn create(name: &CStr, mode: u32) -> Result<Self> {
        DIRECTORY.hold();
        let inode = Arc::new(Inode {
            mode: mode & 0o777,
            uid: task::with(|task| task.uid.get()),
            is_socket: true,
        });
        let mut names = DIRECTORY.names.lock().unwrap();
        let result = if names.files.contains_key(name) {
            Err(EEXIST)
        } else {
            kernel::alloc::attempt().map_err(Error::from)
        };
        if let Err(error) = result {
            drop(names);
            DIRECTORY.let_go();
            return Err(error);
        }
        names.files.insert(name.to_owned(), inode.clone());
        Ok(Self {
            name: name.to_owned(),
            inode,
            kept: false,
        })
    }

    pub(crate) fn path(&self) -> HeldPath {
        HeldPath(self.inode.clone())
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewName {
    fn drop(&mut self) {
        if !self.kept {
            DIRECTORY.names.lock().unwrap().files.remove(&self.name);
        }
        DIRECTORY.let_go();
    }
}

/// `creat(2)`: a file that is no socket.
pub(crate) fn create_file(name: &CStr) {
    let inode = Arc::new(Inode {
        mode: 0o777,
        uid: task::with(|task| task.uid.get()),
        is_socket: false,
    });
    DIRECTORY
        .names
        .lock()
        .unwrap()
        .files
        .insert(name.to_owned(), inode);
}

/// `unlink(2)`.
pub(crate) fn unlink(name: &CStr) -> Result {
    DIRECTORY.hold();
    let gone = DIRECTORY.names.lock().unwrap().files.remove(name);
    DIRECTORY.let_go();
    gone.map(drop).ok_or(ENOENT)
}
