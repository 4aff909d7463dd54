// SPDX-License-Identifier: GPL-2.0

//! `rust/policy_module.rs`: policies of other modules, which call back as those do.

use crate::{abi::errno::Errno, policy::targets::Target};
use kernel::prelude::*;

/// What `struct ipn_targets` is.
pub(crate) type Targets = crate::policy::targets::Targets<KVVec<Target>, KVVec<u64>>;

impl Targets {
    pub(crate) fn allocate(ports: u32) -> Result<(Self, u64)> {
        let named = KVVec::from_elem(0, ports as usize, GFP_KERNEL_ACCOUNT)?;
        let list = KVVec::from_elem(Target::whole(0), ports as usize, GFP_KERNEL_ACCOUNT)?;
        Ok((Self::new(list, named), 0))
    }
}

/// What a policy of another module does for a network.
pub(crate) trait State: Send {
    /// `ipn_policy_ops.adopt`: the number of ports changes.
    fn adopt(&mut self, ports: u32);
    fn join(&mut self, port: u32);
    fn leave(&mut self, port: u32);
    fn route(&mut self, message: &[u8], from: u32, again: bool, to: &mut Targets);
    fn remembered(&mut self, _from: u32, _messages: u64) {}
    fn refused(&mut self);
    /// `ipn_policy_ops.set_option`.
    fn set_option(&mut self, _option: u32, _value: &[u8]) -> Result {
        Err(Errno::NOPROTOOPT.into())
    }
    /// `ipn_policy_ops.get_option`: how long the answer is.
    fn get_option(&mut self, _option: u32, _value: &mut [u8]) -> Result<usize> {
        Err(Errno::NOPROTOOPT.into())
    }
}

/// A policy by its number: its name, and how a network's state is made.
pub(crate) type Entry = (u32, &'static str, fn(u32) -> Box<dyn State>);

/// A policy of another module.
pub(crate) struct PolicyModule(&'static Entry);

impl PolicyModule {
    pub(crate) fn find(protocol: u32) -> Option<Self> {
        crate::POLICIES
            .iter()
            .find(|entry| entry.0 == protocol)
            .map(Self)
    }

    pub(crate) fn protocol(&self) -> u32 {
        self.0 .0
    }

    pub(crate) fn name(&self) -> &str {
        self.0 .1
    }
}

/// What a policy keeps of a network.
pub(crate) struct PolicyState {
    state: Box<dyn State>,
    ports: u32,
}

impl PolicyState {
    pub(crate) fn new(policy: PolicyModule, ports: u32) -> Result<Self> {
        kernel::alloc::attempt()?;
        let state = policy.0 .2(ports);
        Ok(Self { state, ports })
    }

    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.ports)
    }

    pub(crate) fn adopt(&mut self, fresh: &mut Self) {
        self.state.adopt(fresh.ports);
        core::mem::swap(&mut self.ports, &mut fresh.ports);
    }

    pub(crate) fn join(&mut self, port: u32) {
        self.state.join(port);
    }

    pub(crate) fn leave(&mut self, port: u32) {
        self.state.leave(port);
    }

    pub(crate) fn route(&mut self, message: &[u8], from: u32, again: bool, to: &mut Targets) {
        to.clear();
        self.state.route(message, from, again, to);
    }

    pub(crate) fn remembered(&mut self, from: u32, messages: u64) {
        self.state.remembered(from, messages);
    }

    pub(crate) fn refused(&mut self) {
        self.state.refused();
    }

    pub(crate) fn set_option(&mut self, option: u32, value: &[u8]) -> Result {
        self.state.set_option(option, value)
    }

    pub(crate) fn get_option(&mut self, option: u32, value: &mut [u8]) -> Result<usize> {
        self.state.get_option(option, value)
    }
}
