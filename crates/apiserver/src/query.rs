//! Query strings.

use crate::ApiError;
use crate::context::Query;

/// Parameters of one request. `exec` repeats `command`, nothing else needs more than a few.
const MAX_PARAMETERS: usize = 1_000;

pub(crate) fn parse(query: Option<&str>) -> Result<Query, ApiError> {
    let mut parsed = Query::new();
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    for (count, pair) in pairs.enumerate() {
        if count == MAX_PARAMETERS {
            return Err(ApiError::bad_request(format!(
                "more than {MAX_PARAMETERS} query parameters"
            )));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        parsed
            .entry(unescape(key, true)?)
            .or_default()
            .push(unescape(value, true)?);
    }
    Ok(parsed)
}

/// A boolean parameter: absent is `false`, present without a value is `true`.
pub(crate) fn flag(query: &Query, key: &str) -> Result<bool, ApiError> {
    match first(query, key) {
        None | Some("false" | "0") => Ok(false),
        Some("" | "true" | "1") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!(
            "parameter {key}: {other:?} is not a boolean"
        ))),
    }
}

/// A number parameter; absent or empty is `None`.
pub(crate) fn number(query: &Query, key: &str) -> Result<Option<u64>, ApiError> {
    match first(query, key) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| ApiError::bad_request(format!("parameter {key}: {text:?} is not a number"))),
    }
}

/// A number parameter that may be negative; absent or empty is `None`.
pub(crate) fn integer(query: &Query, key: &str) -> Result<Option<i64>, ApiError> {
    text(query, key)
        .map(str::parse)
        .transpose()
        .map_err(|_| ApiError::bad_request(format!("parameter {key}: {:?} is not a number", first(query, key))))
}

/// A text parameter; absent and empty are the same.
pub(crate) fn text<'a>(query: &'a Query, key: &str) -> Option<&'a str> {
    first(query, key).filter(|text| !text.is_empty())
}

fn first<'a>(query: &'a Query, key: &str) -> Option<&'a str> {
    query.get(key).and_then(|values| values.first()).map(String::as_str)
}

/// Undoes percent-encoding. `plus` is a space in queries and itself in paths.
pub(crate) fn unescape(text: &str, plus_is_space: bool) -> Result<String, ApiError> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' if plus_is_space => b' ',
            b'%' => {
                let digits = rest.next().and_then(hex_digit).zip(rest.next().and_then(hex_digit));
                let (high, low) = digits.ok_or_else(|| bad_escape(text))?;
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| bad_escape(text))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(text: &str) -> ApiError {
    ApiError::bad_request(format!("{text:?} is not valid percent-encoding of UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_repeat_and_escapes_are_undone() {
        let query = parse(Some("command=a+b&command=c%2Fd&labelSelector=x%3Dy&watch&=z&&e=")).expect("parses");
        assert_eq!(query["command"], ["a b", "c/d"]);
        assert_eq!(query["labelSelector"], ["x=y"]);
        assert!(flag(&query, "watch").expect("a flag"));
        assert_eq!(text(&query, "e"), None);
        assert!(flag(&query, "command").is_err());
    }

    #[test]
    fn bad_escapes_are_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(parse(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        assert!(parse(Some(&"a&".repeat(MAX_PARAMETERS))).is_ok());
        assert!(parse(Some(&"a&".repeat(MAX_PARAMETERS + 1))).is_err());
    }
}
