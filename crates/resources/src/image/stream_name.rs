//! What streams may be called, and how the names of what is computed from them are made: `STREAM:TAG`, `STREAM@ID`.

use weir_apiserver::names::validate_path_segment;

/// Longest `NAMESPACE/NAME`: it is the name of a repository in the registry.
pub(super) const MAX_REPOSITORY_BYTES: usize = 255;

/// Words of lower-case letters and digits, with one dot, dash or underscore between them.
pub(super) fn validate(name: &str) -> Result<(), String> {
    validate_path_segment(name)?;
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if name.split(['.', '-', '_']).all(word) {
        return Ok(());
    }
    Err("must match \"[a-z0-9]+(?:[._-][a-z0-9]+)*\"".into())
}

/// Splits at the only `separator`; `None` when there is none or more than one, or nothing on a side.
pub(super) fn split(name: &str, separator: char) -> Option<(&str, &str)> {
    let (stream, rest) = name.split_once(separator)?;
    (!stream.is_empty() && !rest.is_empty() && !rest.contains(separator)).then_some((stream, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// images 7
    #[test]
    fn names_are_words_with_single_separators() {
        for good in ["a", "app", "my-app", "a.b_c-d", "1", &"a".repeat(200)] {
            assert_eq!(validate(good), Ok(()), "{good}");
        }
        for bad in [
            "", "My_App", "a__b", "a--b", "-a", "a.", "a/b", "a:b", ".", "..", "a%b", "ä",
        ] {
            assert!(validate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_splits_at_its_only_separator() {
        assert_eq!(split("a:b", ':'), Some(("a", "b")));
        assert_eq!(split("a@sha256:b", '@'), Some(("a", "sha256:b")));
        for bad in ["a", "a:", ":b", "a:b:c"] {
            assert_eq!(split(bad, ':'), None, "{bad}");
        }
    }
}
