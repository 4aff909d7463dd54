// SPDX-License-Identifier: GPL-2.0

//! What was dropped, by reason.

use ipn::DropReason;
use std::collections::BTreeMap;

/// Counters of messages by reason.
type Drops = [(DropReason, u64)];

/// Those that no other figure tells: what a slow reader has lost is `lost`, what a filter has
/// refused `refused`.
fn others(drops: &Drops) -> impl Iterator<Item = &(DropReason, u64)> {
    let has_own = |reason| matches!(reason, DropReason::Overrun | DropReason::Filtered);
    drops
        .iter()
        .filter(move |(reason, count)| *count != 0 && !has_own(*reason))
}

/// Those as text: `3 no_room, 1 locked`; nothing if there are none.
pub fn text(drops: &Drops) -> String {
    let texts: Vec<_> = others(drops)
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    texts.join(", ")
}

/// The same as a field of a table.
pub fn field(drops: &Drops) -> String {
    match text(drops) {
        text if text.is_empty() => "-".to_owned(),
        text => text,
    }
}

/// All of them by their names, for JSON.
pub fn names(drops: &Drops) -> BTreeMap<String, u64> {
    let named = drops.iter();
    named
        .map(|(reason, count)| (reason.to_string(), *count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_have_no_figure_of_their_own_are_told() {
        let drops = [
            (DropReason::Overrun, 7),
            (DropReason::Filtered, 2),
            (DropReason::NoRoom, 3),
            (DropReason::Shut, 0),
            (DropReason::Other(77), 1),
        ];
        assert_eq!(text(&drops), "3 no_room, 1 reason_77");
        assert_eq!((text(&[]).as_str(), field(&drops[..2]).as_str()), ("", "-"));
        assert_eq!(names(&drops).get("overrun"), Some(&7));
    }
}
