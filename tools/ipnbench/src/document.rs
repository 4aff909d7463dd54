// SPDX-License-Identifier: GPL-2.0

//! A document some of whose parts are made from results: those between the lines
//! `<!-- made: NAME -->` and `<!-- end -->`.

use std::io;

const BEGIN: &str = "<!-- made: ";
const BEGIN_END: &str = " -->";
const END: &str = "<!-- end -->";

/// The document with its parts made anew; `part` knows their text by their names.
pub fn renew(
    document: &str,
    mut part: impl FnMut(&str) -> io::Result<String>,
) -> io::Result<String> {
    let mut text = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        text += line;
        text.push('\n');
        let name = line.strip_prefix(BEGIN);
        let Some(name) = name.and_then(|name| name.strip_suffix(BEGIN_END)) else {
            continue;
        };
        if !lines.any(|line| line == END) {
            return Err(io::Error::other(format!("the part {name} has no end")));
        }
        text += &format!("\n{}\n\n{END}\n", part(name)?.trim_end());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_dots(document: &str) -> io::Result<String> {
        renew(document, |name| Ok(format!("{name}...\n")))
    }

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let document = "one\n<!-- made: a -->\nold\nolder\n<!-- end -->\ntwo\n";
        let expected = "one\n<!-- made: a -->\n\na...\n\n<!-- end -->\ntwo\n";
        assert_eq!(with_dots(document).unwrap(), expected);
    }

    #[test]
    fn the_same_results_make_the_same_document() {
        let document = "<!-- made: a -->\n<!-- end -->\n\n<!-- made: b -->\n<!-- end -->\n";
        let once = with_dots(document).unwrap();
        assert_eq!(with_dots(&once).unwrap(), once);
    }

    #[test]
    fn a_part_without_an_end_is_an_error() {
        assert!(with_dots("<!-- made: a -->\nold\n").is_err());
    }

    #[test]
    fn a_part_that_nobody_knows_is_an_error() {
        let unknown = |_: &str| Err(io::Error::other("unknown"));
        assert!(renew("<!-- made: a -->\n<!-- end -->\n", unknown).is_err());
    }
}
