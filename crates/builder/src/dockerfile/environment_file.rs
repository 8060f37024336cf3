/// Reads `.s2i/environment`: `KEY=VALUE` lines; comments and lines that say nothing are passed over. The value may
/// contain `=`.
pub(super) fn parse(text: &str) -> Vec<(String, String)> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, String)> {
    let line = line.trim_end_matches('\r');
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (key, value) = line.split_once('=')?;
    let key = key.trim();
    is_name(key).then(|| (key.to_owned(), value.trim_end().to_owned()))
}

/// A name that an instruction takes as one word.
pub(super) fn is_name(key: &str) -> bool {
    let start = key.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    start
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_passed_over() {
        let text = "# comment\nA=1\r\n\nB=two words=3\n  C = x\nnonsense\n=5\n1D=6\nE=\nF G=7\nA=2\n";
        let expected = [("A", "1"), ("B", "two words=3"), ("C", " x"), ("E", ""), ("A", "2")];
        assert_eq!(parse(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
