use std::collections::BTreeMap;

/// Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` as a Dockerfile's `FROM` line does. A variable
/// without a value is empty.
pub(super) fn expand(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let (value, after) = variable(&rest[at + 1..], values);
        result.push_str(&value);
        rest = after;
    }
    result.push_str(rest);
    result
}

/// The value of the variable that starts here, and what follows it.
fn variable<'a>(text: &'a str, values: &BTreeMap<String, String>) -> (String, &'a str) {
    if let Some(braced) = text.strip_prefix('{') {
        return match braced.find('}') {
            Some(end) => (braced_value(&braced[..end], values), &braced[end + 1..]),
            None => ("$".to_owned(), text),
        };
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if end == 0 {
        return ("$".to_owned(), text);
    }
    (values.get(&text[..end]).cloned().unwrap_or_default(), &text[end..])
}

fn braced_value(inside: &str, values: &BTreeMap<String, String>) -> String {
    let value = |name: &str| values.get(name).filter(|value| !value.is_empty()).cloned();
    if let Some((name, default)) = inside.split_once(":-") {
        return value(name).unwrap_or_else(|| default.to_owned());
    }
    if let Some((name, other)) = inside.split_once(":+") {
        return value(name).map(|_| other.to_owned()).unwrap_or_default();
    }
    value(inside).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_in_a_from_line() {
        let values = BTreeMap::from([("V".to_owned(), "20".to_owned()), ("E".to_owned(), String::new())]);
        let table = [
            ("node:$V", "node:20"),
            ("node:${V}-slim", "node:20-slim"),
            ("node:${X:-18}", "node:18"),
            ("node:${V:-18}", "node:20"),
            ("node:${E:-18}", "node:18"),
            ("node${V:+:latest}", "node:latest"),
            ("node${X:+:latest}", "node"),
            ("node:$X", "node:"),
            ("a$", "a$"),
            ("a${V", "a${V"),
            ("plain", "plain"),
        ];
        for (text, expected) in table {
            assert_eq!(expand(text, &values), expected, "{text}");
        }
    }
}
