// SPDX-License-Identifier: GPL-2.0
//! Capabilities, user namespaces, and mounts that show files as another user's.

use super::process::{self, Fork};
use super::{cvt, cvt_long};
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

/// `CAP_DAC_OVERRIDE`.
pub const CAP_DAC_OVERRIDE: u32 = 1;
/// `CAP_DAC_READ_SEARCH`.
pub const CAP_DAC_READ_SEARCH: u32 = 2;
/// `CAP_NET_ADMIN`.
pub const CAP_NET_ADMIN: u32 = 12;
/// `CAP_SYS_RESOURCE`.
pub const CAP_SYS_RESOURCE: u32 = 24;

/// `_LINUX_CAPABILITY_VERSION_3`, which has two words a set.
const VERSION: u32 = 0x2008_0522;

/// The sets of a process: effective, permitted, inheritable; the lower word, then the upper one.
type Sets = [[u32; 3]; 2];

/// `capset(2)`: gives these capabilities up for good.
pub fn give_up(capabilities: &[u32]) -> io::Result<()> {
    let header = [VERSION, 0];
    let mut sets: Sets = [[0; 3]; 2];
    // SAFETY: a header, and room for the sets of its version.
    cvt_long(unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr()) })?;
    for capability in capabilities {
        for set in &mut sets[(capability / 32) as usize] {
            *set &= !(1 << (capability % 32));
        }
    }
    // SAFETY: a header, and the sets of its version.
    cvt_long(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) }).map(drop)
}

/// Enters a user namespace, and others with it (`CLONE_NEW*`), in which this user is root.
pub fn own_user_namespace(others: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    new_user_namespace(others)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

/// Enters a user namespace, and others with it (`CLONE_NEW*`), in which there are no users yet.
pub fn new_user_namespace(others: i32) -> io::Result<()> {
    // SAFETY: no pointers; this process has one thread.
    cvt(unsafe { libc::unshare(libc::CLONE_NEWUSER | others) })?;
    own_its_files()
}

/// Who has changed user owns its own files in /proc from now on.
pub fn own_its_files() -> io::Result<()> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) }).map(drop)
}

/// Gives the user namespace of a process its users and groups: lines of first, first outside, count.
pub fn map_user_namespace(pid: i32, map: &str) -> io::Result<()> {
    fs::write(format!("/proc/{pid}/uid_map"), map)?;
    fs::write(format!("/proc/{pid}/gid_map"), map)
}

/// A user namespace that shows user and group `from` as `to`, for a mount.
fn mapping(from: u32, to: u32) -> io::Result<File> {
    let (ready, ready_in_child) = process::pipe()?;
    let (done_in_child, done) = process::pipe()?;
    match process::fork()? {
        Fork::Child => {
            drop((ready, done));
            // SAFETY: no pointers; this process has one thread.
            let made = cvt(unsafe { libc::unshare(libc::CLONE_NEWUSER) });
            drop(ready_in_child);
            let _ = io::Read::read(&mut File::from(done_in_child), &mut [0]);
            process::exit_now(made.is_err().into())
        }
        Fork::Parent(pid) => {
            drop((ready_in_child, done_in_child));
            // The end of the pipe says that it is there.
            let _ = io::Read::read(&mut File::from(ready), &mut [0])?;
            let map = format!("{from} {to} 1");
            fs::write(format!("/proc/{pid}/uid_map"), &map)?;
            fs::write(format!("/proc/{pid}/gid_map"), &map)?;
            let namespace = File::open(format!("/proc/{pid}/ns/user"))?;
            drop(done);
            process::wait(pid, 0)?;
            Ok(namespace)
        }
    }
}

/// `struct mount_attr` of `mount_setattr(2)`.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// `MOUNT_ATTR_IDMAP`.
const IDMAP: u64 = 0x0010_0000;
/// `MOVE_MOUNT_F_EMPTY_PATH`.
const FROM_DESCRIPTOR: u32 = 4;

/// Mounts `from` once more, at `to`: files of user and group `ids.0` are shown as those of `ids.1`.
pub fn mount_mapped(from: &Path, to: &Path, ids: (u32, u32)) -> io::Result<()> {
    let namespace = mapping(ids.0, ids.1)?;
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let (from, to, here) = (text(from)?, text(to)?, c"");
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC;
    // SAFETY: a C string.
    let tree = cvt_long(unsafe {
        libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, from.as_ptr(), flags)
    })?;
    // SAFETY: the kernel just gave us this descriptor.
    let tree = unsafe { OwnedFd::from_raw_fd(tree as i32) };
    let attributes = MountAttributes {
        set: IDMAP,
        clear: 0,
        propagation: 0,
        namespace: namespace.as_raw_fd() as u64,
    };
    // SAFETY: an empty C string, and the structure with its size.
    cvt_long(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            here.as_ptr(),
            libc::AT_EMPTY_PATH,
            ptr::from_ref(&attributes),
            size_of::<MountAttributes>(),
        )
    })?;
    // SAFETY: C strings.
    cvt_long(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            here.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            FROM_DESCRIPTOR,
        )
    })
    .map(drop)
}

/// `struct landlock_ruleset_attr`, and `LANDLOCK_ACCESS_FS_MAKE_SOCK` in it.
const MAKE_SOCKET: u64 = 1 << 9;

/// Landlock: this process makes no socket files from now on. False where the kernel has none.
pub fn forbid_socket_files() -> io::Result<bool> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    // SAFETY: a structure of one word, and its size.
    let made = cvt_long(unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::from_ref(&MAKE_SOCKET),
            size_of::<u64>(),
            0,
        )
    });
    let rules = match made {
        // SAFETY: the kernel just gave us this descriptor.
        Ok(rules) => unsafe { OwnedFd::from_raw_fd(rules as i32) },
        Err(error)
            if [Some(libc::ENOSYS), Some(libc::EOPNOTSUPP)].contains(&error.raw_os_error()) =>
        {
            return Ok(false)
        }
        Err(error) => return Err(error),
    };
    // SAFETY: no pointers.
    cvt_long(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) })?;
    Ok(true)
}
