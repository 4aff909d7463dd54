// SPDX-License-Identifier: GPL-2.0

//! Policies of other modules: `include/linux/ipn_policy.h` from this side.

use crate::{
    abi::{
        errno::Errno,
        uapi::{IPN_BROADCAST, IPN_PROTO_MAX},
    },
    policy::targets::{Target, PREFIX_MAX},
    rust::{bindings, mm::allocated, sync::once::Once},
};
use core::{ops::DerefMut, ptr::NonNull};
use kernel::{error::from_err_ptr, error::to_result, prelude::*, sync::global_lock};

/// Tables of operations by protocol.
///
/// # Invariants
///
/// Each is registered: it stays valid, and its functions may be called, as long as a reference to its
/// owner is held.
struct Registered([Option<NonNull<bindings::ipn_policy_ops>>; IPN_PROTO_MAX as usize + 1]);

// SAFETY: The tables are only read, and belong to no thread.
unsafe impl Send for Registered {}

/// Whether [`static@POLICIES`] was initialised.
static READY: Once = Once::new();

global_lock! {
    // SAFETY: Only `policies` below uses it, after it has seen to its one `init`.
    unsafe(uninit) static POLICIES: Mutex<Registered> =
        Registered([None; IPN_PROTO_MAX as usize + 1]);
}

/// The policies that are registered, locked. May sleep.
fn policies() -> impl DerefMut<Target = Registered> {
    // SAFETY: `READY` lets one caller through, once, and the others wait for it.
    READY.call(|| unsafe { POLICIES.init() });
    POLICIES.lock()
}

/// Adds a policy; see `ipn_policy_register`.
///
/// C header: [`include/linux/ipn_policy.h`](srctree/include/linux/ipn_policy.h)
///
/// # Safety
///
/// `ipn_policy_register` calls it, from the init of a policy's module, which may sleep. `ops` must be
/// NULL or that module's table, whose members and strings stay as they are until it was given to
/// [`ipn_rust_policy_unregister`]. No lock is held.
#[no_mangle]
unsafe extern "C" fn ipn_rust_policy_register(ops: *const bindings::ipn_policy_ops) -> i32 {
    kernel::error::from_result(|| {
        let ops = NonNull::new(ops.cast_mut()).ok_or(EINVAL)?;
        // SAFETY: By this function's requirements it is a table that nobody changes.
        let given = unsafe { ops.as_ref() };
        // Of another version, the rest may be shorter.
        if given.abi != bindings::IPN_POLICY_ABI {
            return Err(EINVAL);
        }
        let complete = given.create.is_some()
            && given.destroy.is_some()
            && given.bytes.is_some()
            && given.adopt.is_some()
            && given.join.is_some()
            && given.leave.is_some()
            && given.route.is_some()
            && given.remembered.is_some()
            && given.refused.is_some()
            && given.set_option.is_some()
            && given.get_option.is_some()
            && !given.name.is_null();
        if !complete || given.protocol <= IPN_BROADCAST {
            return Err(EINVAL);
        }
        let mut policies = policies();
        let place = policies.0.get_mut(given.protocol as usize).ok_or(EINVAL)?;
        if place.is_some() {
            return Err(EEXIST);
        }
        // INVARIANT: By this function's requirements the table stays until it is unregistered, which
        // its module's exit does, and so not while a reference to the module is held.
        *place = Some(ops);
        Ok(0)
    })
}

/// Removes a policy; see `ipn_policy_unregister`.
///
/// # Safety
///
/// `ipn_policy_unregister` calls it, from the exit of a policy's module, or from an init that fails
/// after it had registered: so no network holds the module. No lock is held. `ops` is compared, and
/// not read.
#[no_mangle]
unsafe extern "C" fn ipn_rust_policy_unregister(ops: *const bindings::ipn_policy_ops) {
    for place in &mut policies().0 {
        if place.is_some_and(|registered| core::ptr::eq(registered.as_ptr(), ops)) {
            *place = None;
        }
    }
}

/// What `struct ipn_targets` is.
pub(crate) type Targets = crate::policy::targets::Targets<KVVec<Target>, KVVec<u64>>;

impl Targets {
    /// Takes the memory for so many ports; tells how many bytes that are.
    pub(crate) fn allocate(ports: u32) -> Result<(Self, u64)> {
        // Whole cache lines: nobody else writes beside it.
        let turns = ports.next_multiple_of(8) as usize;
        let mut named = KVVec::with_capacity(turns, GFP_KERNEL_ACCOUNT)?;
        named.resize(ports as usize, 0, GFP_KERNEL_ACCOUNT)?;
        let list = KVVec::from_elem(Target::whole(0), ports as usize, GFP_KERNEL_ACCOUNT)?;
        let bytes = allocated::of_vec(&list).saturating_add(allocated::of_vec(&named));
        Ok((Self::new(list, named), bytes))
    }
}

/// No port gets the message; see `ipn_drop`.
///
/// # Safety
///
/// As of [`ipn_rust_deliver`].
#[no_mangle]
unsafe extern "C" fn ipn_rust_drop(to: *mut bindings::ipn_targets, reason: u32) {
    if to.is_null() {
        return;
    }
    // SAFETY: As in `ipn_rust_deliver`.
    unsafe { &mut *to.cast::<Targets>() }.drop_for(reason);
}

/// The next messages like this one are not asked for; see `ipn_remember`.
///
/// # Safety
///
/// As of [`ipn_rust_deliver`].
#[no_mangle]
unsafe extern "C" fn ipn_rust_remember(to: *mut bindings::ipn_targets, len: u32) {
    if to.is_null() {
        return;
    }
    // SAFETY: As in `ipn_rust_deliver`.
    unsafe { &mut *to.cast::<Targets>() }.remember(len);
}

/// What was remembered does not hold any more; see `ipn_forget`.
///
/// # Safety
///
/// As of [`ipn_rust_deliver`].
#[no_mangle]
unsafe extern "C" fn ipn_rust_forget(to: *mut bindings::ipn_targets) {
    if to.is_null() {
        return;
    }
    // SAFETY: As in `ipn_rust_deliver`.
    unsafe { &mut *to.cast::<Targets>() }.forget();
}

/// A port gets the message; see `ipn_deliver`. Numbers beyond the ports are left out.
///
/// # Safety
///
/// `ipn_deliver` calls it, from the `route` of a policy's table and nowhere else: the lock of the
/// network's members is held. `to` must be NULL or what that call of `route` was given; `prefix` must
/// have `prefix_len` bytes, or be NULL.
#[no_mangle]
unsafe extern "C" fn ipn_rust_deliver(
    to: *mut bindings::ipn_targets,
    port: u32,
    prefix: *const core::ffi::c_void,
    prefix_len: u32,
    skip: u32,
) {
    if to.is_null() {
        return;
    }
    // SAFETY: By this function's requirements it is the `Targets` that `PolicyState::route` borrows
    // exclusively for as long as the policy's `route` runs, in this thread.
    let targets = unsafe { &mut *to.cast::<Targets>() };
    if prefix_len == 0 && skip == 0 {
        return targets.add(Target::whole(port));
    }
    let prefix_len = prefix_len as usize;
    if prefix_len > PREFIX_MAX || (prefix.is_null() && prefix_len != 0) {
        return;
    }
    let prefix: &[u8] = if prefix_len == 0 {
        &[]
    } else {
        // SAFETY: By this function's requirements there are so many bytes.
        unsafe { core::slice::from_raw_parts(prefix.cast(), prefix_len) }
    };
    if let Some(target) = Target::edited(port, prefix, skip) {
        targets.add(target);
    }
}

/// A policy of another module, which stays loaded as long as this lives.
///
/// # Invariants
///
/// `ops` was registered, and a reference to its owner is held.
pub(crate) struct PolicyModule {
    ops: NonNull<bindings::ipn_policy_ops>,
}

// SAFETY: The table is only read; references to modules belong to no thread.
unsafe impl Send for PolicyModule {}

// SAFETY: As above.
unsafe impl Sync for PolicyModule {}

impl PolicyModule {
    /// The policy of a number, if it is registered and its module is not just going.
    pub(crate) fn find(protocol: u32) -> Option<Self> {
        let policies = policies();
        let ops = (*policies.0.get(protocol as usize)?)?;
        // SAFETY: While it is registered the table is valid, and the lock keeps it registered.
        if !unsafe { bindings::ipn_helper_try_module_get(ops.as_ref().owner) } {
            return None;
        }
        // INVARIANT: just taken.
        Some(Self { ops })
    }

    fn ops(&self) -> &bindings::ipn_policy_ops {
        // SAFETY: Valid by the invariants.
        unsafe { self.ops.as_ref() }
    }

    /// Its number.
    pub(crate) fn protocol(&self) -> u32 {
        self.ops().protocol
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        // SAFETY: By the requirements of registering it is a string, which stays as long as the owner
        // does, and so as long as `self`, which the result borrows.
        let name = unsafe { CStr::from_char_ptr(self.ops().name) };
        name.to_str().unwrap_or("?")
    }
}

impl Drop for PolicyModule {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::ipn_helper_module_put(self.ops().owner) }
    }
}

/// What a policy keeps of a network.
///
/// # Invariants
///
/// `state` came from the `create` of `policy`'s table and was not destroyed.
pub(crate) struct PolicyState {
    state: NonNull<core::ffi::c_void>,
    policy: PolicyModule,
}

// SAFETY: `ipn_policy.h` lets a state be used from any thread, one call at a time.
unsafe impl Send for PolicyState {}

/// Calls a function of a policy's table, which registering has seen to be there.
///
/// The arguments must be what `ipn_policy.h` says of that function, and a state be one of its table's.
macro_rules! call {
    ($policy:expr, $function:ident($($argument:expr),*)) => {
        match $policy.ops().$function {
            // SAFETY: By the invariants of `PolicyModule` the module is held, so the function is
            // there; by those of `PolicyState` a state is one of its table's, and `&mut self` (`&self`
            // where the header has `const`) makes the calls come one at a time, as it demands.
            Some(function) => Ok(unsafe { function($($argument),*) }),
            None => Err(Error::from(Errno::OPNOTSUPP)),
        }
    };
}

impl PolicyState {
    /// The state of a new network with so many ports. May sleep.
    pub(crate) fn new(policy: PolicyModule, ports: u32) -> Result<Self> {
        let state = from_err_ptr(call!(policy, create(ports))?)?;
        let state = NonNull::new(state).ok_or(ENOMEM)?;
        // INVARIANT: just created.
        Ok(Self { state, policy })
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> u64 {
        call!(self.policy, bytes(self.state.as_ptr())).unwrap_or(0)
    }

    /// Goes on with what `fresh` was made for, and leaves to it what is no longer needed.
    pub(crate) fn adopt(&mut self, fresh: &mut Self) {
        let _ = call!(
            self.policy,
            adopt(self.state.as_ptr(), fresh.state.as_ptr())
        );
    }

    /// A port was taken.
    pub(crate) fn join(&mut self, port: u32) {
        let _ = call!(self.policy, join(self.state.as_ptr(), port));
    }

    /// A port was given back.
    pub(crate) fn leave(&mut self, port: u32) {
        let _ = call!(self.policy, leave(self.state.as_ptr(), port));
    }

    /// Asks who gets a message of port `from`. `again`: it was asked before, and found no room.
    pub(crate) fn route(&mut self, message: &[u8], from: u32, again: bool, to: &mut Targets) {
        to.clear();
        let message = bindings::ipn_message {
            bytes: message.as_ptr(),
            len: message.len() as u32,
            from,
            // SAFETY: It may be asked anywhere.
            now_ms: unsafe { bindings::ipn_helper_now_ms() },
            again,
        };
        let _ = call!(
            self.policy,
            route(
                self.state.as_ptr(),
                &message,
                core::ptr::from_mut(to).cast()
            )
        );
    }

    /// So many messages of port `from` went where it was said that they go.
    pub(crate) fn remembered(&mut self, from: u32, messages: u64) {
        let _ = call!(self.policy, remembered(self.state.as_ptr(), from, messages));
    }

    /// The message that was just routed found no room.
    pub(crate) fn refused(&mut self) {
        let _ = call!(self.policy, refused(self.state.as_ptr()));
    }

    /// Sets an option of the policy's own.
    pub(crate) fn set_option(&mut self, option: u32, value: &[u8]) -> Result {
        let bytes = value.as_ptr().cast();
        to_result(call!(
            self.policy,
            set_option(self.state.as_ptr(), option, bytes, value.len() as u32)
        )?)
    }

    /// Gets an option of the policy's own: the length of what it wrote to `value`.
    pub(crate) fn get_option(&mut self, option: u32, value: &mut [u8]) -> Result<usize> {
        let bytes = value.as_mut_ptr().cast();
        let len = call!(
            self.policy,
            get_option(self.state.as_ptr(), option, bytes, value.len() as u32)
        )?;
        to_result(len)?;
        Ok((len as usize).min(value.len()))
    }
}

impl Drop for PolicyState {
    fn drop(&mut self) {
        let _ = call!(self.policy, destroy(self.state.as_ptr()));
    }
}
