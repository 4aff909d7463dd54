// SPDX-License-Identifier: GPL-2.0

//! Numbers and texts for little room.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A number in five characters: `9999`, `12.3k`, `456M`.
pub fn short(number: u64) -> String {
    if number < 10_000 {
        return number.to_string();
    }
    let (mut tenths, mut units) = (u128::from(number) / 100, "kMGTPE".chars());
    let mut unit = units.next();
    while tenths >= 10_000 {
        (tenths, unit) = (tenths / 1000, units.next());
    }
    let unit = unit.unwrap_or('?');
    match tenths {
        0..=999 => format!("{}.{}{unit}", tenths / 10, tenths % 10),
        _ => format!("{}{unit}", tenths / 10),
    }
}

/// As much of a text as has room in so many columns; where some is left out, an ellipsis says so.
pub fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut width = 1;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width > columns {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_or_four() {
        for (number, text) in [
            (0, "0"),
            (9_999, "9999"),
            (10_000, "10.0k"),
            (12_345, "12.3k"),
            (123_456, "123k"),
            (999_999, "999k"),
            (1_000_000, "1.0M"),
            (1_234_567_890, "1.2G"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn texts_are_cut_by_the_room_that_they_take() {
        assert_eq!(fit("camera", 6), "camera");
        assert_eq!(fit("cameras", 6), "camer…");
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
    }
}
