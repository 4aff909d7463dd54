// SPDX-License-Identifier: GPL-2.0

//! The picture for Graphviz: dot(1) draws it.

use super::picture::{Picture, Place};
use super::switches::few;
use std::fmt::Write as _;

/// Characters that name the stations of a port: three of a switch without VLANs.
const STATIONS: usize = 70;

/// The picture as Graphviz reads it.
pub fn text(picture: &Picture) -> String {
    let mut text = String::from(
        "digraph ipn {\n\
         \tgraph [rankdir=LR, fontname=\"sans-serif\", nodesep=0.08, ranksep=1.2];\n\
         \tnode [shape=box, style=\"rounded,filled\", fillcolor=\"#f8fafc\", fontname=\"sans-serif\", fontsize=11, height=0.3];\n\
         \tedge [color=\"#475569\", arrowsize=0.6];\n",
    );
    // Writing to a string does not fail.
    for (index, process) in picture.processes.iter().enumerate() {
        let label = quoted(&format!("{}\n{}", process.command, process.facts));
        let _ = writeln!(text, "\tprocess{index} [label={label}];");
    }
    for (index, device) in picture.devices.iter().enumerate() {
        let label = quoted(&format!("{}\n{}", device.name, device.facts));
        let shape = if device.is_far { "oval" } else { "component" };
        let _ = writeln!(text, "\tdevice{index} [label={label}, shape={shape}];");
    }
    for (number, network) in picture.networks.iter().enumerate() {
        let label = quoted(&format!("{}\n{}", network.path, network.facts));
        let _ = writeln!(
            text,
            "\tsubgraph cluster{number} {{\n\t\tlabel={label};\n\t\tstyle=\"rounded,filled\";\n\t\tfillcolor=\"#eef2ff\";"
        );
        for place in &network.places {
            let mut lines = vec![[place.number.to_string(), place.description.clone()].join(" ")];
            lines.push([place.sent.as_str(), &place.received, &place.trouble].join(" "));
            if !place.vlans.is_empty() {
                let vlans = place.vlans.iter().map(|(name, is_pvid)| match is_pvid {
                    true => format!("{name} PVID"),
                    false => name.clone(),
                });
                lines.push(format!("VLAN {}", vlans.collect::<Vec<_>>().join(", ")));
            }
            lines.push(few(&place.stations, STATIONS));
            let lines: Vec<_> = lines
                .iter()
                .map(|line| line.trim())
                .filter(|line| !line.is_empty())
                .collect();
            let label = quoted(&lines.join("\n"));
            let _ = writeln!(text, "\t\t{} [label={label}];", name(number, place));
        }
        if network.others > 0 {
            let label = quoted(&format!("{} more", network.others));
            let _ = writeln!(text, "\t\tnetwork{number} [label={label}, style=dashed];");
        } else if network.places.is_empty() {
            let _ = writeln!(
                text,
                "\t\tnetwork{number} [label=\"no port\", style=dotted];"
            );
        }
        text.push_str("\t}\n");
    }
    for (number, network) in picture.networks.iter().enumerate() {
        for place in &network.places {
            let port = name(number, place);
            let (to, from) = (place.sends, place.receives);
            let style = if place.observes { ", style=dashed" } else { "" };
            let direction = |sends, receives| match (sends, receives) {
                (true, true) => "both",
                (true, false) => "forward",
                (false, true) => "back",
                (false, false) => "none",
            };
            if let Some(process) = place.process {
                let (style, dir) = match place.by_process {
                    false => (", style=dotted", "none"),
                    true => (style, direction(to, from)),
                };
                let _ = writeln!(text, "\tprocess{process} -> {port} [dir={dir}{style}];");
            }
            if let Some(device) = place.device {
                // It is on the other side.
                let dir = direction(from, to);
                let style = match picture.devices[device].is_far {
                    true => ", style=bold",
                    false => "",
                };
                let _ = writeln!(text, "\t{port} -> device{device} [dir={dir}{style}];");
            }
        }
    }
    text.push_str("}\n");
    text
}

/// What the port of a network is called here.
fn name(network: usize, place: &Place) -> String {
    format!("network{network}port{}", place.number)
}

/// A text of several lines in quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
