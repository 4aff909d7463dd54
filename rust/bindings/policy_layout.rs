// SPDX-License-Identifier: GPL-2.0

//! The mirror of `include/linux/ipn_policy.h` that policies in Rust use is what the header says.
//!
//! Nothing of this is called: it compiles, or it does not.

include!("../policy_sdk/ipn_policy.rs");

const _: () = {
    use core::mem::{offset_of, size_of};
    macro_rules! same {
        ($ours:ident, $theirs:ident: $($member:ident)*) => {
            assert!(size_of::<ffi::$ours>() == size_of::<super::$theirs>());
            $(assert!(offset_of!(ffi::$ours, $member) == offset_of!(super::$theirs, $member));)*
        };
    }
    same!(IpnMessage, ipn_message: bytes len from now_ms again);
    same!(IpnPolicyOps, ipn_policy_ops: abi protocol name owner create destroy bytes adopt join leave
        route remembered refused set_option get_option);
    assert!(ffi::IPN_POLICY_ABI == super::IPN_POLICY_ABI);
};

/// The types of the members are the same; of pointers to what is mirrored, those are.
fn same_members(ours: ffi::IpnPolicyOps) -> super::ipn_policy_ops {
    use super::{ipn_message, ipn_targets};
    type Route<Message, To> = unsafe extern "C" fn(*mut c_void, *const Message, *mut To);
    let _: Route<ffi::IpnMessage, c_void> = ours.route;
    let route: Option<Route<ipn_message, ipn_targets>> = None;
    super::ipn_policy_ops {
        abi: ours.abi,
        protocol: ours.protocol,
        name: ours.name,
        owner: ours.owner.cast(),
        create: Some(ours.create),
        destroy: Some(ours.destroy),
        bytes: Some(ours.bytes),
        adopt: Some(ours.adopt),
        join: Some(ours.join),
        leave: Some(ours.leave),
        route,
        remembered: Some(ours.remembered),
        refused: Some(ours.refused),
        set_option: Some(ours.set_option),
        get_option: Some(ours.get_option),
    }
}

/// The fields of a message have the same types.
fn same_message(ours: ffi::IpnMessage) -> super::ipn_message {
    super::ipn_message {
        bytes: ours.bytes,
        len: ours.len,
        from: ours.from,
        now_ms: ours.now_ms,
        again: ours.again,
    }
}

/// So have the functions.
fn same_functions() {
    use kernel::ffi::c_int;
    type Register<Ops> = unsafe extern "C" fn(*const Ops) -> c_int;
    type Unregister<Ops> = unsafe extern "C" fn(*const Ops);
    type Deliver<To> = unsafe extern "C" fn(*mut To, u32, *const c_void, u32, u32);
    type DropFor<To> = unsafe extern "C" fn(*mut To, u32);
    type Remember<To> = unsafe extern "C" fn(*mut To, u32);
    type Forget<To> = unsafe extern "C" fn(*mut To);
    type Allocated = unsafe extern "C" fn(*const c_void, usize) -> u64;
    type Now = unsafe extern "C" fn() -> u64;
    let _: Register<ffi::IpnPolicyOps> = ffi::ipn_policy_register;
    let _: Register<super::ipn_policy_ops> = super::ipn_policy_register;
    let _: Unregister<ffi::IpnPolicyOps> = ffi::ipn_policy_unregister;
    let _: Unregister<super::ipn_policy_ops> = super::ipn_policy_unregister;
    let _: Deliver<c_void> = ffi::ipn_deliver;
    let _: Deliver<super::ipn_targets> = super::ipn_deliver;
    let _: DropFor<c_void> = ffi::ipn_drop;
    let _: DropFor<super::ipn_targets> = super::ipn_drop;
    let _: Remember<c_void> = ffi::ipn_remember;
    let _: Remember<super::ipn_targets> = super::ipn_remember;
    let _: Forget<c_void> = ffi::ipn_forget;
    let _: Forget<super::ipn_targets> = super::ipn_forget;
    let _: [Allocated; 2] = [ffi::ipn_allocated, super::ipn_allocated];
    let _: [Now; 2] = [ffi::ipn_now_ms, super::ipn_now_ms];
}
