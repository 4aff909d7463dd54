// SPDX-License-Identifier: GPL-2.0

//! Tables that are Markdown, and can be read as they are.

/// A table: names on the left, figures on the right.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let headings = headings.into_iter().map(Into::into).collect();
        Self {
            rows: vec![headings],
        }
    }

    /// A row; as many cells as there are headings.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        debug_assert_eq!(cells.len(), self.rows[0].len());
        self.rows.push(cells);
    }

    /// Whether it has nothing but headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The table as text: its columns are of equal width, the first one is to the left.
    pub fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.rows[0].len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .map(|width| width.max(3))
            .collect();
        let mut lines = self.rows.iter().map(|row| line(row, &widths));
        let mut text = lines.next().unwrap_or_default();
        for (column, width) in widths.iter().enumerate() {
            text += &match column {
                0 => format!("| :{} ", "-".repeat(width - 1)),
                _ => format!("| {}: ", "-".repeat(width - 1)),
            };
        }
        text += "|\n";
        text.extend(lines);
        text
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        text += &match column {
            0 => format!("| {cell:<width$} "),
            _ => format!("| {cell:>width$} "),
        };
    }
    text + "|\n"
}

/// A number with its thousands apart.
pub fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    if value <= -0.5 {
        text.push('-');
    }
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A part of a whole.
pub fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["medium", "1"]);
        table.row(["hub", "2,153"]);
        assert_eq!(
            table.text(),
            "| medium |     1 |\n| :----- | ----: |\n| hub    | 2,153 |\n"
        );
    }

    #[test]
    fn a_table_of_headings_is_empty() {
        let mut table = Table::new(["a"]);
        assert!(table.is_empty());
        table.row(["b"]);
        assert!(!table.is_empty());
    }

    #[test]
    fn thousands_are_apart() {
        for (value, text) in [
            (0.0, "0"),
            (999.4, "999"),
            (999.6, "1,000"),
            (1234567.0, "1,234,567"),
            (-1234.0, "-1,234"),
            (-0.2, "0"),
        ] {
            assert_eq!(thousands(value), text);
        }
    }

    #[test]
    fn parts_are_percents() {
        assert_eq!(percent(0.1234), "12.3 %");
    }
}
