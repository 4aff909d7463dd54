// SPDX-License-Identifier: GPL-2.0

//! How it is drawn.

use super::view::{Line, View};
use crate::seen::ports::seconds;
use crate::seen::short::fit;
use crate::sort::Sort;
use crate::table::table;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table};
use ratatui::Frame;

/// What a column is for, how wide it is, and what is in it. The first has what is left.
type Column = (&'static str, u16, fn(&Line) -> &str);

/// Without those of bytes they leave 26 characters of 80 to the first.
const COLUMNS: [Column; 9] = [
    ("USER", 8, |line| &line.user),
    ("SENT/s", 7, |line| &line.sent),
    ("RECV/s", 7, |line| &line.received),
    ("SENTB/s", 7, |line| &line.sent_bytes),
    ("RECVB/s", 7, |line| &line.received_bytes),
    ("LOST/s", 7, |line| &line.lost_rate),
    ("LOST", 6, |line| &line.lost),
    ("LAG", 6, |line| &line.lag),
    ("WAIT", 6, |line| &line.waiting),
];

const NAME: &str = "NETWORK, PORT";

/// From so many columns on there is room for those of bytes.
const WIDE: u16 = 96;

/// The columns that a terminal has room for.
fn columns(width: u16) -> impl Iterator<Item = &'static Column> {
    let of_bytes = |name: &str| name.ends_with("B/s");
    COLUMNS
        .iter()
        .filter(move |(name, ..)| width >= WIDE || !of_bytes(name))
}

/// What keys do.
const HELP: [(&str, &str); 11] = [
    ("q, Esc", "quit"),
    ("s", "sort by the next: rate, lost, lag, name"),
    ("r l g n", "sort by rate, lost, lag, name"),
    ("space, p", "stop the figures, and let them go on"),
    ("+ -", "look half as often, twice as often"),
    ("up, down", "scroll; page up, page down, home, end too"),
    ("h, ?", "this help"),
    ("", ""),
    (
        "SENTB/s",
        "bytes; in terminals of 96 columns and more, RECVB/s too",
    ),
    ("LAG", "messages between a port and the newest"),
    ("WAIT", "how long it has been waiting in a call"),
];

/// Draws all of it.
pub fn frame(view: &mut View, frame: &mut Frame<'_>) {
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(2),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(
        Paragraph::new(Text::from(summary(view)).style(Modifier::BOLD)),
        head,
    );
    view.room = usize::from(body.height.saturating_sub(1));
    view.keep_within();
    match view.is_helping {
        true => help(frame, body),
        false => lines(view, frame, body),
    }
    frame.render_widget(keys(view), foot);
}

fn summary(view: &View) -> String {
    let number = |one: usize, many: &str| match one {
        1 => format!("1 {}", many.trim_end_matches('s')),
        _ => format!("{one} {many}"),
    };
    let paused = if view.is_paused { ", stopped" } else { "" };
    format!(
        "ipn top: {}, {}, every {}, by {}{paused}",
        number(view.networks, "networks"),
        number(view.ports, "ports"),
        seconds(view.interval),
        view.sort.name()
    )
}

fn lines(view: &View, frame: &mut Frame<'_>, area: Rect) {
    let sorted = |name: &str| match view.sort {
        Sort::Rate => name == "SENT/s" || name == "RECV/s",
        Sort::Lost => name.starts_with("LOST"),
        Sort::Lag => name == "LAG",
        Sort::Name => name == NAME,
    };
    let title = |name: &'static str, text: String| {
        let style = match sorted(name) {
            true => Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED),
            false => Style::new().add_modifier(Modifier::REVERSED),
        };
        Cell::new(text).style(style)
    };
    let mut header = vec![title(NAME, NAME.to_owned())];
    header.extend(columns(area.width).map(|(name, width, _)| title(name, right(name, *width))));
    let fixed: u16 = columns(area.width).map(|(_, width, _)| width + 1).sum();
    let wide = usize::from(area.width.saturating_sub(fixed).max(12));
    let shown = view.lines.iter().skip(view.first).take(view.room);
    let rows = shown.map(|line| {
        let mut cells = vec![Cell::new(fit(&line.name, wide))];
        cells.extend(columns(area.width).map(|(_, width, of)| {
            let text = of(line);
            Cell::new(right(&fit(text, usize::from(*width)), *width))
        }));
        let style = match (line.is_losing, line.is_network) {
            (true, true) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            (true, false) => Style::new().fg(Color::Red),
            (false, true) => Style::new().add_modifier(Modifier::BOLD),
            (false, false) => Style::new(),
        };
        Row::new(cells).style(style)
    });
    let widths = std::iter::once(Constraint::Min(12))
        .chain(columns(area.width).map(|(_, width, _)| Constraint::Length(*width)));
    let header = Row::new(header).style(Modifier::REVERSED);
    frame.render_widget(
        Table::new(rows, widths).header(header).column_spacing(1),
        area,
    );
}

/// A text at the right of its column.
fn right(text: &str, width: u16) -> String {
    let used = unicode_width::UnicodeWidthStr::width(text);
    format!(
        "{}{text}",
        " ".repeat(usize::from(width).saturating_sub(used))
    )
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let lines = HELP.map(|(key, what)| {
        Text::from(vec![
            Span::styled(format!("  {key:<10}"), Modifier::BOLD),
            Span::raw(what),
        ])
    });
    frame.render_widget(Paragraph::new(lines.to_vec()), area);
}

fn keys(view: &View) -> Paragraph<'static> {
    let (first, all) = (view.first.saturating_add(1), view.lines.len());
    let last = view.first.saturating_add(view.room).min(all);
    let mut text = String::from("q quit  s sort  space stop  +- interval  h help");
    if view.room < all {
        text += &format!("  up/down lines {first}-{last} of {all}");
    }
    Paragraph::new(text).style(Modifier::DIM)
}

/// All lines as text, for scripts.
pub fn plain(view: &View) -> String {
    let mut header = vec![NAME.to_owned()];
    header.extend(COLUMNS.iter().map(|(name, ..)| (*name).to_owned()));
    let mut rows: Vec<Vec<String>> = vec![header];
    for line in &view.lines {
        let mut row = vec![line.name.clone()];
        let said = |text: &str| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                text.to_owned()
            }
        };
        row.extend(COLUMNS.iter().map(|(_, _, of)| said(of(line))));
        rows.push(row);
    }
    let rows: Vec<[String; 10]> = rows
        .into_iter()
        .filter_map(|row| row.try_into().ok())
        .collect();
    table(&rows)
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
