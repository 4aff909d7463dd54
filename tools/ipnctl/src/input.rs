// SPDX-License-Identifier: GPL-2.0

//! Cutting the input into messages.

use std::io::{self, BufRead, BufReader, Read};

/// How the input is cut.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// A message a line, without its newline.
    Lines,
    /// Messages of so many bytes; the last may be shorter.
    Size(usize),
}

impl Cut {
    /// Reads the next message, replacing what is in `message`; tells whether there
    /// was one. Of a line, no more than `limit` bytes and one are read.
    pub fn next(
        self,
        input: &mut impl BufRead,
        limit: usize,
        message: &mut Vec<u8>,
    ) -> io::Result<bool> {
        message.clear();
        match self {
            Self::Lines => {
                let most = limit as u64 + 1;
                input.by_ref().take(most).read_until(b'\n', message)?;
                let is_some = !message.is_empty();
                if message.last() == Some(&b'\n') {
                    message.pop();
                }
                Ok(is_some)
            }
            Self::Size(size) => {
                input.by_ref().take(size as u64).read_to_end(message)?;
                Ok(!message.is_empty())
            }
        }
    }

    /// Goes past the rest of a line that was longer than the limit, which takes no memory.
    pub fn pass_line(input: &mut impl BufRead) -> io::Result<()> {
        input.skip_until(b'\n').map(drop)
    }

    /// Whether the next message is there without another read: then it is worth
    /// sending it along with those before it.
    pub fn is_ready<T: Read>(self, input: &BufReader<T>) -> bool {
        match self {
            Self::Lines => input.buffer().contains(&b'\n'),
            Self::Size(size) => input.buffer().len() >= size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(cut: Cut, input: &[u8]) -> Vec<Vec<u8>> {
        let mut input = BufReader::with_capacity(3, input);
        let mut messages = Vec::new();
        let mut message = Vec::new();
        while cut.next(&mut input, 10, &mut message).expect("a slice") {
            messages.push(message.clone());
        }
        messages
    }

    #[test]
    fn a_line_is_a_message() {
        assert_eq!(
            cut(Cut::Lines, b"one\n\nthree\n"),
            [&b"one"[..], b"", b"three"]
        );
        assert_eq!(cut(Cut::Lines, b"one\ntwo"), [b"one", b"two"]);
        assert_eq!(cut(Cut::Lines, b"\n"), [b""]);
        assert!(cut(Cut::Lines, b"").is_empty());
    }

    #[test]
    fn a_line_as_long_as_the_limit_is_whole() {
        assert_eq!(
            cut(Cut::Lines, b"0123456789\nx\n"),
            [&b"0123456789"[..], b"x"]
        );
    }

    #[test]
    fn a_line_over_the_limit_shows_by_its_length() {
        let mut message = Vec::new();
        let mut input = BufReader::new(&b"0123456789abcdef\n"[..]);
        assert!(Cut::Lines
            .next(&mut input, 10, &mut message)
            .expect("a slice"));
        assert_eq!(message.len(), 11);
    }

    #[test]
    fn what_follows_a_long_line_is_whole() {
        let mut message = Vec::new();
        let mut input = BufReader::with_capacity(3, &b"0123456789abcdef\nnext\n"[..]);
        let mut next = |input: &mut _| {
            let is_some = Cut::Lines.next(input, 10, &mut message).expect("a slice");
            (is_some, message.clone())
        };
        assert_eq!(next(&mut input).1.len(), 11);
        Cut::pass_line(&mut input).expect("a slice");
        assert_eq!(next(&mut input), (true, b"next".to_vec()));
        Cut::pass_line(&mut input).expect("a slice");
        assert!(!next(&mut input).0);
    }

    #[test]
    fn a_size_cuts_whatever_the_bytes() {
        assert_eq!(
            cut(Cut::Size(4), b"abc\nefg\ni"),
            [&b"abc\n"[..], b"efg\n", b"i"]
        );
        assert_eq!(cut(Cut::Size(4), b"abcd"), [b"abcd"]);
        assert!(cut(Cut::Size(4), b"").is_empty());
    }

    #[test]
    fn what_is_buffered_is_ready() {
        let mut input = BufReader::new(&b"ab\nc"[..]);
        assert!(!Cut::Lines.is_ready(&input));
        input.fill_buf().expect("a slice");
        assert!(Cut::Lines.is_ready(&input));
        assert!(Cut::Size(4).is_ready(&input) && !Cut::Size(5).is_ready(&input));
    }
}
