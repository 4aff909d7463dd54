// SPDX-License-Identifier: GPL-2.0

//! Names in the file system: socket inodes, made and found as `net/unix/af_unix.c` does.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use crate::rust::bindings;
use core::{
    fmt,
    mem::{size_of, MaybeUninit},
    ptr::NonNull,
};
use kernel::{error::to_result, prelude::*};

/// `MAY_EXEC`, `MAY_WRITE` and `MAY_READ` of `include/linux/fs.h`: the bits of a file's mode.
pub(crate) const MAY_EXEC: i32 = 1;
/// See [`MAY_EXEC`].
pub(crate) const MAY_WRITE: i32 = 2;
/// See [`MAY_EXEC`].
pub(crate) const MAY_READ: i32 = 4;

/// A path that is held: its inode stays, whatever becomes of the name.
///
/// # Invariants
///
/// The path is valid and holds a reference to its mount and to its dentry, which has an inode.
pub(crate) struct HeldPath(bindings::path);

// SAFETY: References to mounts and dentries are counted and belong to no thread.
unsafe impl Send for HeldPath {}

// SAFETY: As above; a shared path is only read.
unsafe impl Sync for HeldPath {}

impl HeldPath {
    /// Finds an existing name, following symbolic links.
    pub(crate) fn lookup(name: &CStr) -> Result<Self> {
        let mut path = MaybeUninit::uninit();
        // SAFETY: `name` is a string, and `path` has room for the result.
        to_result(unsafe { bindings::ipn_helper_lookup(name.as_char_ptr(), path.as_mut_ptr()) })?;
        // SAFETY: `kern_path` succeeded, so it filled in a path with references of its own.
        // INVARIANT: as said; it only finds dentries with an inode.
        Ok(Self(unsafe { path.assume_init() }))
    }

    /// The same file as the caller finds it by its name: from the caller's root, with its rights to
    /// search directories, through its mounts.
    ///
    /// Not so: `EACCES`. Else what the file system says.
    pub(crate) fn found_by_caller(&self) -> Result<Self> {
        let mut path = MaybeUninit::uninit();
        // SAFETY: The path is valid, and `path` has room for the result.
        to_result(unsafe { bindings::ipn_helper_path_from_here(&self.0, path.as_mut_ptr()) })?;
        // SAFETY: It succeeded, so it filled in a path with references of its own.
        // INVARIANT: as said; `kern_path` only finds dentries with an inode.
        Ok(Self(unsafe { path.assume_init() }))
    }

    /// Waits until nobody is making or removing a name in its directory.
    pub(crate) fn settle(&self) {
        // SAFETY: The path is valid, and so is the directory of its dentry.
        unsafe { bindings::ipn_helper_path_settle(&self.0) }
    }

    /// Whether it is a socket file.
    pub(crate) fn is_socket(&self) -> bool {
        // SAFETY: The path is valid and has an inode.
        unsafe { bindings::ipn_helper_path_is_socket(&self.0) }
    }

    /// Whether the caller has all the rights of `mask` ([`MAY_READ`], ...).
    ///
    /// Not: `EACCES`, or what the file system or a security module says.
    pub(crate) fn permission(&self, mask: i32) -> Result {
        // SAFETY: The path is valid and has an inode.
        to_result(unsafe { bindings::ipn_helper_path_permission(&self.0, mask) })
    }

    /// A number that no other file has as long as this path is held.
    pub(crate) fn identity(&self) -> usize {
        // SAFETY: The path is valid and has an inode.
        unsafe { bindings::ipn_helper_path_inode(&self.0) as usize }
    }

    /// The inode's number in its file system.
    pub(crate) fn inode_number(&self) -> usize {
        // SAFETY: The path is valid and has an inode.
        unsafe { bindings::ipn_helper_inode_number(&self.0) as usize }
    }

    /// The numbers that `stat(2)` gives of the file. What the file system says when it cannot tell.
    pub(crate) fn numbers(&self) -> Result<FileNumbers> {
        let mut numbers = bindings::ipn_file_numbers::default();
        // SAFETY: The path is valid, and `numbers` has room for the result.
        to_result(unsafe { bindings::ipn_helper_file_numbers(&self.0, &mut numbers) })?;
        Ok(FileNumbers(numbers))
    }

    /// Notes that the name was used.
    pub(crate) fn touch(&self) {
        // SAFETY: The path is valid.
        unsafe { bindings::ipn_helper_touch_atime(&self.0) }
    }

    /// The path, for those who print it.
    pub(crate) fn as_ptr(&self) -> *const bindings::path {
        &self.0
    }
}

impl Clone for HeldPath {
    fn clone(&self) -> Self {
        // SAFETY: The path is valid.
        unsafe { bindings::path_get(&self.0) };
        // INVARIANT: references were just taken.
        Self(self.0)
    }
}

impl Drop for HeldPath {
    fn drop(&mut self) {
        // SAFETY: By the invariants there are references to give back.
        unsafe { bindings::path_put(&self.0) }
    }
}

/// The device of a file's file system, and the number of its inode there.
///
/// A file system may number two files alike.
pub(crate) struct FileNumbers(bindings::ipn_file_numbers);

impl FileNumbers {
    /// The numbers, for those who print them.
    pub(crate) fn as_raw(&self) -> &bindings::ipn_file_numbers {
        &self.0
    }

    /// The bytes of a `struct ipn_file`.
    pub(crate) fn bytes(&self) -> [u8; size_of::<bindings::ipn_file>()] {
        let bindings::ipn_file_numbers {
            major,
            minor,
            inode,
        } = self.0;
        // The kernel crate has a chain of its own for everything.
        let device = Iterator::chain(major.to_ne_bytes().into_iter(), minor.to_ne_bytes());
        let all = Iterator::chain(device, inode.to_ne_bytes());
        let mut bytes = [0; size_of::<bindings::ipn_file>()];
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        bytes
    }
}

/// As the network's directory in `/sys/kernel/ipn` is called.
impl fmt::Display for FileNumbers {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bindings::ipn_file_numbers {
            major,
            minor,
            inode,
        } = self.0;
        write!(to, "{major}:{minor}:{inode}")
    }
}

/// A socket inode that was just made, in a directory that stays locked until this goes.
///
/// Unless it is [kept](NewName::keep), the inode is removed again.
///
/// # Invariants
///
/// `parent` and `dentry` are what `start_creating_path` gave, and `dentry` has the new inode.
pub(crate) struct NewName {
    parent: bindings::path,
    dentry: NonNull<bindings::dentry>,
}

impl NewName {
    /// Makes a socket inode with the bits of `mode` that the caller's umask leaves.
    ///
    /// `EEXIST` when the name is taken, by a dangling link too.
    pub(crate) fn create(name: &CStr, mode: u32) -> Result<Self> {
        let mut parent = MaybeUninit::uninit();
        // SAFETY: `name` is a string, and `parent` has room for the result.
        let dentry = kernel::error::from_err_ptr(unsafe {
            bindings::ipn_helper_create_socket_inode(
                name.as_char_ptr(),
                (mode & 0o777) as bindings::umode_t,
                parent.as_mut_ptr(),
            )
        })?;
        let dentry = NonNull::new(dentry).ok_or(EINVAL)?;
        // SAFETY: It succeeded, so `parent` was filled in.
        let parent = unsafe { parent.assume_init() };
        // INVARIANT: the shim makes the inode before it returns.
        Ok(Self { parent, dentry })
    }

    /// The new name's path.
    pub(crate) fn path(&self) -> HeldPath {
        let mut path = MaybeUninit::uninit();
        // SAFETY: Both are valid by the invariants, and `path` has room for the result.
        // INVARIANT: the shim takes references to the mount and to the dentry, which has an inode.
        unsafe {
            bindings::ipn_helper_created_path(
                &self.parent,
                self.dentry.as_ptr(),
                path.as_mut_ptr(),
            );
            HeldPath(path.assume_init())
        }
    }

    /// Unlocks the directory and leaves the name in it.
    pub(crate) fn keep(self) {
        let name = core::mem::ManuallyDrop::new(self);
        // SAFETY: Both are valid by the invariants, and are given back once: `drop` does not run.
        unsafe { bindings::ipn_helper_finish_create(&name.parent, name.dentry.as_ptr()) }
    }
}

impl Drop for NewName {
    fn drop(&mut self) {
        // SAFETY: Both are valid by the invariants, and are given back once.
        unsafe { bindings::ipn_helper_abort_create(&self.parent, self.dentry.as_ptr()) }
    }
}
