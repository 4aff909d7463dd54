// SPDX-License-Identifier: GPL-2.0

// Delivery policies of AF_IPN in Rust: the safe face of include/linux/ipn_policy.h.
//
// A policy module includes this file and needs nothing else of AF_IPN's sources:
//
//     mod ipn_policy {
//         include!(concat!(env!("AF_IPN_INCLUDE"), "/ipn_policy.rs"));
//     }
//
// Its type implements `Policy` and its module keeps a `Registration` of it.

use core::{ffi::c_void, marker::PhantomData};
use kernel::{
    alloc::{Allocator, KBox, Vec},
    error::{from_result, to_result},
    prelude::*,
};

/// Mirrors of the header.
mod ffi {
    use kernel::ffi::{c_char, c_int, c_void};

    pub(super) const IPN_POLICY_ABI: u32 = 3;

    #[repr(C)]
    pub(super) struct IpnMessage {
        pub(super) bytes: *const u8,
        pub(super) len: u32,
        pub(super) from: u32,
        pub(super) now_ms: u64,
        pub(super) again: bool,
    }

    #[repr(C)]
    pub(super) struct IpnPolicyOps {
        pub(super) abi: u32,
        pub(super) protocol: u32,
        pub(super) name: *const c_char,
        pub(super) owner: *mut c_void,
        pub(super) create: unsafe extern "C" fn(u32) -> *mut c_void,
        pub(super) destroy: unsafe extern "C" fn(*mut c_void),
        pub(super) bytes: unsafe extern "C" fn(*const c_void) -> u64,
        pub(super) adopt: unsafe extern "C" fn(*mut c_void, *mut c_void),
        pub(super) join: unsafe extern "C" fn(*mut c_void, u32),
        pub(super) leave: unsafe extern "C" fn(*mut c_void, u32),
        pub(super) route: unsafe extern "C" fn(*mut c_void, *const IpnMessage, *mut c_void),
        pub(super) remembered: unsafe extern "C" fn(*mut c_void, u32, u64),
        pub(super) refused: unsafe extern "C" fn(*mut c_void),
        pub(super) set_option: unsafe extern "C" fn(*mut c_void, u32, *const c_void, u32) -> c_int,
        pub(super) get_option: unsafe extern "C" fn(*mut c_void, u32, *mut c_void, u32) -> c_int,
    }

    extern "C" {
        pub(super) fn ipn_policy_register(ops: *const IpnPolicyOps) -> c_int;
        pub(super) fn ipn_policy_unregister(ops: *const IpnPolicyOps);
        pub(super) fn ipn_deliver(
            to: *mut c_void,
            port: u32,
            prefix: *const c_void,
            prefix_len: u32,
            skip: u32,
        );
        pub(super) fn ipn_drop(to: *mut c_void, reason: u32);
        pub(super) fn ipn_remember(to: *mut c_void, len: u32);
        pub(super) fn ipn_forget(to: *mut c_void);
        pub(super) fn ipn_allocated(memory: *const c_void, size: usize) -> u64;
        pub(super) fn ipn_now_ms() -> u64;
    }
}

/// The clock of [`Message::now_ms`], for options that need the time.
#[allow(dead_code)]
pub(crate) fn now_ms() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { ffi::ipn_now_ms() }
}

/// Bytes that a vector's memory takes, which are more than were asked for; for [`Policy::bytes`].
#[allow(dead_code)]
pub(crate) fn allocated<T, A: Allocator>(vec: &Vec<T, A>) -> u64 {
    let size = vec.capacity().saturating_mul(size_of::<T>());
    // SAFETY: Of memory so allocated, or none.
    unsafe { ffi::ipn_allocated(vec.as_ptr().cast(), size) }
}

/// A message that is being routed.
pub(crate) struct Message<'a> {
    raw: &'a ffi::IpnMessage,
}

#[allow(dead_code)]
impl Message<'_> {
    /// Its bytes, at most the network's MTU.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: The network gives so many bytes, and keeps them until `route` returns.
        unsafe { core::slice::from_raw_parts(self.raw.bytes, self.raw.len as usize) }
    }

    /// The port that sent it.
    pub(crate) fn from(&self) -> u32 {
        self.raw.from
    }

    /// The time, in milliseconds from some moment on.
    pub(crate) fn now_ms(&self) -> u64 {
        self.raw.now_ms
    }

    /// Whether it was routed before, but found no room.
    pub(crate) fn again(&self) -> bool {
        self.raw.again
    }
}

/// Where the message goes.
pub(crate) struct Targets<'a> {
    raw: *mut c_void,
    _route: PhantomData<&'a mut ()>,
}

#[allow(dead_code)]
impl Targets<'_> {
    /// A port gets the message as it is. One that is not held gets nothing.
    pub(crate) fn deliver(&mut self, port: u32) {
        self.deliver_edited(port, &[], 0);
    }

    /// No port gets the message, for this reason: `IPN_DROP_*`, or one of the policy's own from 64 on.
    pub(crate) fn drop_for(&mut self, reason: u32) {
        // SAFETY: As below.
        unsafe { ffi::ipn_drop(self.raw, reason) }
    }

    /// Messages of the same port that begin with the same `len` bytes, at most 24, go where this one goes, and
    /// [`Policy::route`] may not be asked for them as long as [`now_ms`] stays; `ipn_remember()` in the header says
    /// when it is nevertheless. How many those were [`Policy::remembered`] is told.
    pub(crate) fn remember(&mut self, len: usize) {
        // SAFETY: As below.
        unsafe { ffi::ipn_remember(self.raw, len as u32) }
    }

    /// What was remembered does not hold any more, for any port.
    pub(crate) fn forget(&mut self) {
        // SAFETY: As below.
        unsafe { ffi::ipn_forget(self.raw) }
    }

    /// A port gets `prefix` (at most 32 bytes), then all but the first `skip` bytes of the message.
    pub(crate) fn deliver_edited(&mut self, port: u32, prefix: &[u8], skip: u32) {
        // SAFETY: `raw` is what the network gave for the call in progress.
        unsafe {
            ffi::ipn_deliver(
                self.raw,
                port,
                prefix.as_ptr().cast(),
                prefix.len() as u32,
                skip,
            )
        }
    }
}

/// A delivery policy. Each network has a value of the implementing type.
///
/// All calls but `new` come one at a time and under a spinlock: they must not sleep.
pub(crate) trait Policy: Sized + Send + 'static {
    /// Its number, the third argument of `socket(2)`: 2 to 63.
    const PROTOCOL: u32;

    /// Its name where networks are listed, without blanks.
    const NAME: &'static CStr;

    /// A new network with so many ports. It takes all its memory here, with `GFP_KERNEL_ACCOUNT`.
    fn new(ports: u32) -> Result<Self>;

    /// The memory that it holds besides itself, in bytes: [`allocated`] of each vector. It counts
    /// toward the bounds of the network and of the user who made it.
    fn bytes(&self) -> u64;

    /// The number of ports changes: `fresh` was made for it. Move what matters between the two, so
    /// that `self` goes on with the new number and `fresh` holds what is no longer needed.
    fn adopt(&mut self, fresh: &mut Self) {
        core::mem::swap(self, fresh);
    }

    /// A port was taken.
    fn join(&mut self, _port: u32) {}

    /// A port was given back.
    fn leave(&mut self, _port: u32) {}

    /// Says which ports get a message.
    fn route(&mut self, message: &Message<'_>, to: &mut Targets<'_>);

    /// So many messages of a port went the ways that were to be [remembered](Targets::remember).
    fn remembered(&mut self, _from: u32, _messages: u64) {}

    /// The message that was just routed found no room: no port got it, and it may come again.
    fn refused(&mut self) {}

    /// `setsockopt(2)` at the level of the policy's number, by a manager.
    fn set_option(&mut self, _option: u32, _value: &[u8]) -> Result {
        Err(no_such_option())
    }

    /// `getsockopt(2)` at the level of the policy's number: `value` holds what the caller gave and
    /// takes the answer, whose length is returned.
    fn get_option(&mut self, _option: u32, _value: &mut [u8]) -> Result<usize> {
        Err(no_such_option())
    }
}

/// `ENOPROTOOPT`.
pub(crate) fn no_such_option() -> Error {
    Error::from_errno(-92)
}

/// A policy's registration, undone when dropped: with the module.
///
/// # Invariants
///
/// The table is registered and does not move.
pub(crate) struct Registration<T: Policy> {
    ops: KBox<ffi::IpnPolicyOps>,
    _policy: PhantomData<T>,
}

// SAFETY: Registering belongs to no thread, and a shared registration does nothing.
unsafe impl<T: Policy> Send for Registration<T> {}

// SAFETY: As above.
unsafe impl<T: Policy> Sync for Registration<T> {}

impl<T: Policy> Registration<T> {
    /// Registers the policy. The number is taken: `EEXIST`.
    pub(crate) fn new(module: &'static ThisModule) -> Result<Self> {
        let ops = KBox::new(
            ffi::IpnPolicyOps {
                abi: ffi::IPN_POLICY_ABI,
                protocol: T::PROTOCOL,
                name: T::NAME.as_char_ptr(),
                owner: module.as_ptr().cast(),
                create: Callbacks::<T>::create,
                destroy: Callbacks::<T>::destroy,
                bytes: Callbacks::<T>::bytes,
                adopt: Callbacks::<T>::adopt,
                join: Callbacks::<T>::join,
                leave: Callbacks::<T>::leave,
                route: Callbacks::<T>::route,
                remembered: Callbacks::<T>::remembered,
                refused: Callbacks::<T>::refused,
                set_option: Callbacks::<T>::set_option,
                get_option: Callbacks::<T>::get_option,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The table is complete, and stays until `drop`.
        to_result(unsafe { ffi::ipn_policy_register(&*ops) })?;
        // INVARIANT: just registered, in a box.
        Ok(Self {
            ops,
            _policy: PhantomData,
        })
    }
}

impl<T: Policy> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is registered.
        unsafe { ffi::ipn_policy_unregister(&*self.ops) }
    }
}

/// The C functions of a policy: they convert, call, and convert back.
struct Callbacks<T>(PhantomData<T>);

#[allow(clippy::missing_safety_doc)] // Only the network calls them, as the header says.
impl<T: Policy> Callbacks<T> {
    unsafe extern "C" fn create(ports: u32) -> *mut c_void {
        let made = T::new(ports)
            .and_then(|state| KBox::new(state, GFP_KERNEL_ACCOUNT).map_err(Error::from));
        match made {
            Ok(state) => KBox::into_raw(state).cast(),
            Err(error) => error.to_ptr(),
        }
    }

    unsafe extern "C" fn destroy(state: *mut c_void) {
        // SAFETY: The network gives back what `create` made, once.
        drop(unsafe { KBox::from_raw(state.cast::<T>()) });
    }

    unsafe extern "C" fn bytes(state: *const c_void) -> u64 {
        // SAFETY: The network gives a state of `create`, in a box of its size.
        let (held, own) = unsafe {
            (
                (*state.cast::<T>()).bytes(),
                ffi::ipn_allocated(state, size_of::<T>()),
            )
        };
        held.saturating_add(own)
    }

    unsafe extern "C" fn adopt(state: *mut c_void, fresh: *mut c_void) {
        // SAFETY: The network gives two states of `create`, one call at a time.
        unsafe { (*state.cast::<T>()).adopt(&mut *fresh.cast::<T>()) }
    }

    unsafe extern "C" fn join(state: *mut c_void, port: u32) {
        // SAFETY: The network gives a state of `create`, one call at a time.
        unsafe { (*state.cast::<T>()).join(port) }
    }

    unsafe extern "C" fn leave(state: *mut c_void, port: u32) {
        // SAFETY: The network gives a state of `create`, one call at a time.
        unsafe { (*state.cast::<T>()).leave(port) }
    }

    unsafe extern "C" fn route(
        state: *mut c_void,
        message: *const ffi::IpnMessage,
        to: *mut c_void,
    ) {
        // SAFETY: The network gives a state of `create`, one call at a time, and a message.
        let (state, raw) = unsafe { (&mut *state.cast::<T>(), &*message) };
        let mut targets = Targets {
            raw: to,
            _route: PhantomData,
        };
        state.route(&Message { raw }, &mut targets);
    }

    unsafe extern "C" fn remembered(state: *mut c_void, from: u32, messages: u64) {
        // SAFETY: The network gives a state of `create`, one call at a time.
        unsafe { (*state.cast::<T>()).remembered(from, messages) }
    }

    unsafe extern "C" fn refused(state: *mut c_void) {
        // SAFETY: The network gives a state of `create`, one call at a time.
        unsafe { (*state.cast::<T>()).refused() }
    }

    unsafe extern "C" fn set_option(
        state: *mut c_void,
        option: u32,
        value: *const c_void,
        len: u32,
    ) -> i32 {
        // SAFETY: The network gives a state of `create`, one call at a time, and `len` bytes.
        let (state, value) = unsafe {
            (
                &mut *state.cast::<T>(),
                core::slice::from_raw_parts(value.cast::<u8>(), len as usize),
            )
        };
        from_result(|| state.set_option(option, value).map(|()| 0))
    }

    unsafe extern "C" fn get_option(
        state: *mut c_void,
        option: u32,
        value: *mut c_void,
        len: u32,
    ) -> i32 {
        // SAFETY: The network gives a state of `create`, one call at a time, and `len` bytes.
        let (state, value) = unsafe {
            (
                &mut *state.cast::<T>(),
                core::slice::from_raw_parts_mut(value.cast::<u8>(), len as usize),
            )
        };
        from_result(|| state.get_option(option, value).map(|len| len as i32))
    }
}
