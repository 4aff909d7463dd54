// SPDX-License-Identifier: GPL-2.0

//! A document some of whose parts are made from results: those between the lines
//! `<!-- made: NAME -->` and `<!-- end -->`.

use std::io;

const BEGIN: &str = "<!-- made: ";
const BEGIN_END: &str = " -->";
const END: &str = "<!-- end -->";

/// The document with its parts made anew; `part` knows their text by their names, or that one stays as it is.
pub fn renew(
    document: &str,
    mut part: impl FnMut(&str) -> io::Result<Option<String>>,
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
        let new = part(name)?;
        let mut has_end = false;
        for line in lines.by_ref() {
            has_end = line == END;
            if has_end {
                break;
            } else if new.is_none() {
                text += line;
                text.push('\n');
            }
        }
        if !has_end {
            return Err(io::Error::other(format!("the part {name} has no end")));
        }
        text += &match new {
            Some(new) => format!("\n{}\n\n{END}\n", new.trim_end()),
            None => format!("{END}\n"),
        };
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_dots(document: &str) -> io::Result<String> {
        renew(document, |name| Ok(Some(format!("{name}...\n"))))
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
    fn a_part_of_which_nothing_is_known_stays() {
        let document = "<!-- made: a -->\n\nold\n\n<!-- end -->\n<!-- made: b -->\n<!-- end -->\n";
        let only_b = |name: &str| Ok((name == "b").then(|| "new".to_string()));
        let expected = document.replace("b -->\n", "b -->\n\nnew\n\n");
        assert_eq!(renew(document, only_b).unwrap(), expected);
        assert_eq!(renew(document, |_| Ok(None)).unwrap(), document);
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
