// SPDX-License-Identifier: GPL-2.0
//! The module's parameters while it is fuzzed: small, so that its bounds are met.

/// Most ports of a network.
pub const PORTS: i32 = 4096;
/// Most bytes of a network's messages.
pub const NETWORK_BYTES: u64 = 8 << 20;
/// Most networks of a user.
pub const USER_NETWORKS: usize = 4;
/// Most bytes of the messages of all networks of a user.
pub const USER_BYTES: u64 = 12 << 20;

/// Protocols of policies that are loaded beside the hub.
pub const POLICIES: &[i32] = &[2, 40];

/// The parameters as they are given to the module.
pub fn parameters() -> String {
    format!(
        "max_ports={PORTS} max_network_bytes={NETWORK_BYTES} max_user_networks={USER_NETWORKS} \
         max_user_bytes={USER_BYTES}"
    )
}
