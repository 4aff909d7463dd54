// SPDX-License-Identifier: GPL-2.0

//! What a process has had of the kernel: `getrusage(2)`.

use super::checked;
use std::io;
use std::mem::zeroed;

/// How often this process was put aside for another, or slept.
pub fn switches() -> io::Result<u64> {
    // SAFETY: all zeroes is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { zeroed() };
    // SAFETY: `usage` is writable, and as large as the call takes it to be.
    checked(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) })?;
    Ok((usage.ru_nvcsw + usage.ru_nivcsw) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sleeps_is_put_aside() {
        let before = switches().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(switches().unwrap() > before);
    }
}
