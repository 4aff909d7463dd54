// SPDX-License-Identifier: GPL-2.0

//! Tests of the wrappers, for a kernel with `CONFIG_KUNIT=y`: it runs them when the module is loaded.
//!
//! What they show cannot be seen from outside, nor on the host. Those of shared memory are in
//! `memory.rs`.

// A sum that is wrong fails its test.
#![allow(clippy::arithmetic_side_effects)]

mod memory;

use crate::{
    membership,
    network::{
        address::Address,
        shape::{Quota, Room, Shape},
        Parts,
    },
    policy::Policy,
    registry::{self, accounts::Payers, names::NewUser},
    rust::{
        bindings,
        fs::path::{HeldPath, NewName, MAY_READ, MAY_WRITE},
        glue::kernel_socket::KernelSocket,
        net::{
            message::{Incoming, Message, Outgoing, Payload},
            namespace::Namespace,
            registration::Registration,
        },
        sync::lock::new_spinlock_bh,
    },
    socket::{Endpoint, Network},
};
use kernel::{
    ffi::{c_int, c_uint, c_void},
    prelude::*,
    sync::Arc,
};

/// A message header over one piece of the kernel's memory.
pub(crate) fn over_kernel_memory(source: bool, vec: &bindings::kvec) -> bindings::msghdr {
    let mut msg = empty();
    // SAFETY: `msg` is ours, and `vec` outlives what is done with it in these tests.
    unsafe {
        bindings::iov_iter_kvec(
            &mut msg.msg_iter,
            direction(source) as c_uint,
            vec,
            1,
            vec.iov_len,
        );
    }
    msg
}

/// A message header over memory of a user that is not there.
fn over_nothing(source: bool, len: usize) -> bindings::msghdr {
    let mut msg = empty();
    let nowhere = core::ptr::without_provenance_mut::<c_void>(64);
    // SAFETY: `msg` is ours; nothing is mapped at the address, which is found when it is used.
    let refused =
        unsafe { bindings::import_ubuf(direction(source), nowhere, len, &mut msg.msg_iter) };
    debug_assert!(refused == 0);
    msg
}

fn empty() -> bindings::msghdr {
    // SAFETY: zeroes are a message header of nothing.
    unsafe { core::mem::zeroed() }
}

/// `ITER_SOURCE` and `ITER_DEST`.
const fn direction(source: bool) -> c_int {
    source as c_int
}

/// A piece of the kernel's memory.
pub(crate) fn kvec(bytes: &mut [u8]) -> bindings::kvec {
    bindings::kvec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    }
}

#[kunit_tests(ipn_lock)]
mod lock {
    use super::*;

    #[test]
    fn one_holder_at_a_time() -> Result {
        let lock = KBox::pin_init(new_spinlock_bh!(1_u32, "ipn_kunit::lock"), GFP_KERNEL)?;
        let mut held = lock.lock();
        *held += 1;
        assert!(lock.try_lock().is_none());
        drop(held);
        assert!(lock.try_lock().is_some_and(|value| *value == 2));
        assert_eq!(*lock.lock(), 2);
        Ok(())
    }

    #[test]
    fn bottom_halves_are_off_while_it_is_held() -> Result {
        // SAFETY: It may be asked anywhere.
        let off = || unsafe { bindings::ipn_helper_bottom_halves_off() };
        let lock = KBox::pin_init(new_spinlock_bh!((), "ipn_kunit::lock"), GFP_KERNEL)?;
        assert!(!off());
        let held = lock.lock();
        assert!(off());
        // One that is refused must not turn them on.
        assert!(lock.try_lock().is_none());
        assert!(off());
        drop(held);
        assert!(!off());
        let held = lock.try_lock();
        assert!(off());
        drop(held);
        assert!(!off());
        Ok(())
    }
}

#[kunit_tests(ipn_message)]
mod message {
    use super::*;

    #[test]
    fn taken_message_can_be_put_back() -> Result {
        let mut given = *b"a message";
        let vec = kvec(&mut given);
        let mut msg = over_kernel_memory(true, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut message = unsafe { Outgoing::from_raw(&mut msg, 9) };
        for _ in 0..3 {
            let mut place = [0; 9];
            assert!(message.read_atomic(&mut place));
            assert!(place == *b"a message");
            message.put_back();
        }
        assert!(*message.fetch()? == *b"a message");
        message.put_back();
        assert!(*message.fetch()? == *b"a message");
        Ok(())
    }

    #[test]
    fn place_that_is_too_short_takes_nothing() {
        let mut given = *b"a message";
        let vec = kvec(&mut given);
        let mut msg = over_kernel_memory(true, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut message = unsafe { Outgoing::from_raw(&mut msg, 9) };
        assert!(!message.read_atomic(&mut [0; 8]));
        let mut place = [0; 12];
        assert!(message.read_atomic(&mut place));
        assert!(place == *b"a message\0\0\0");
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        let mut msg = over_nothing(true, 100);
        // SAFETY: The header is ours.
        let mut message = unsafe { Outgoing::from_raw(&mut msg, 100) };
        for _ in 0..2 {
            assert!(!message.read_atomic(&mut [0; 100]));
            assert!(message.fetch().is_err_and(|error| error == EFAULT));
            message.put_back();
        }
    }

    #[test]
    fn place_is_filled_and_taken_back() {
        let mut buffer = [0; 8];
        let vec = kvec(&mut buffer);
        let mut msg = over_kernel_memory(false, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut place = unsafe { Incoming::from_raw(&mut msg, 8, 0) };
        assert!(place.copy_from(b"wrong"));
        place.revert(5);
        assert!(place.copy_from(b"right"));
        assert!(buffer == *b"right\0\0\0");
    }

    #[test]
    fn no_more_is_taken_back_than_was_put_there() {
        let mut buffer = [0; 8];
        let vec = kvec(&mut buffer);
        let mut msg = over_kernel_memory(false, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut place = unsafe { Incoming::from_raw(&mut msg, 8, 0) };
        assert!(place.copy_from(b"one"));
        place.revert(7);
        place.revert(1);
        assert!(place.copy_from(b"two"));
        assert!(buffer == *b"two\0\0\0\0\0");
    }

    #[test]
    fn no_more_than_fits_is_copied() {
        let mut buffer = [0; 12];
        let (front, back) = buffer.split_at_mut(8);
        let vec = kvec(front);
        let mut msg = over_kernel_memory(false, &vec);
        // SAFETY: The header and what it points to are ours.
        let mut place = unsafe { Incoming::from_raw(&mut msg, 8, 0) };
        assert!(place.copy_from(b"more than eight bytes"));
        assert!(*front == *b"more tha");
        assert!(*back == [0; 4]);
    }

    #[test]
    fn place_that_is_not_there_stays_as_it_was() {
        let mut msg = over_nothing(false, 100);
        // SAFETY: The header is ours.
        let mut place = unsafe { Incoming::from_raw(&mut msg, 100, 0) };
        assert!(!place.copy_from(b"nobody reads this"));
        assert_eq!(msg.msg_iter.iov_offset, 0);
    }
}

/// That this thread finds names from the first process's root, until it is dropped.
///
/// # Invariants
///
/// What the thread had before is in it, and the thread has not changed it since.
struct Root(*mut kernel::ffi::c_void);

impl Root {
    fn begin() -> Self {
        // SAFETY: It is undone when dropped, by this thread: a pointer belongs to one.
        // INVARIANT: as it answers.
        Self(unsafe { bindings::ipn_helper_root_begin() })
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: By the invariants.
        unsafe { bindings::ipn_helper_root_end(self.0) }
    }
}

#[kunit_tests(ipn_family)]
mod family {
    use super::*;

    #[cfg(since_7_3)]
    fn this_module() -> &'static ThisModule {
        kernel::module::this_module::<crate::IpnModule>()
    }

    #[cfg(not(since_7_3))]
    fn this_module() -> &'static ThisModule {
        &crate::THIS_MODULE
    }

    #[test]
    fn a_second_registration_leaves_the_first_alone() -> Result {
        let second = Registration::<Endpoint>::new(this_module());
        assert!(second.is_err_and(|error| error == EEXIST));
        drop(KernelSocket::open()?);
        Ok(())
    }
}

#[kunit_tests(ipn_path)]
mod path {
    use super::*;

    const NAME: &CStr = c"/ipn_kunit_path";

    #[test]
    fn name_that_is_not_kept_is_gone() -> Result {
        let _root = Root::begin();
        let name = NewName::create(NAME, 0o700)?;
        let path = name.path();
        assert!(path.is_socket());
        assert_eq!(path.identity(), name.path().identity());
        assert!(path.permission(MAY_READ | MAY_WRITE).is_ok());
        drop(name);
        assert!(HeldPath::lookup(NAME).is_err_and(|error| error == ENOENT));
        // Who holds the path still has the file.
        assert!(path.is_socket());
        Ok(())
    }

    #[test]
    fn held_path_keeps_its_identity_to_itself() -> Result {
        let _root = Root::begin();
        let name = NewName::create(NAME, 0o700)?;
        let path = name.path();
        drop(name);
        let name = NewName::create(NAME, 0o700)?;
        assert!(path.identity() != name.path().identity());
        Ok(())
    }

    #[test]
    fn what_is_there_cannot_be_made() -> Result {
        let _root = Root::begin();
        assert!(NewName::create(c"/", 0o700).is_err());
        assert!(NewName::create(c"/nowhere/at/all", 0o700).is_err_and(|error| error == ENOENT));
        assert!(!HeldPath::lookup(c"/")?.is_socket());
        Ok(())
    }
}

#[kunit_tests(ipn_registry)]
mod registry_life {
    use super::*;

    const NAME: &CStr = c"/ipn_kunit_registry";
    /// Users that no process has.
    const USERS: [u32; 2] = [u32::MAX - 5, u32::MAX - 6];

    fn user(who: usize) -> Result<NewUser> {
        registry::user(who, Namespace::INITIAL, false)
    }

    fn network(name: &NewName) -> Result<Arc<Network>> {
        let shape = Shape {
            ports: 2,
            room: Room::Messages(2),
            ..Shape::DEFAULT
        };
        let address = Address::parse(1, b"\x01\0/ipn_kunit_registry")?;
        Network::new(Parts::new(shape, Policy::find(1)?)?, address, name.path())
    }

    fn add(network: &Arc<Network>, bytes: u64, quota: Option<Quota>) -> Result {
        let [maker, owner] = USERS;
        let payers = Payers::new(maker, &[owner])?;
        registry::add(network.clone(), user(1)?, payers, bytes, quota)
    }

    #[test]
    fn name_is_held_until_the_last_user_leaves() -> Result {
        let _root = Root::begin();
        let name = NewName::create(NAME, 0o700)?;
        let network = network(&name)?;
        let identity = network.identity;
        add(&network, 100, None)?;
        let second = registry::enter_by_file(identity, user(2)?)?;
        assert!(Arc::ptr_eq(&network, &second));
        registry::leave(&network, 1);
        assert!(registry::enter_by_file(identity, user(3)?).is_ok());
        registry::leave(&network, 2);
        assert!(network.path.lock().is_some());
        registry::leave(&network, 3);
        assert!(registry::enter_by_file(identity, user(4)?).is_err());
        assert!(network.path.lock().is_none());
        // Once more than there were users does no harm.
        registry::leave(&network, 1);
        Ok(())
    }

    #[test]
    fn ended_network_is_not_joined() -> Result {
        let _root = Root::begin();
        let name = NewName::create(NAME, 0o700)?;
        let network = network(&name)?;
        add(&network, 100, None)?;
        membership::terminate(&network);
        assert!(registry::enter_by_file(network.identity, user(4)?).is_err());
        registry::leave(&network, 1);
        Ok(())
    }

    #[test]
    fn payers_are_charged_as_long_as_the_network_is_there() -> Result {
        let _root = Root::begin();
        let quota = |networks, bytes| Some(Quota { networks, bytes });
        let name = NewName::create(NAME, 0o700)?;
        let network = network(&name)?;
        assert!(add(&network, 101, quota(1, 100)).is_err());
        assert!(add(&network, 100, quota(0, 100)).is_err());
        assert!(registry::enter_by_file(network.identity, user(4)?).is_err());
        add(&network, 100, quota(1, 100))?;
        assert!(registry::recharge(&network, 101, quota(1, 100)).is_err());
        assert!(registry::recharge(&network, 99, quota(1, 99)).is_ok());
        registry::leave(&network, 1);
        // All that was charged is given back: as much again is within the bound.
        add(&network, 100, quota(1, 100))?;
        registry::leave(&network, 1);
        Ok(())
    }
}
