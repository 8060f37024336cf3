//! Bounds on the head of a request. Listeners have bounds of their own; this is what clients in process meet, and what
//! explains the refusal in words.

use http::HeaderMap;
use http::request::Parts;

use crate::ApiError;

/// Longest request target. Selectors of many terms and the commands of `exec` fit.
const MAX_URL: usize = 8 << 10;
/// Header lines of one request; clients send ten.
const MAX_HEADERS: usize = 100;
/// Bytes of all names and values of headers together.
const MAX_HEADER_BYTES: usize = 64 << 10;

pub(super) fn check(head: &Parts) -> Result<(), ApiError> {
    let url = head.uri.path().len() + head.uri.query().map_or(0, |query| query.len() + 1);
    if url > MAX_URL {
        let why = format!("the URL is longer than {MAX_URL} bytes");
        return Err(ApiError::new(414, "RequestURITooLong", why));
    }
    check_headers(&head.headers)
}

fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let too_large = |why: String| Err(ApiError::new(431, "RequestHeaderFieldsTooLarge", why));
    if headers.len() > MAX_HEADERS {
        return too_large(format!("the request has more than {MAX_HEADERS} headers"));
    }
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > MAX_HEADER_BYTES {
        return too_large(format!("the headers have more than {MAX_HEADER_BYTES} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// `headers`: how many, and how long each value is.
    fn code(url: &str, (count, length): (usize, usize)) -> u16 {
        let mut request = Request::get(url);
        for number in 0..count {
            request = request.header(format!("x-{number}"), "v".repeat(length));
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        check(&head).map_or_else(|error| error.code, |()| 200)
    }

    #[test]
    fn url_and_headers_are_bounded() {
        let url = |length: usize| format!("/{}", "a".repeat(length - 1));
        let keys = format!("/api?{}", "a&".repeat(10_000));
        let table = [
            ("/api".to_owned(), (0, 0), 200),
            (url(MAX_URL), (0, 0), 200),
            (url(MAX_URL + 1), (0, 0), 414),
            (keys, (0, 0), 414),
            ("/api".to_owned(), (MAX_HEADERS, 10), 200),
            ("/api".to_owned(), (MAX_HEADERS + 1, 10), 431),
            ("/api".to_owned(), (2, MAX_HEADER_BYTES / 2 - 10), 200),
            ("/api".to_owned(), (2, MAX_HEADER_BYTES / 2), 431),
        ];
        for (url, headers, wanted) in table {
            assert_eq!(code(&url, headers), wanted, "{} {headers:?}", url.len());
        }
    }
}
