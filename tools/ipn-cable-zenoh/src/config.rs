// SPDX-License-Identifier: GPL-2.0

//! Zenoh's configuration.

use crate::batch::PAYLOAD_MAX;
use crate::endpoint::Endpoint;
use crate::options::Options;
use ipn_cable::Failure;
use serde_json::{json, Value};
use std::time::Duration;
use zenoh::config::WhatAmI;
use zenoh::Config;

/// Between two tries to connect: at first, and at most.
pub const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

/// Who takes nothing for so long is cut off, so that the others get on and it can be asked for again: a
/// part of the window, so that this has it still.
fn patience(window: Duration) -> Duration {
    (window / 4).clamp(Duration::from_secs(1), Duration::from_secs(10))
}

/// That of a cable or a router.
///
/// # Errors
///
/// Zenoh does not take it.
pub fn of(options: &Options, mode: WhatAmI) -> Result<Config, Failure> {
    let patience = patience(options.window);
    let names = |endpoints: &[Endpoint]| endpoints.iter().map(Endpoint::to_string).collect();
    let mut listen: Vec<String> = names(&options.listen);
    if listen.is_empty() && options.scouts {
        // Others, whom multicast has told of it, connect to it.
        listen.push("tcp/0.0.0.0:0".to_owned());
    }
    let connect: Vec<String> = names(&options.connect);
    let is_client = mode == WhatAmI::Client;
    let protocol = match &options.certificates {
        Some(_) => "tls",
        None => "tcp",
    };
    let mut settings = vec![
        ("mode", json!(mode.to_str())),
        ("connect/endpoints", json!(connect)),
        // At first a client fails at once when it reaches nobody, as it would else wait for the first endpoint for
        // ever and never try the second.
        ("connect/timeout_ms", json!(if is_client { 0 } else { -1 })),
        ("connect/exit_on_failure", json!(false)),
        (
            "connect/retry",
            json!({
                "period_init_ms": RETRY.0.as_millis() as u64,
                "period_max_ms": RETRY.1.as_millis() as u64,
                "period_increase_factor": 2,
            }),
        ),
        ("listen/endpoints", json!(listen)),
        ("scouting/multicast/enabled", json!(options.scouts)),
        ("transport/link/protocols", json!([protocol])),
        (
            "transport/link/tx/lease",
            json!(patience.as_millis() as u64),
        ),
        (
            "transport/link/tx/queue/congestion_control/block/wait_before_close",
            json!(patience.as_micros() as u64),
        ),
        // With what Zenoh puts before it.
        (
            "transport/link/rx/max_message_size",
            json!(PAYLOAD_MAX + 65536),
        ),
    ];
    if let Some(interface) = &options.interface {
        settings.push(("scouting/multicast/interface", json!(interface)));
    }
    if let Some(certificates) = &options.certificates {
        settings.push((
            "transport/link/tls",
            json!({
                "root_ca_certificate": certificates.authority,
                "listen_certificate": certificates.certificate,
                "connect_certificate": certificates.certificate,
                "listen_private_key": certificates.key,
                "connect_private_key": certificates.key,
                "enable_mtls": true,
                "verify_name_on_connect": true,
            }),
        ));
    }
    let mut config = Config::default();
    for (key, value) in &settings {
        insert(&mut config, key, value)?;
    }
    Ok(config)
}

fn insert(config: &mut Config, key: &str, value: &Value) -> Result<(), Failure> {
    config
        .insert_json5(key, &value.to_string())
        .map_err(|error| Failure::because(format!("Zenoh does not take {key}={value}: {error}")))
}
