// SPDX-License-Identifier: GPL-2.0

//! The page: answers to HTTP requests.

use httparse::{Request, Status};

/// The longest request that is read.
const LONGEST: usize = 8192;

/// The most headers that a request may have.
const HEADERS: usize = 64;

/// The answer to a request, or nothing while the request is incomplete.
pub fn answer(request: &[u8], about: &str) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = Request::new(&mut headers);
    let answer = match parsed.parse(request) {
        Ok(Status::Partial) if request.len() < LONGEST => return None,
        Ok(Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            respond("431 Request Header Fields Too Large", "", true)
        }
        Err(_) => respond("400 Bad Request", "", true),
        Ok(Status::Complete(_)) => match (parsed.method, parsed.path) {
            (Some("GET"), Some("/")) => respond("200 OK", &page(about), true),
            (Some("HEAD"), Some("/")) => respond("200 OK", &page(about), false),
            (Some("GET" | "HEAD"), _) => respond("404 Not Found", "", true),
            _ => respond("405 Method Not Allowed", "", true),
        },
    };
    Some(answer)
}

/// The page itself.
fn page(about: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>ipn-echo</title></head><body>\n\
         <h1>A process of its own</h1>\n\
         <p>Process {} sent this page. It is a node of the network: {about}.</p>\n\
         </body></html>\n",
        std::process::id()
    )
}

/// A response; an error's page is its status.
fn respond(status: &str, page: &str, with_page: bool) -> Vec<u8> {
    let error = format!("{status}\n");
    let (kind, page) = match page {
        "" => ("text/plain", error.as_str()),
        page => ("text/html; charset=utf-8", page),
    };
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    if with_page {
        text += page;
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status of the answer, and the answer.
    fn status(request: &str) -> (u16, String) {
        let answer = answer(request.as_bytes(), "10.0.0.1/24").expect("an answer");
        let text = String::from_utf8(answer).expect("text");
        let number = text.split(' ').nth(1).and_then(|word| word.parse().ok());
        (number.expect("a status"), text)
    }

    #[test]
    fn the_page_tells_who_sent_it() {
        let (number, text) = status("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(number, 200);
        assert!(
            text.contains("10.0.0.1/24") && text.ends_with("</html>\n"),
            "{text}"
        );
        let (_, head) = status("HEAD / HTTP/1.1\r\n\r\n");
        assert!(
            text.starts_with(&head) && head.ends_with("\r\n\r\n"),
            "{head}"
        );
    }

    #[test]
    fn every_part_of_a_request_is_incomplete() {
        let request = b"GET / HTTP/1.0\r\nHost: a\r\n\r\n";
        for len in 0..request.len() {
            assert_eq!(answer(&request[..len], ""), None, "{len} bytes");
        }
        assert!(answer(request, "").is_some());
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        for (request, number) in [
            ("GET /other HTTP/1.1\r\n\r\n", 404),
            ("PUT / HTTP/1.1\r\n\r\n", 405),
            ("\x01\x02\x03", 400),
            ("GET / HTTP/9.9\r\n\r\n", 400),
            (&format!("GET /{}", "a".repeat(LONGEST)), 431),
            (&many, 431),
        ] {
            assert_eq!(status(request).0, number, "{request:.40}");
        }
    }
}
