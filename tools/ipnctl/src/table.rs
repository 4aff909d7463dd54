// SPDX-License-Identifier: GPL-2.0

//! Tables of text.

use std::fmt::Write as _;

/// Rows below each other, the columns as wide as they have to be; the last is as it is.
pub fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, field) in widths.iter_mut().zip(row) {
            *width = field.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (field, width) in row.iter().zip(widths) {
            // Writing to a string does not fail.
            let _ = write!(line, "{field:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
