// SPDX-License-Identifier: GPL-2.0

//! The text of the figures.

use super::*;
use ipn::{DropReason, FileNumbers};
use std::collections::HashSet;
use std::time::Duration;

const FILE: FileNumbers = FileNumbers::new(0, 27, 5);

fn shown() -> String {
    let mut network = Network::new(FILE);
    (network.path, network.policy, network.sent) = ("/tmp/a\"b\\c\nd".into(), 1, 12);
    let mut same = Network::new(FileNumbers::new(0, 27, 6));
    same.path = network.path.clone();
    let mut port = Port::new(FILE, 3);
    (port.command, port.pid, port.uid) = ("cam".into(), Some(7), Some(0));
    (port.sent, port.lag, port.waiting) = (9, 2, Some(Duration::from_millis(1500)));
    network.sent_bytes = 345;
    network.drops = vec![(DropReason::Overrun, 4), (DropReason::Locked, 2)];
    port.drops = vec![(DropReason::Other(70), 1)];
    (network.window, network.evicted) = (Some(Duration::from_millis(2500)), Some(3));
    port.waited = Some(4);
    let seen = Snapshot::new(vec![network, same], vec![port], None);
    text(&seen, &Users::of("root:x:0:0"))
}

#[test]
fn figures_have_names_and_labels() {
    let text = shown();
    // As the shell has such names, and that as the format has its backslashes.
    let labels = r#"network="$'/tmp/a\"b\\\\c\\012d'",file="0:27:5""#;
    for line in [
        "# TYPE ipn_network_sent_messages counter".to_owned(),
        format!("ipn_network_sent_messages_total{{{labels}}} 12"),
        format!("ipn_port_sent_messages_total{{{labels},port=\"3\"}} 9"),
        format!("ipn_network_sent_bytes_total{{{labels}}} 345"),
        format!("ipn_network_dropped_messages_total{{{labels},reason=\"locked\"}} 2"),
        format!("ipn_port_dropped_messages_total{{{labels},port=\"3\",reason=\"reason_70\"}} 1"),
        format!("ipn_port_lag_messages{{{labels},port=\"3\"}} 2"),
        format!("ipn_port_waiting_seconds{{{labels},port=\"3\"}} 1.5"),
        format!("ipn_network_window_seconds{{{labels}}} 2.5"),
        format!("ipn_network_evicted_ports_total{{{labels}}} 3"),
        format!("ipn_port_waited_messages_total{{{labels},port=\"3\"}} 4"),
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(text.ends_with("\n# EOF\n"));
    assert!(
        text.contains(r#"command="cam",pid="7",user="root""#),
        "{text}"
    );
}

/// Each value stands below the description of its family, and once.
#[test]
fn families_are_whole_and_values_are_unique() {
    let text = shown();
    let (mut family, mut seen) = (String::new(), HashSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(seen.insert(name.to_owned()), "twice: {name}");
            family = match kind {
                "counter" => format!("{name}_total"),
                _ => name.to_owned(),
            };
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            assert!(series.starts_with(&format!("{family}{{")), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(seen.insert(series.to_owned()), "twice: {line}");
        }
    }
}

#[test]
fn nothing_in_use_is_no_error() {
    assert!(text(&Snapshot::default(), &Users::default()).ends_with("# EOF\n"));
}
