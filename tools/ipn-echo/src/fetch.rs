// SPDX-License-Identifier: GPL-2.0

//! Fetching a page.

use crate::failure::Failure;
use crate::node::Node;
use crate::output::print;
use crate::talk;
use httparse::{Response, Status};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Where a page is: `http://ADDRESS[:PORT][/PATH]`. There are no names here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    host: SocketAddr,
    path: String,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a page is at http://ADDRESS[:PORT]/PATH, with a numeric address".to_owned();
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let address: Option<IpAddr> = match bare {
            Some(bare) => bare.parse().ok().filter(IpAddr::is_ipv6),
            None => host.parse().ok().filter(IpAddr::is_ipv4),
        };
        let host = match address {
            Some(address) => SocketAddr::new(address, 80),
            None => host.parse().map_err(|_| wrong())?,
        };
        let is_printable = path.bytes().all(|byte| byte.is_ascii_graphic());
        is_printable
            .then(|| Self {
                host,
                path: path.to_owned(),
            })
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.host, self.path)
    }
}

/// Fetches a page, all of it within `limit`, and prints it.
pub fn run(node: &mut Node, url: &Url, limit: Duration) -> Result<(), Failure> {
    let deadline = Instant::now() + limit;
    let connection = talk::open(node, url.host, limit)?;
    // A server of version 1.0 sends the page in one piece and closes.
    let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", url.path, url.host);
    let late = || format!("cannot fetch {url}: it was not all there within {limit:?}");
    let answer = talk::request(node, connection, request.into_bytes(), deadline)?;
    let answer = answer.ok_or_else(|| Failure::because(late()))?;
    let page =
        page(&answer).map_err(|why| Failure::because(format!("cannot fetch {url}: {why}")))?;
    print(page)
}

/// The page in an answer.
fn page(answer: &[u8]) -> Result<&[u8], String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = Response::new(&mut headers);
    let start = match response.parse(answer) {
        Ok(Status::Complete(start)) => start,
        Ok(Status::Partial) => return Err("the answer is cut short".to_owned()),
        Err(error) => return Err(format!("the answer is not HTTP: {error}")),
    };
    let page = &answer[start..];
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| ipn::number::whole(std::str::from_utf8(header.value).ok()?.trim()));
    match (response.code, length) {
        (Some(200), Some(length)) if page.len() < length => Err("the page is cut short".to_owned()),
        (Some(200), _) => Ok(page),
        (code, _) => Err(format!(
            "the server says {} {}",
            code.unwrap_or_default(),
            response.reason.unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_numeric_address() {
        for (text, host, path) in [
            ("http://10.0.0.1", "10.0.0.1:80", "/"),
            ("http://10.0.0.1/", "10.0.0.1:80", "/"),
            ("http://10.0.0.1:8080/a/b?c", "10.0.0.1:8080", "/a/b?c"),
            ("http://[fd00::1]/x", "[fd00::1]:80", "/x"),
            ("http://[fd00::1]:81", "[fd00::1]:81", "/"),
        ] {
            let url: Url = text.parse().expect(text);
            assert_eq!(
                (url.host.to_string().as_str(), url.path.as_str()),
                (host, path)
            );
        }
        for wrong in [
            "10.0.0.1/",
            "https://10.0.0.1/",
            "http://",
            "http://host/",
            "http://fd00::1/",
            "http://[10.0.0.1]/",
            "http://10.0.0.1:x/",
            "http://10.0.0.1/a b",
            "http://10.0.0.1/\r\n",
        ] {
            wrong.parse::<Url>().expect_err(wrong);
        }
    }

    #[test]
    fn only_a_whole_page_counts() {
        assert_eq!(page(b"HTTP/1.0 200 OK\r\n\r\nhello"), Ok(&b"hello"[..]));
        assert_eq!(
            page(b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello"),
            Ok(&b"hello"[..])
        );
        for (answer, why) in [
            (
                &b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"[..],
                "short",
            ),
            (b"HTTP/1.1 200 OK\r\nContent", "short"),
            (b"HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
            (b"SSH-2.0-server\r\n", "HTTP"),
            (b"", "short"),
        ] {
            let error = page(answer).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }
}
