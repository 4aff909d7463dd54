// SPDX-License-Identifier: GPL-2.0

//! What tells a bus from all others, on this machine and elsewhere.

use ipn::FileNumbers;
use rustix::fs::{statx, AtFlags, StatxFlags, CWD};
use std::path::Path;

/// The number of the bus whose file has these numbers, the same for every cable of it and never 0: of
/// the machine since it was started, the file, and when that was made.
pub fn bus(path: &Path, file: FileNumbers) -> u64 {
    // Without /proc it is only less likely that there are no two.
    let machine = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let (seconds, nanos) = made(path, file).unwrap_or_default();
    let mut hash = hash(FNV, &machine);
    for number in [
        file.major.into(),
        file.minor.into(),
        file.inode,
        seconds as u64,
        nanos.into(),
    ] {
        hash = self::hash(hash, &u64::to_le_bytes(number));
    }
    mix(hash).max(1)
}

/// When the file was made, where the file system tells: its inode's number may come again.
fn made(path: &Path, file: FileNumbers) -> Option<(i64, u32)> {
    let told = statx(
        CWD,
        path,
        AtFlags::empty(),
        StatxFlags::BTIME | StatxFlags::INO,
    )
    .ok()?;
    let is_it = told.stx_ino == file.inode && told.stx_mask & StatxFlags::BTIME.bits() != 0;
    is_it.then_some((told.stx_btime.tv_sec, told.stx_btime.tv_nsec))
}

/// FNV-1a's beginning.
const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: short, and the same in every program.
fn hash(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Has every bit of the one depend on every bit of the other (the last step of MurmurHash3).
fn mix(mut hash: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_another_bus_and_always_the_same() {
        let path = Path::new("/nowhere");
        let one = bus(path, FileNumbers::new(0, 27, 4));
        assert_eq!(one, bus(path, FileNumbers::new(0, 27, 4)));
        for other in [(0, 27, 5), (0, 4, 27), (27, 0, 4)] {
            let (major, minor, inode) = other;
            assert_ne!(one, bus(path, FileNumbers::new(major, minor, inode)));
        }
    }

    #[test]
    fn the_hash_is_the_one_of_its_name() {
        assert_eq!(hash(FNV, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(FNV, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash(FNV, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
