use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};

const WARNING: HeaderName = HeaderName::from_static("warning");
/// Warnings of one answer; clients print each on a line of its own.
const MAX_WARNINGS: usize = 50;
/// Longest warning. All of them together stay within what proxies let pass as headers.
const MAX_LENGTH: usize = 256;

/// What a client should be told although its request succeeds. Clones share the list.
#[derive(Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// Says something once, however often it is added.
    pub fn add(&self, text: &str) {
        let text = one_line(text);
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < MAX_WARNINGS && !text.is_empty() && !list.contains(&text) {
            list.push(text);
        }
    }

    /// As headers, `299 - "text"` each.
    pub fn write(&self, headers: &mut HeaderMap) {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for text in &*list {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
                headers.append(WARNING, value);
            }
        }
    }
}

/// Within the bound, and without what would end a header.
fn one_line(text: &str) -> String {
    let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = shown.take(MAX_LENGTH).collect();
    if text.chars().nth(MAX_LENGTH).is_some() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&str]) -> Vec<String> {
        let warnings = Warnings::default();
        texts.iter().for_each(|text| warnings.add(text));
        let mut headers = HeaderMap::new();
        warnings.write(&mut headers);
        let values = headers.get_all(WARNING).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    #[test]
    fn a_warning_is_quoted_and_said_once() {
        let text = r#"unknown field "spec.x""#;
        assert_eq!(written(&[text, text, ""]), [r#"299 - "unknown field \"spec.x\"""#]);
        assert_eq!(written(&["a\r\nX-Bad: b\\"]), [r#"299 - "a  X-Bad: b\\""#]);
    }

    #[test]
    fn warnings_are_bounded_in_number_and_length() {
        let many: Vec<String> = (0..MAX_WARNINGS + 5).map(|n| format!("w{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(written(&many).len(), MAX_WARNINGS);
        let long = "ä".repeat(5_000);
        assert!(written(&[&long])[0].len() < 3 * MAX_LENGTH);
    }
}
