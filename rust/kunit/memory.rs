// SPDX-License-Identifier: GPL-2.0

//! The same of the memory that the kernel shares with processes, and of a ring in it.

use crate::{
    abi::{
        sequence::{Origin, Sequence},
        uapi::{IPN_FLAG_LOSSLESS, IPN_FLAG_ONE_WRITER, IPN_FLAG_RELIABLE, IPN_RING_MAGIC},
    },
    ring::layout::{Descriptor, Extent, Format, Memory, SequenceOf},
    rust::{
        bindings,
        glue::ring_memory::{RingMemory, Writes},
        kunit::{kvec, over_kernel_memory},
        mm::shared_memory::SharedMemory,
        net::message::Outgoing,
    },
};
use kernel::prelude::*;

/// The bytes of a message, as nobody else uses them now.
fn bytes(memory: &RingMemory, at: u32, len: usize) -> Result<KVVec<u8>> {
    let mut copy = KVVec::from_elem(0xaa, len, GFP_KERNEL)?;
    memory.inspect(at, len, |from, len| {
        // SAFETY: `from` has `len` bytes, and so has `copy`.
        unsafe { bindings::ipn_helper_copy(copy.as_mut_ptr().cast(), from.cast(), len) }
    });
    Ok(copy)
}

#[kunit_tests(ipn_shared_memory)]
mod shared_memory {
    use super::*;
    use kernel::page::{Page, PAGE_SIZE};

    // Through its own mapping, KASAN lets nobody see what is behind the size; a process sees it.
    fn read(page: &Page) -> Result<KVVec<u8>> {
        let mut bytes = KVVec::from_elem(0xaa, PAGE_SIZE, GFP_KERNEL)?;
        // SAFETY: There is room for a page, and nobody writes to this one.
        unsafe { page.read_raw(bytes.as_mut_ptr(), 0, PAGE_SIZE) }?;
        Ok(bytes)
    }

    fn fill(page: &Page, byte: u8) -> Result {
        let bytes = KVVec::from_elem(byte, PAGE_SIZE, GFP_KERNEL)?;
        // SAFETY: There is a page of bytes, and nobody else uses this one.
        unsafe { page.write_raw(bytes.as_ptr(), 0, PAGE_SIZE) }
    }

    #[test]
    fn is_whole_pages_of_zeroes() -> Result {
        for size in [1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE] {
            // The second is likely to get what the first has left.
            for _ in 0..2 {
                let memory = SharedMemory::new(size, 0).ok_or(ENOMEM)?;
                assert_eq!(memory.pages().count(), size.div_ceil(PAGE_SIZE));
                for page in memory.pages() {
                    assert!(read(&page)?.iter().all(|&byte| byte == 0));
                    fill(&page, 0xff)?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn pages_are_its_memory_in_order() -> Result {
        let memory = SharedMemory::new(3 * PAGE_SIZE, 0).ok_or(ENOMEM)?;
        assert_eq!(memory.base().addr().get() % PAGE_SIZE, 0);
        for (number, page) in memory.pages().enumerate() {
            fill(&page, number as u8)?;
        }
        for at in [0, PAGE_SIZE - 1, PAGE_SIZE, 3 * PAGE_SIZE - 1] {
            // SAFETY: It is within the memory, which nobody else uses.
            let byte = unsafe { memory.base().add(at).read() };
            assert_eq!(usize::from(byte), at / PAGE_SIZE);
        }
        Ok(())
    }

    #[test]
    fn more_than_there_is_is_refused() {
        for size in [1 << 50, usize::MAX - 5] {
            assert!(SharedMemory::new(size, 0).is_none());
        }
    }
}

#[kunit_tests(ipn_ring_memory)]
mod ring_memory {
    use super::*;

    /// A ring's memory, all of whose bytes may be one message.
    fn memory(messages: u32, bytes: u32) -> Result<RingMemory> {
        Ok(RingMemory::new(messages, bytes, bytes, 0, Writes::Kernel)?)
    }

    /// What it begins with.
    fn format_of(memory: &RingMemory) -> &Format {
        let positions = core::ptr::from_ref(memory.positions());
        // SAFETY: The format stands right before the positions.
        unsafe { &*positions.byte_sub(size_of::<Format>()).cast::<Format>() }
    }

    #[test]
    fn is_zeroed_at_first() -> Result {
        for (messages, len) in [(2, 16), (5, 112), (3, 1520), (2, 65536)] {
            let memory = memory(messages, len)?;
            assert!(bytes(&memory, 0, len as usize)?
                .iter()
                .all(|&byte| byte == 0));
            for index in 0..messages {
                let descriptor = memory.descriptor(index);
                assert_eq!((descriptor.state.load(), descriptor.at.load()), (0, 0));
            }
        }
        Ok(())
    }

    #[test]
    fn says_its_format() -> Result {
        let memory = RingMemory::new(7, 800, 100, IPN_FLAG_LOSSLESS, Writes::Kernel)?;
        let (format, positions) = (format_of(&memory), core::ptr::from_ref(memory.positions()));
        assert!(positions.addr() % kernel::page::PAGE_SIZE == size_of::<Format>());
        assert_eq!(format.magic, IPN_RING_MAGIC);
        assert_eq!(format.flags, IPN_FLAG_LOSSLESS);
        assert_eq!((format.messages, format.bytes, format.mtu), (7, 800, 100));
        assert_eq!(format.index_at as usize, kernel::page::PAGE_SIZE);
        assert_eq!(format.bytes_at, format.index_at + 256);
        assert_eq!(format.sequences_at, 0);
        assert!(memory.sequence_of(0).is_none());
        let distance =
            |index| core::ptr::from_ref(memory.descriptor(index)).addr() - positions.addr();
        assert_eq!(distance(0), kernel::page::PAGE_SIZE - size_of::<Format>());
        assert_eq!(distance(1) - distance(0), size_of::<Descriptor>());
        Ok(())
    }

    /// What a reliable bus keeps besides of each message lies between the index and the bytes.
    #[test]
    fn keeps_sequences_behind_the_index() -> Result {
        const ALL: u64 = !0;
        for messages in [1, 2, 7, 64, 300] {
            let memory = RingMemory::new(messages, 800, 100, IPN_FLAG_RELIABLE, Writes::Sequences)?;
            let (format, last) = (format_of(&memory), messages - 1);
            assert_eq!(format.flags, IPN_FLAG_RELIABLE);
            let [index, sequences] = [size_of::<Descriptor>(), size_of::<SequenceOf>()]
                .map(|size| messages * size as u32);
            assert_eq!(format.sequences_at, format.index_at + index);
            let bytes_at = (format.sequences_at + sequences).next_multiple_of(64);
            assert_eq!(format.bytes_at, bytes_at);
            let base = memory.shared().base().addr().get();
            let at = |index| {
                let of = memory.sequence_of(index);
                of.map(|of| core::ptr::from_ref(of).addr() - base)
            };
            let first = format.sequences_at as usize;
            let end = first + sequences as usize;
            assert_eq!(at(0), Some(first));
            assert_eq!(at(last), Some(end - size_of::<SequenceOf>()));
            // An index from elsewhere stays inside.
            for index in [messages, messages + 1, u32::MAX] {
                assert_eq!(at(index), Some(first));
            }
            // Nothing else is there.
            for index in [0, last] {
                let of = memory.sequence_of(index).ok_or(EINVAL)?;
                of.store(Sequence {
                    sequence: ALL,
                    sent: ALL,
                    skipped: ALL,
                    origin: Origin {
                        bus: ALL,
                        sequence: ALL,
                        port: !0,
                        hops: !0,
                    },
                });
                assert_eq!((of.sequence(), of.sent()), (ALL, ALL));
            }
            assert_eq!(memory.descriptor(last).state.load(), 0);
            assert!(bytes(&memory, 0, 100)?.iter().all(|&byte| byte == 0));
            memory.fill_from(0, &[0; 100], &[]);
            assert_eq!(memory.sequence_of(last).map(SequenceOf::sent), Some(ALL));
        }
        Ok(())
    }

    #[test]
    fn what_is_too_much_is_cut() -> Result {
        for len in [16, 48, 112, 65536_u32] {
            let memory = memory(2, len)?;
            let full = KVVec::from_elem(0xff_u8, len as usize + 100, GFP_KERNEL)?;
            memory.fill_from(len - 16, &full, &full);
            let there = bytes(&memory, 0, len as usize)?;
            let (front, rest) = there.split_at(len as usize - 16);
            assert!(front.iter().all(|&byte| byte == 0));
            assert!(rest.iter().all(|&byte| byte == 0xff));
            // What comes from elsewhere reaches nothing.
            memory.fill_from(u32::MAX, &full, &full);
            memory.clear(len, u32::MAX);
            assert_eq!(memory.inspect(u32::MAX, 1, |_, len| len), 0);
            // Nor does it reach the index.
            assert_eq!(memory.descriptor(1).state.load(), 0);
        }
        Ok(())
    }

    #[test]
    fn only_what_is_told_is_cleared() -> Result {
        let memory = memory(2, 64)?;
        memory.fill_from(0, &[0xff; 64], &[]);
        memory.clear(17, 5);
        let there = bytes(&memory, 0, 64)?;
        for (at, &byte) in there.iter().enumerate() {
            assert_eq!((byte == 0), (17..22).contains(&at));
        }
        Ok(())
    }

    #[test]
    fn front_and_rest_follow_each_other() -> Result {
        let memory = RingMemory::new(2, 32, 8, 0, Writes::Kernel)?;
        for (front, rest, whole) in [
            (&b"abc"[..], &b"defgh"[..], b"abcdefgh"),
            (b"", b"abcdefgh", b"abcdefgh"),
            (b"abcdefgh", b"", b"abcdefgh"),
            (b"abcde", b"fghij", b"abcdefgh"),
            (b"abcdefghij", b"x", b"abcdefgh"),
        ] {
            memory.fill_from(0, front, rest);
            assert!(*bytes(&memory, 0, 8)? == *whole);
        }
        Ok(())
    }

    #[test]
    fn index_from_elsewhere_stays_inside() -> Result {
        let memory = memory(2, 112)?;
        let first = core::ptr::from_ref(memory.descriptor(0));
        for index in [2, 3, 1 << 20, u32::MAX] {
            assert!(core::ptr::eq(memory.descriptor(index), first));
        }
        Ok(())
    }

    /// Neither the index that we go by nor the zeroes that a filter is shown are in a page that a process writes.
    #[test]
    fn what_a_process_writes_is_its_own() -> Result {
        const PAGE: usize = kernel::page::PAGE_SIZE;
        for (messages, len) in [(1, 16), (7, 800), (126, 4096 - 64), (300, 65536)] {
            let memory = RingMemory::new(messages, len, len, IPN_FLAG_ONE_WRITER, Writes::Process)?;
            let told = memory.told().ok_or(EINVAL)?;
            let base = memory.shared().base().addr().get();
            assert_eq!(core::ptr::from_ref(told).addr(), base + PAGE);
            let shown = base + memory.shared().pages().page_count() * PAGE;
            let last = messages - 1;
            for index in [0, last] {
                let ours = core::ptr::from_ref(memory.descriptor(index)).addr();
                let theirs = core::ptr::from_ref(memory.told_descriptor(index)).addr();
                assert!(ours >= shown);
                assert_eq!(
                    theirs,
                    base + PAGE + 64 + index as usize * size_of::<Descriptor>()
                );
                assert_eq!(memory.descriptor(index).state.load(), 0);
            }
            memory.descriptor(last).state.store(7);
            memory.told_descriptor(last).state.store(!0);
            assert_eq!(memory.descriptor(last).state.load(), 7);
            // All that a process may write.
            memory.fill_from(
                0,
                &KVVec::from_elem(0xff_u8, len as usize, GFP_KERNEL)?,
                &[],
            );
            told.oldest.store(!0);
            assert_eq!(memory.positions().oldest.load(), 0);
            assert_eq!(memory.descriptor(last).state.load(), 7);
            // An index from elsewhere stays inside.
            let first = core::ptr::from_ref(memory.told_descriptor(0));
            assert!(core::ptr::eq(memory.told_descriptor(messages), first));
        }
        Ok(())
    }

    #[test]
    fn longer_than_the_mtu_is_not_taken() -> Result {
        let memory = RingMemory::new(2, 32, 8, 0, Writes::Kernel)?;
        let mut given = [0xff; 9];
        let vec = kvec(&mut given);
        let mut msg = over_kernel_memory(true, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut message = unsafe { Outgoing::from_raw(&mut msg, 9) };
        assert!(!memory.fill(0, &mut message));
        assert!(*bytes(&memory, 0, 8)? == [0; 8]);
        // What is asked for beyond it is not given.
        assert_eq!(memory.inspect(0, 1000, |_, len| len), 8);
        Ok(())
    }

    #[test]
    fn too_much_is_refused() {
        for (messages, bytes) in [(u32::MAX, 16), (1 << 27, 16), (1, u32::MAX), (0, 16)] {
            for writes in [Writes::Kernel, Writes::Sequences, Writes::Process] {
                assert!(RingMemory::new(messages, bytes, 1, 0, writes).is_err());
            }
        }
        // The format's page, the index, the messages, and the zeroes behind them, in whole pages.
        let bytes_of = |messages, bytes, writes| {
            let ahead = 0;
            let extent = Extent {
                messages,
                bytes,
                ahead,
            };
            RingMemory::bytes(&extent, writes)
        };
        let bytes = |messages, bytes| bytes_of(messages, bytes, Writes::Kernel);
        assert_eq!(bytes(64, 64 * 128), 4096 + 2048 + 8192 + 2048);
        assert_eq!(bytes(64, 64 * 192), 4096 + 2048 + 12288 + 2048);
        assert_eq!(bytes(3, 512), 8192);
        assert!(bytes(u32::MAX, 1 << 48) > 1 << 48);
        // With what is kept besides of each: 48 bytes.
        assert_eq!(
            bytes_of(64, 64 * 128, Writes::Sequences),
            4096 + 2048 + 3072 + 8192 + 3072
        );
        // With a second index, behind whole pages.
        assert!(bytes_of(64, 64 * 128, Writes::Process) >= 4096 + 64 + 2048 + 8192 + 2048);
    }
}
