// SPDX-License-Identifier: GPL-2.0

//! Networks and ports in JSON.

use super::drops;
use super::users::Users;
use ipn::Shown;
use ipn_netlink::{Network, Port};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Which network it is.
#[derive(Debug, Serialize)]
pub struct JsonNetwork<'a> {
    network: Cow<'a, str>,
    /// The bytes of the path, where they are no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_bytes: Option<&'a [u8]>,
    file: String,
}

impl<'a> JsonNetwork<'a> {
    pub fn of(network: &'a Network) -> Self {
        let path: &Path = &network.path;
        Self {
            network: match path.to_str() {
                Some(text) => text.into(),
                None => Shown::of(path).to_string().into(),
            },
            network_bytes: match path.to_str() {
                Some(_) => None,
                None => Some(path.as_os_str().as_bytes()),
            },
            file: network.file.to_string(),
        }
    }
}

/// A port.
#[derive(Debug, Serialize)]
pub struct JsonPort<'a> {
    port: u32,
    kind: String,
    pid: Option<u32>,
    command: Cow<'a, str>,
    uid: Option<u32>,
    user: String,
    gid: Option<u32>,
    direction: &'static str,
    description: Cow<'a, str>,
    device: Option<Cow<'a, str>>,
    sent: u64,
    sent_bytes: u64,
    received: u64,
    received_bytes: u64,
    lost: u64,
    refused: u64,
    /// Messages by the reason for which they were lost, those two among them.
    drops: BTreeMap<String, u64>,
    lag: u64,
    /// For how long; null: it does not wait.
    waiting_ms: Option<u128>,
    /// Of a reliable bus: messages that it sent and that had to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited: Option<u64>,
    /// The same: bytes that it sent in the last whole second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<u64>,
}

impl<'a> JsonPort<'a> {
    pub fn of(port: &'a Port, users: &Users) -> Self {
        Self {
            port: port.number,
            kind: port.kind.to_string(),
            pid: port.pid,
            command: port.command.to_string_lossy(),
            uid: port.uid,
            user: users.name_of(port.uid),
            gid: port.gid,
            direction: direction(port),
            description: port.description.to_string_lossy(),
            device: port
                .device
                .as_ref()
                .map(|device| device.name.to_string_lossy()),
            sent: port.sent,
            sent_bytes: port.sent_bytes,
            received: port.received,
            received_bytes: port.received_bytes,
            lost: port.lost,
            refused: port.refused,
            drops: drops::names(&port.drops),
            lag: port.lag,
            waiting_ms: port.waiting.map(|time| time.as_millis()),
            waited: port.waited,
            pace: port.pace,
        }
    }
}

/// A port, and whose it is.
#[derive(Debug, Serialize)]
pub struct JsonMember<'a> {
    #[serde(flatten)]
    pub network: JsonNetwork<'a>,
    #[serde(flatten)]
    pub port: JsonPort<'a>,
}

/// What a port does, in a word.
pub fn direction(port: &Port) -> &'static str {
    match (port.receives, port.sends) {
        (true, true) => "both",
        (true, false) => "receive",
        (false, true) => "send",
        (false, false) => "none",
    }
}
