// SPDX-License-Identifier: GPL-2.0

//! The picture as SVG: processes at the left, networks with their ports in the middle, devices at the
//! right. Lengths are pixels.

use super::picture::{Bus, Picture, Place};
use super::switches::few;
use crate::seen::short::fit;
use std::fmt::Write as _;

const MARGIN: usize = 20;
/// A port's line, and a process's beside it.
const ROW: usize = 28;
const BOX: usize = 22;
/// A line below it, which names the stations at a port.
const BELOW: usize = 14;
/// Characters of that line, which are small: three stations of a switch without VLANs.
const STATIONS: usize = 70;
/// What a network tells above its ports.
const HEAD: usize = 50;
const GAP: usize = 24;
const PROCESS: usize = 236;
const LINES: usize = 96;
const NETWORK: usize = 460;
const DEVICE: usize = 170;
const LEGEND: usize = 30;
/// A number with its arrow.
const COUNT: usize = 56;

/// A letter's width: of 12 pixels high they are no wider on average.
const LETTER: usize = 7;

const STYLE: &str = "\
text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#0f172a}\
.faint{fill:#64748b}.bold{font-weight:600}.path{font-size:14px;font-weight:600}\
.bad{fill:#b91c1c;font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}\
.small{font-size:10.5px}\
.box{fill:#fff;stroke:#cbd5e1}.hub{fill:#eef2ff;stroke:#6366f1}.switch{fill:#ecfdf5;stroke:#10b981}\
.ended{fill:#f1f5f9;stroke:#94a3b8}.row{fill:#fff;stroke:none}.number{fill:#334155}\
.light{fill:#fff;font-weight:600}.pvid{fill:#0e7490}.vlan{fill:#fff;stroke:#0e7490}.teal{fill:#0e7490}\
.line{fill:none;stroke:#475569;stroke-width:1.4}.seen{stroke:#7c3aed;stroke-dasharray:5 3}\
.holds{stroke:#94a3b8;stroke-dasharray:1.5 3}.cable{stroke-width:3}.far{stroke:#475569;stroke-width:1.5}";

/// The picture as a file of SVG.
pub fn text(picture: &Picture) -> String {
    let mut drawing = Drawing::default();
    let networks_at = MARGIN + PROCESS + LINES;
    let devices_at = networks_at + NETWORK + LINES;
    let width = match picture.devices.is_empty() {
        true => networks_at + NETWORK + MARGIN,
        false => devices_at + DEVICE + MARGIN,
    };
    let mut top = MARGIN;
    let mut rows = Vec::new();
    for network in &picture.networks {
        let mut y = top + HEAD;
        for place in &network.places {
            rows.push((place, y + ROW / 2));
            y += row(place);
        }
        top += height(network) + GAP;
    }
    let processes = columns(picture.processes.len(), &rows, |place| place.process);
    let devices = columns(picture.devices.len(), &rows, |place| place.device);
    // Lines first, so that boxes are above them.
    for (place, y) in &rows {
        if let Some(process) = place.process {
            let from = (MARGIN + PROCESS, processes[process]);
            let to = (networks_at, *y);
            match place.by_process {
                false => drawing.line(from, to, "line holds", (false, false)),
                true => {
                    let class = if place.observes { "line seen" } else { "line" };
                    drawing.line(from, to, class, (place.receives, place.sends));
                }
            }
        }
        if let Some(device) = place.device {
            let ends = (place.sends, place.receives);
            let class = match picture.devices[device].is_far {
                true => "line cable",
                false => "line",
            };
            drawing.line(
                (networks_at + NETWORK, *y),
                (devices_at, devices[device]),
                class,
                ends,
            );
        }
    }
    for (process, y) in picture.processes.iter().zip(&processes) {
        let facts = fit(&process.facts, 18);
        let room = (PROCESS - 24) / LETTER - columns_of(&facts);
        drawing.block(MARGIN, y - BOX / 2, PROCESS, "box");
        let command = fit(&process.command, room);
        drawing.say(MARGIN + 8, y + 4, "bold", &command);
        drawing.say(MARGIN + PROCESS - 8, y + 4, "faint end", &facts);
    }
    for (device, y) in picture.devices.iter().zip(&devices) {
        let class = if device.is_far { "box far" } else { "box" };
        drawing.block(devices_at, y - BOX / 2, DEVICE, class);
        drawing.say(devices_at + 8, y + 4, "bold", &fit(&device.name, 15));
        drawing.say(
            devices_at + DEVICE - 8,
            y + 4,
            "faint end",
            &fit(&device.facts, 8),
        );
    }
    let mut y = MARGIN;
    for network in &picture.networks {
        drawing.network(network, networks_at, y);
        y += height(network) + GAP;
    }
    if picture.networks.is_empty() {
        drawing.say(networks_at, MARGIN + 16, "faint", "No network is in use.");
        top = MARGIN + ROW;
    }
    let lowest = processes.iter().chain(&devices).map(|y| y + BOX).max();
    let bottom = lowest.unwrap_or(0).max(top);
    drawing.legend(picture, bottom);
    drawing.whole(width, bottom + LEGEND)
}

fn height(network: &Bus) -> usize {
    let more = usize::from(network.others > 0 || network.places.is_empty());
    let rows: usize = network.places.iter().map(row).sum();
    HEAD + rows + more * ROW + 6
}

/// How high a port's row is.
fn row(place: &Place) -> usize {
    ROW + if place.stations.is_empty() { 0 } else { BELOW }
}

/// Where boxes are that belong to rows: in the middle of these, none above another.
fn columns(
    count: usize,
    rows: &[(&Place, usize)],
    of: impl Fn(&Place) -> Option<usize>,
) -> Vec<usize> {
    let mut wanted: Vec<(usize, usize)> = (0..count)
        .map(|index| {
            let its = rows.iter().filter(|(place, _)| of(place) == Some(index));
            let (number, sum) = its.fold((0, 0), |(number, sum), (_, y)| (number + 1, sum + y));
            (sum / usize::max(number, 1), index)
        })
        .collect();
    wanted.sort_unstable();
    let mut places = vec![0; count];
    let mut free = 0;
    for (y, index) in wanted {
        places[index] = y.max(free);
        free = places[index] + ROW;
    }
    places
}

fn columns_of(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// What is drawn so far.
#[derive(Debug, Default)]
struct Drawing(String);

// Writing to a string does not fail.
impl Drawing {
    fn say(&mut self, x: usize, y: usize, class: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(
            self.0,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>"
        );
    }

    fn block(&mut self, x: usize, y: usize, width: usize, class: &str) {
        let _ = writeln!(
            self.0,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX}\" rx=\"5\" class=\"{class}\"/>"
        );
    }

    /// A line with heads of arrows at its ends.
    fn line(&mut self, from: (usize, usize), to: (usize, usize), class: &str, heads: (bool, bool)) {
        let kind = if class.contains("seen") { "s" } else { "" };
        let head = |is: bool, end: &str| match is {
            true => format!(" marker-{end}=\"url(#a{kind})\""),
            false => String::new(),
        };
        let (start, end) = (head(heads.0, "start"), head(heads.1, "end"));
        // Room for the heads.
        let (x, y) = (from.0 + 2, from.1);
        let (to_x, to_y) = (to.0 - 2, to.1);
        let bend = LINES / 2;
        let (left, right) = (x + bend, to_x - bend);
        let _ = writeln!(
            self.0,
            "<path d=\"M{x} {y}C{left} {y} {right} {to_y} {to_x} {to_y}\" class=\"{class}\"{start}{end}/>"
        );
    }

    fn network(&mut self, network: &Bus, x: usize, y: usize) {
        let class = match (network.has_ended, network.is_switch) {
            (true, _) => "ended",
            (false, true) => "switch",
            (false, false) => "hub",
        };
        let height = height(network);
        let _ = writeln!(
            self.0,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{NETWORK}\" height=\"{height}\" rx=\"8\" class=\"{class}\" stroke-width=\"1.5\"/>"
        );
        self.say(x + 12, y + 21, "path", &fit(&network.path, 50));
        self.say(x + 12, y + 38, "faint", &fit(&network.facts, 62));
        let mut top = y + HEAD;
        for place in &network.places {
            self.place(place, x, top);
            top += row(place);
        }
        let more = match (network.others, network.places.is_empty()) {
            (0, true) => Some("no port".to_owned()),
            (0, false) => None,
            (others, true) => Some(format!("{others} ports of others")),
            (others, false) => Some(format!("and {others} more, of others")),
        };
        if let Some(more) = more {
            self.say(x + 12, top + 18, "faint", &more);
        }
    }

    fn place(&mut self, place: &Place, x: usize, top: usize) {
        let (middle, edge) = (top + ROW / 2, x + NETWORK);
        let _ = writeln!(
            self.0,
            "<g><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" class=\"row\"/>",
            escaped(&place.all),
            x + 6,
            middle - BOX / 2,
            NETWORK - 12,
            row(place) - ROW + BOX
        );
        let _ = writeln!(
            self.0,
            "<rect x=\"{}\" y=\"{}\" width=\"38\" height=\"{BOX}\" rx=\"4\" class=\"number\"/>",
            x + 6,
            middle - BOX / 2
        );
        self.say(
            x + 25,
            middle + 4,
            "light middle",
            &place.number.to_string(),
        );
        let mut right = edge - 14;
        self.say(right, middle + 4, "faint end", &place.received);
        right -= COUNT;
        self.say(right, middle + 4, "faint end", &place.sent);
        right -= COUNT;
        if !place.trouble.is_empty() {
            self.say(right, middle + 4, "bad end", &place.trouble);
            right -= columns_of(&place.trouble) * LETTER + 10;
        }
        // Few VLANs are shown, of many how many more there are.
        let (shown, rest) = place.vlans.split_at(place.vlans.len().min(3));
        let mut marks: Vec<_> = shown
            .iter()
            .map(|(name, pvid)| (name.clone(), *pvid))
            .collect();
        if !rest.is_empty() {
            marks.push((format!("+{}", rest.len()), false));
        }
        for (name, is_pvid) in marks.iter().rev() {
            let width = columns_of(name) * LETTER + 10;
            right -= width + 4;
            let (class, text) = match is_pvid {
                true => ("pvid", "light middle small"),
                false => ("vlan", "teal middle small"),
            };
            let _ = writeln!(
                self.0,
                "<rect x=\"{right}\" y=\"{}\" width=\"{width}\" height=\"16\" rx=\"8\" class=\"{class}\"/>",
                middle - 8
            );
            self.say(right + width / 2, middle + 4, text, name);
        }
        if !marks.is_empty() {
            right -= 38;
            self.say(right, middle + 4, "faint small", "VLAN");
        }
        let room = right.saturating_sub(x + 52) / LETTER;
        self.say(x + 52, middle + 4, "", &fit(&place.description, room));
        if !place.stations.is_empty() {
            let stations = few(&place.stations, STATIONS);
            self.say(x + 52, middle + BELOW + 3, "faint small", &stations);
        }
        self.0.push_str("</g>\n");
    }

    /// What the marks mean that are there.
    fn legend(&mut self, picture: &Picture, y: usize) {
        let places = || picture.networks.iter().flat_map(|network| &network.places);
        let mut words = vec!["↑ sent, ↓ received: messages. Arrows go where they may go."];
        if places().any(|place| place.observes) {
            words.push("Dashed: sees all, is no reader.");
        }
        if places().any(|place| !place.by_process) {
            words.push("Dotted: made the device a port.");
        }
        if picture.devices.iter().any(|device| device.is_far) {
            words.push("Thick: a cable to other machines.");
        }
        if places().any(|place| !place.vlans.is_empty()) {
            words.push("Filled VLAN: that of untagged frames.");
        }
        self.say(MARGIN, y + 12, "faint small", &words.join("  "));
    }

    fn whole(self, width: usize, height: usize) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>Networks between processes</title>\n<style>{STYLE}</style>\n<defs>"
        );
        for (name, colour) in [("a", "#475569"), ("as", "#7c3aed")] {
            let _ = writeln!(
                text,
                "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"{colour}\"/></marker>"
            );
        }
        let _ = writeln!(
            text,
            "</defs>\n<rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#f8fafc\"/>"
        );
        text.push_str(&self.0);
        text.push_str("</svg>\n");
        text
    }
}

/// A text as XML has it. What XML has no place for, such as control characters, does not come here:
/// names are shown as a terminal may have them.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Two code points of each plane are none of a text.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
