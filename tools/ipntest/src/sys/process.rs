// SPDX-License-Identifier: GPL-2.0
//! Processes, users and limits.

use super::{cvt, cvt_long};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Which side of a `fork` this is.
pub enum Fork {
    /// The child.
    Child,
    /// The parent, with the child's process id.
    Parent(i32),
}

/// `fork(2)`. Only while this process has one thread.
pub fn fork() -> io::Result<Fork> {
    // SAFETY: this program forks only where it has a single thread, so no lock is held by a
    // thread that the child would miss.
    match cvt(unsafe { libc::fork() })? {
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid)),
    }
}

/// `_exit(2)`: at once, without destructors.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

/// `waitpid(2)`: the process and its status; process 0 when `WNOHANG` found none.
pub fn wait(pid: i32, flags: i32) -> io::Result<(i32, i32)> {
    let mut status = 0;
    // SAFETY: `status` is ours.
    let pid = cvt(unsafe { libc::waitpid(pid, &mut status, flags) })?;
    Ok((pid, status))
}

/// Whether a child has ended. It stays to be waited for.
pub fn has_ended(pid: i32) -> io::Result<bool> {
    // SAFETY: zeros are a valid value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` is ours.
    cvt(unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &mut info, flags) })?;
    // SAFETY: the call filled it in, or left it zero when the child goes on.
    Ok(unsafe { info.si_pid() } == pid)
}

/// `kill(2)`; a negative id names a process group.
pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// `pidfd_open(2)`: a descriptor that is readable once the process has ended.
pub fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: no pointers.
    let fd = cvt_long(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Puts a process (0: this one) into a group of its own.
pub fn own_group(pid: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    cvt(unsafe { libc::setpgid(pid, 0) }).map(drop)
}

/// Orphans below this process become its children, so that it can wait for them.
pub fn adopt_orphans() -> io::Result<()> {
    // SAFETY: no pointers with this request.
    cvt(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// The id of this thread.
pub fn thread_id() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::gettid() }
}

/// The id of this process.
pub fn process_id() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::getpid() }
}

/// Keeps this thread on one processor, if there is such a one.
pub fn stay_on(processor: usize) -> io::Result<()> {
    // SAFETY: a set of processors is bits, all of which may be 0.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours, and a number beyond it changes nothing.
    unsafe { libc::CPU_SET(processor, &mut set) };
    let size = std::mem::size_of::<libc::cpu_set_t>();
    // SAFETY: the set is ours and only read.
    cvt(unsafe { libc::sched_setaffinity(0, size, &set) }).map(drop)
}

/// Lets this thread run only when nobody else wants to (`SCHED_IDLE`).
pub fn idle() -> io::Result<()> {
    let priority = libc::sched_param { sched_priority: 0 };
    // SAFETY: the priority is ours and only read.
    cvt(unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &priority) }).map(drop)
}

/// Lets this thread run as soon as it can, before ordinary ones (`SCHED_FIFO`).
pub fn urgent() -> io::Result<()> {
    let priority = libc::sched_param { sched_priority: 10 };
    // SAFETY: the priority is ours and only read.
    cvt(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &priority) }).map(drop)
}

/// The effective user.
pub fn user_id() -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::geteuid() }
}

/// Becomes another user for good: groups, group, user. Without root's powers afterwards.
pub fn become_user(uid: u32, gid: u32, groups: &[u32]) -> io::Result<()> {
    // SAFETY: `groups` is a slice of group ids.
    cvt(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })?;
    // SAFETY: no pointers.
    cvt(unsafe { libc::setresgid(gid, gid, gid) })?;
    // SAFETY: no pointers.
    cvt(unsafe { libc::setresuid(uid, uid, uid) })?;
    Ok(())
}

/// This thread, and no other, acts as another user with the group of the same number. As long as the
/// real user is root it can do so again, and be root again.
pub fn act_as(id: u32) -> io::Result<()> {
    const KEEP: i32 = -1;
    // The C library's functions change all threads.
    let user = |id: u32| {
        // SAFETY: no pointers.
        cvt_long(unsafe { libc::syscall(libc::SYS_setresuid, KEEP, id, KEEP) })
    };
    user(0)?;
    // SAFETY: no pointers.
    cvt_long(unsafe { libc::syscall(libc::SYS_setresgid, KEEP, id, KEEP) })?;
    user(id).map(drop)
}

/// Leaves all groups but the own one.
pub fn leave_groups() -> io::Result<()> {
    // SAFETY: no groups are read.
    cvt(unsafe { libc::setgroups(0, std::ptr::null()) }).map(drop)
}

/// `umask(2)`: the one before.
pub fn umask(mask: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::umask(mask) }
}

/// Raises the number of descriptors that this process may have.
pub fn allow_descriptors(count: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: count as _,
        rlim_max: count as _,
    };
    // SAFETY: `limit` is ours and only read.
    cvt(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }).map(drop)
}

/// Sends everything that a descriptor number gets to another file.
pub fn redirect(from: i32, to: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: used for the standard descriptors, which nothing here owns.
    cvt(unsafe { libc::dup2(to.as_raw_fd(), from) }).map(drop)
}

/// `pipe2(2)`: the end to read from and the one to write to.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` has room for both descriptors.
    cvt(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    // SAFETY: the kernel just gave us both descriptors.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}
