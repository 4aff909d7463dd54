// SPDX-License-Identifier: GPL-2.0
//! A file system of the test's own (FUSE), whose socket files all have the same number.

use crate::lab::check::ok;
use crate::lab::runner::skip;
use crate::sys::mount;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

/// The number of every file; the directory's is 1.
const INODE: u64 = 42;

// `enum fuse_opcode` of `linux/fuse.h`.
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const MKNOD: u32 = 8;
const UNLINK: u32 = 10;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

/// Bytes of a `struct fuse_in_header`.
const HEADER: usize = 40;

/// A message that is being written.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    fn words(mut self, words: &[u32]) -> Self {
        self.0
            .extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        self
    }

    fn longs(mut self, longs: &[u64]) -> Self {
        self.0
            .extend(longs.iter().flat_map(|long| long.to_ne_bytes()));
        self
    }

    /// A `struct fuse_attr`.
    fn attributes(self, inode: u64, mode: u32) -> Self {
        let (no_times, no_nanoseconds, links) = ([0; 5], [0; 3], 1);
        self.longs(&[inode])
            .longs(&no_times)
            .words(&no_nanoseconds)
            .words(&[mode, links, 0, 0, 0, 4096, 0])
    }
}

fn word(request: &[u8], at: usize) -> u32 {
    let bytes = request.get(at..at + 4).expect("a whole request");
    u32::from_ne_bytes(bytes.try_into().expect("four bytes"))
}

/// What is answered to a request, or the error; nothing to those that want none.
fn answer(request: &[u8], next: &mut u64) -> Option<Result<Answer, i32>> {
    let (opcode, answer) = (word(request, 4), Answer::default());
    Some(match opcode {
        // Version 7.31, then no special ability, and room for writes.
        INIT => Ok(answer
            .words(&[7, 31, 0, 0, 0, 65536, 1])
            .longs(&[0; 4])
            .words(&[0])),
        LOOKUP => Err(libc::ENOENT),
        GETATTR => Ok(answer.longs(&[0, 0]).attributes(1, libc::S_IFDIR | 0o777)),
        MKNOD => {
            *next += 1;
            let mode = word(request, HEADER);
            Ok(answer.longs(&[*next, 0, 9, 9, 0]).attributes(INODE, mode))
        }
        UNLINK => Ok(answer),
        FORGET | BATCH_FORGET | INTERRUPT => return None,
        _ => Err(libc::ENOSYS),
    })
}

/// Answers until the file system is gone.
fn serve(mut device: File) {
    let (mut request, mut next) = (vec![0; 1 << 17], 1);
    while let Ok(len) = device.read(&mut request) {
        let request = &request[..len];
        let Some(answer) = answer(request, &mut next) else {
            continue;
        };
        let (error, body) = match answer {
            Ok(body) => (0, body.0),
            Err(errno) => (-errno, Vec::new()),
        };
        let head = Answer::default().words(&[16 + body.len() as u32, error as u32]);
        let unique = request.get(8..16).expect("a whole request");
        // A request that was interrupted wants no answer any more.
        let _ = device.write(&[&head.0, unique, &body].concat());
    }
}

/// Mounts it at a new directory, for this process.
#[track_caller]
pub fn mount_fuse(place: &Path) {
    let Ok(device) = File::options().read(true).write(true).open("/dev/fuse") else {
        skip("the kernel has no FUSE");
    };
    ok("own mount namespace", mount::own_namespace());
    ok("mkdir", fs::create_dir(place));
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0",
        device.as_raw_fd()
    );
    let mounted = mount::mount_with("alike", place, "fuse", 0, &options);
    ok("mount", mounted);
    thread::spawn(move || serve(device));
}
