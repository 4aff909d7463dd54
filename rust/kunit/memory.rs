// SPDX-License-Identifier: GPL-2.0

//! The same of the memory that the kernel shares with processes, and of a ring in it.

use crate::{
    abi::uapi::{IPN_FLAG_LOSSLESS, IPN_RING_MAGIC},
    ring::layout::{Format, Header, Memory},
    rust::{
        bindings,
        glue::ring_memory::RingMemory,
        kunit::{kvec, over_kernel_memory},
        mm::shared_memory::SharedMemory,
        net::message::Outgoing,
    },
};
use kernel::prelude::*;

/// The bytes of a slot, as nobody else uses them now.
fn bytes(memory: &RingMemory, slot: u32, len: usize) -> Result<KVVec<u8>> {
    let mut copy = KVVec::from_elem(0xaa, len, GFP_KERNEL)?;
    memory.inspect(slot, len, |from, len| {
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

    #[test]
    fn is_zeroed_at_first() -> Result {
        for (slots, mtu) in [(2, 1), (5, 100), (3, 1514), (2, 65535)] {
            let memory = RingMemory::new(slots, mtu, 0)?;
            for slot in 0..slots {
                let payload = bytes(&memory, slot, mtu as usize)?;
                assert!(payload.iter().all(|&byte| byte == 0));
            }
        }
        Ok(())
    }

    #[test]
    fn says_its_format() -> Result {
        let memory = RingMemory::new(7, 100, IPN_FLAG_LOSSLESS)?;
        let positions = core::ptr::from_ref(memory.positions());
        // SAFETY: The format stands right before the positions.
        let format = unsafe { &*positions.byte_sub(size_of::<Format>()).cast::<Format>() };
        assert!(positions.addr() % kernel::page::PAGE_SIZE == size_of::<Format>());
        assert_eq!(format.magic, IPN_RING_MAGIC);
        assert_eq!(format.flags, IPN_FLAG_LOSSLESS);
        assert_eq!((format.pool, format.slots, format.mtu), (7, 7, 100));
        assert_eq!(format.slots_at as usize, kernel::page::PAGE_SIZE);
        assert_eq!(format.stride % 64, 0);
        let distance = |slot| core::ptr::from_ref(memory.header(slot)).addr() - positions.addr();
        assert_eq!(distance(1) - distance(0), format.stride as usize);
        Ok(())
    }

    #[test]
    fn slots_do_not_overlap() -> Result {
        for mtu in [1, 47, 48, 49, 112, 113, 65535_u32] {
            let memory = RingMemory::new(3, mtu, 0)?;
            let full = KVVec::from_elem(0xff_u8, mtu as usize + 100, GFP_KERNEL)?;
            // Longer than a slot: what is too much is cut.
            memory.fill_from(1, &full, &full);
            for (slot, byte) in [(0, 0), (1, 0xff), (2, 0)] {
                let payload = bytes(&memory, slot, mtu as usize)?;
                assert!(payload.iter().all(|&found| found == byte));
            }
            // The header of the next slot is untouched as well.
            let header = core::ptr::from_ref(memory.header(2)).cast::<u8>();
            // SAFETY: A header is initialised and nobody else uses it now.
            let header = unsafe { core::slice::from_raw_parts(header, size_of::<Header>()) };
            assert!(header.iter().all(|&byte| byte == 0));
        }
        Ok(())
    }

    #[test]
    fn front_and_rest_follow_each_other() -> Result {
        let memory = RingMemory::new(2, 8, 0)?;
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
        let memory = RingMemory::new(2, 100, 0)?;
        let first = core::ptr::from_ref(memory.header(0));
        for index in [2, 3, 1 << 20, u32::MAX] {
            assert!(core::ptr::eq(memory.header(index), first));
        }
        Ok(())
    }

    #[test]
    fn longer_than_the_mtu_is_not_taken() -> Result {
        let memory = RingMemory::new(2, 8, 0)?;
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
        for (slots, mtu) in [(u32::MAX, 65535), (1 << 30, 65535), (u32::MAX, 1)] {
            assert!(RingMemory::new(slots, mtu, 0).is_err());
        }
        // The format's page, the slots, and the zeroes behind them, in whole pages.
        assert_eq!(RingMemory::bytes(64, 112), 4096 + 64 * 128 + 4096);
        assert_eq!(RingMemory::bytes(64, 113), 4096 + 64 * 192 + 4096);
        assert_eq!(RingMemory::bytes(3, 112), 8192);
        assert!(RingMemory::bytes(u32::MAX, 65535) > u64::from(u32::MAX) * 65535);
    }
}
