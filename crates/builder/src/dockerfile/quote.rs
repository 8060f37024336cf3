/// The character that Dockerfiles escape with unless they say otherwise.
pub(super) const DEFAULT_ESCAPE: char = '\\';

/// A value in double quotes that means itself: nothing in it is expanded or ends the quotes.
pub(super) fn quoted(value: &str, escape: char) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '$' => text.extend([escape, c]),
            _ if c == escape => text.extend([escape, escape]),
            // A Dockerfile has no way to say a line end inside a value; this is what Go's quoting makes of it.
            '\n' => text.push_str("\\n"),
            '\t' => text.push(c),
            _ if c.is_control() => {}
            _ => text.push(c),
        }
    }
    text.push('"');
    text
}

/// `"k"="v"` pairs of one instruction.
pub(super) fn pairs(instruction: &str, pairs: &[(String, String)], separator: &str, escape: char) -> Option<String> {
    if pairs.is_empty() {
        return None;
    }
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", key_text(key, escape), quoted(value, escape)))
        .collect();
    Some(format!("{instruction} {}", pairs.join(separator)))
}

fn key_text(key: &str, escape: char) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        quoted(key, escape)
    }
}

/// A path that may stand unquoted in an instruction and in a shell line.
pub(super) fn is_plain_path(path: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@' | '%' | ':' | ',' | '=');
    path.starts_with('/') && path.chars().all(plain) && !path.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_themselves() {
        let table = [
            ("plain", r#""plain""#),
            ("two words", r#""two words""#),
            (r#"a"b"#, r#""a\"b""#),
            ("$HOME and ${X}", r#""\$HOME and \${X}""#),
            (r"back\slash", r#""back\\slash""#),
            ("line\nRUN id", r#""line\nRUN id""#),
            ("bell\u{7}\r", r#""bell""#),
            ("ünï", r#""ünï""#),
        ];
        for (value, expected) in table {
            assert_eq!(quoted(value, '\\'), expected);
        }
        assert_eq!(quoted(r"C:\dir $x `y`", '`'), r#""C:\dir `$x ``y``""#);
    }

    #[test]
    fn strange_keys_are_quoted_too() {
        let text = pairs(
            "LABEL",
            &[("a.b/c".into(), "1".into()), ("x y".into(), "2".into())],
            " ",
            '\\',
        );
        assert_eq!(text.as_deref(), Some(r#"LABEL a.b/c="1" "x y"="2""#));
        assert_eq!(pairs("ENV", &[], " ", '\\'), None);
    }

    #[test]
    fn paths_with_shell_characters_are_not_plain() {
        assert!(is_plain_path("/usr/libexec/s2i"));
        for path in [
            "relative",
            "/a b",
            "/a;id",
            "/a$(id)",
            "/a\nRUN id",
            "/a/../b",
            "/a'b",
            "/a\\b",
            "",
        ] {
            assert!(!is_plain_path(path), "{path:?}");
        }
    }
}
