// SPDX-License-Identifier: GPL-2.0

//! Which policy a number finds.

use crate::{
    abi::{
        errno::Errno,
        uapi::{IPN_ANY, IPN_BROADCAST, IPN_PROTO_MAX},
    },
    policy::{Layout, Policy},
    rust::glue::policy_module::PolicyModule,
};

/// What the policy of a number says of itself.
fn found(protocol: u32) -> Result<(u32, String, Layout), Errno> {
    Policy::find(protocol)
        .map(|policy| (policy.protocol(), policy.name().to_owned(), policy.layout()))
}

#[test]
fn the_hub_is_there_under_its_number_and_when_nothing_is_asked_for() {
    for protocol in [IPN_ANY, IPN_BROADCAST] {
        assert!(matches!(Policy::find(protocol), Ok(Policy::Hub)));
        assert_eq!(
            found(protocol),
            Ok((IPN_BROADCAST, "hub".to_owned(), Layout::Shared))
        );
    }
}

#[test]
fn a_registered_number_finds_the_module_s_policy() {
    let expected = (PolicyModule::PROTOCOL, "module".to_owned(), Layout::PerPort);
    assert_eq!(found(PolicyModule::PROTOCOL), Ok(expected));
}

#[test]
fn any_other_number_is_no_protocol() {
    for protocol in (3..=IPN_PROTO_MAX + 1).chain([u32::MAX]) {
        assert_eq!(found(protocol), Err(Errno::PROTONOSUPPORT));
    }
}
