// SPDX-License-Identifier: GPL-2.0

//! What a message costs as receivers become more, as a picture.

use crate::clock::Clock;
use crate::media::kinds::MEDIA;
use crate::media::{Group, Kind, Role};
use crate::record::Measure;
use crate::results::Results;
use crate::table::thousands;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;

/// A panel for messages of each of these sizes.
const BYTES: [usize; 2] = [12, 1514];
/// Its width and height.
const PANEL: (u32, u32) = (620, 640);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Outcome = Result<(), Box<dyn Error>>;

/// A medium and its points: receivers, and what a message costs.
type Line = (&'static Kind, Vec<(f64, f64)>);

/// The picture, in SVG.
pub fn svg(results: &Results) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    {
        let size = (PANEL.0 * BYTES.len() as u32, PANEL.1);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        root.fill(&WHITE)?;
        let panels = root.split_evenly((1, BYTES.len()));
        for (panel, bytes) in panels.iter().zip(BYTES) {
            draw(panel, bytes, &lines(results, bytes))?;
        }
        root.present()?;
    }
    Ok(text)
}

/// What there is of a size, of more than one number of receivers.
fn lines(results: &Results, bytes: usize) -> Vec<Line> {
    let records = results.of(Clock::Counted, Measure::Message);
    let kinds = MEDIA.iter().filter(|kind| kind.group == Group::Bus);
    kinds
        .map(|kind| {
            let of_kind = records
                .iter()
                .filter(|record| record.medium == kind.name && record.bytes == bytes);
            let mut points: Vec<(f64, f64)> = of_kind
                .map(|record| (record.receivers as f64, record.value))
                .collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            (kind, points)
        })
        .filter(|(_, points)| points.len() > 1)
        .collect()
}

fn draw(panel: &Area<'_>, bytes: usize, lines: &[Line]) -> Outcome {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let most = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(1.0, f64::max);
    let least = points().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let receivers = 1.0..most(|point| point.0).max(2.0);
    // Room for the names above the lines.
    let costs = least.clamp(1.0, 1e9) * 0.8..most(|point| point.1) * 20.0;
    let mut chart = ChartBuilder::on(panel)
        .caption(
            format!("A message of {bytes} bytes, its send and all receives"),
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(92)
        .build_cartesian_2d(receivers.log_scale(), costs.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("receivers")
        .y_desc("instructions")
        .x_label_formatter(&|receivers| format!("{receivers:.0}"))
        .y_label_formatter(&|cost| thousands(*cost))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (at, (kind, points)) in lines.iter().enumerate() {
        let hue = at as f64 / lines.len() as f64;
        let width = match kind.role {
            Role::Ours => 3,
            Role::Peer | Role::Aside => 1,
        };
        let style = HSLColor(hue, 0.8, 0.4).stroke_width(width);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(width + 1))?
            .label(kind.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(30)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONDITIONS: &str =
        r#"{"clock":"counted","kernel":"7.2","processors":1,"accelerator":"tcg"}"#;

    fn record(medium: &str, receivers: usize, value: f64) -> String {
        format!(
            r#"{{"measure":"message","medium":"{medium}","bytes":12,"receivers":{receivers},"value":{value}}}"#
        )
    }

    #[test]
    fn what_was_measured_more_than_once_is_in_the_picture() {
        let records = [
            record("hub", 1, 2000.0),
            record("hub", 8, 9000.0),
            record("netlink", 1, 5000.0),
        ];
        let text = format!("{CONDITIONS}\n{}\n", records.join("\n"));
        let svg = svg(&Results::read(&text).unwrap()).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("hub"));
        assert!(!svg.contains("netlink"));
    }

    #[test]
    fn nothing_makes_an_empty_picture() {
        assert!(svg(&Results::default()).unwrap().contains("receivers"));
    }
}
