// SPDX-License-Identifier: GPL-2.0

//! Other people's bytes, as a terminal may have them.

use std::ffi::OsStr;
use std::fmt::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// Bytes as text of one line that changes nothing on a terminal: what is no text, control
/// characters, and characters that turn the direction of writing are escaped.
///
/// A text with such is written as the shell reads it back, `$'a\033'`, as ls(1) does it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(&'a [u8]);

impl<'a> Shown<'a> {
    /// Shows a name.
    pub fn of(name: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self(name.as_ref().as_bytes())
    }

    /// Shows bytes.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The same as a single word of the shell.
    pub fn quoted(self) -> String {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,:@=%".contains(byte);
        let text = self.to_string();
        match self.is_clean() {
            false => text,
            true if !self.0.is_empty() && self.0.iter().all(is_plain) => text,
            true => format!("'{}'", text.replace('\'', r"'\''")),
        }
    }

    fn is_clean(self) -> bool {
        let text = std::str::from_utf8(self.0);
        text.is_ok_and(|text| !text.chars().any(is_unsafe))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (true, Ok(text)) = (self.is_clean(), std::str::from_utf8(self.0)) {
            return f.write_str(text);
        }
        f.write_str("$'")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\'' | '\\' => write!(f, "\\{c}")?,
                    c if is_unsafe(c) => {
                        let mut buffer = [0; 4];
                        escape(f, c.encode_utf8(&mut buffer).as_bytes())?;
                    }
                    c => f.write_char(c)?,
                }
            }
            escape(f, chunk.invalid())?;
        }
        f.write_str("'")
    }
}

/// Three digits, so that none which follow are taken for part of it.
fn escape(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\{byte:03o}"))
}

/// Whether a character does something to a terminal, or to the text around it: controls (C0,
/// DEL, C1), and Unicode's marks, embeddings, overrides and isolates of direction, and
/// separators of lines.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        Shown::bytes(bytes).to_string()
    }

    #[test]
    fn text_is_shown_as_it_is() {
        for plain in [
            "/tmp/bus",
            "/tmp/the other",
            "/tmp/großer Bus 🚌",
            "it's",
            "",
        ] {
            assert_eq!(shown(plain.as_bytes()), plain);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(shown(b"q\x1b[31mX"), r"$'q\033[31mX'");
        assert_eq!(shown(b"q\xc2\x9b1"), r"$'q\302\2331'");
        assert_eq!(shown("a\u{202e}b".as_bytes()), r"$'a\342\200\256b'");
        assert_eq!(shown(b"q\xff"), r"$'q\377'");
        assert_eq!(shown(b"it's\\\n"), r"$'it\'s\\\012'");
    }

    #[test]
    fn quoted_is_one_word() {
        for (text, word) in [
            ("/tmp/bus", "/tmp/bus"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("a\n", r"$'a\012'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~/x", "'~/x'"),
        ] {
            assert_eq!(Shown::bytes(text.as_bytes()).quoted(), word);
        }
    }

    #[test]
    fn different_bytes_look_different() {
        let shown: std::collections::HashSet<_> = (0..=255_u8)
            .map(|byte| shown(&[b'a', byte, b'0']))
            .collect();
        assert_eq!(shown.len(), 256);
    }
}
