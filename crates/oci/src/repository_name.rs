use std::fmt;
use std::str::FromStr;

use crate::limits::NAME_BYTES;

/// The name of a repository of our own registry: exactly `NAMESPACE/STREAM`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryName {
    text: String,
    slash: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryNameError {
    #[error("it must be of the format <project>/<name>")]
    Segments,
    #[error(
        "each part of a repository name consists of lower-case letters and digits, separated by a dot, one or two underscores, or dashes"
    )]
    Grammar,
    #[error("a repository name has at most {NAME_BYTES} characters")]
    TooLong,
}

impl RepositoryName {
    pub fn new(namespace: &str, name: &str) -> Result<RepositoryName, RepositoryNameError> {
        format!("{namespace}/{name}").parse()
    }

    pub fn namespace(&self) -> &str {
        &self.text[..self.slash]
    }

    pub fn name(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for RepositoryName {
    type Err = RepositoryNameError;

    fn from_str(text: &str) -> Result<RepositoryName, RepositoryNameError> {
        if text.len() > NAME_BYTES {
            return Err(RepositoryNameError::TooLong);
        }
        let (namespace, name) = text.split_once('/').ok_or(RepositoryNameError::Segments)?;
        if name.contains('/') {
            return Err(RepositoryNameError::Segments);
        }
        if !is_path_component(namespace) || !is_path_component(name) {
            return Err(RepositoryNameError::Grammar);
        }
        Ok(RepositoryName {
            text: text.into(),
            slash: namespace.len(),
        })
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One path component in the distribution grammar: runs of `[a-z0-9]` joined by `.`, `_`, `__` or any number of `-`.
pub(crate) fn is_path_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    alphanumeric(first)
        && alphanumeric(last)
        && bytes.split(|&byte| alphanumeric(byte)).all(|separator| {
            matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|&byte| byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_components_are_namespace_and_stream() {
        let name: RepositoryName = "hello01/node-build".parse().unwrap();
        assert_eq!((name.namespace(), name.name()), ("hello01", "node-build"));
        assert_eq!(RepositoryName::new("hello01", "node-build").unwrap(), name);
        for text in ["a/b", "a/b__c", "a--b/c.d_e", "0/1"] {
            assert_eq!(text.parse::<RepositoryName>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn any_other_number_of_components_is_refused() {
        for text in ["", "a", "a/b/c", "a//b"] {
            assert_eq!(
                text.parse::<RepositoryName>(),
                Err(RepositoryNameError::Segments),
                "{text}"
            );
        }
    }

    #[test]
    fn components_that_could_be_paths_or_lie_are_refused() {
        let cases = [
            "/", "/b", "a/", "../a", "a/..", "a/.", "A/b", "a/b_", "a/___b", "a/b..c", "a/b\0", "a/%2e%2e", "a/ä",
            "a/b c", "a\\b/c", "a/.b",
        ];
        for text in cases {
            assert_eq!(
                text.parse::<RepositoryName>(),
                Err(RepositoryNameError::Grammar),
                "{text}"
            );
        }
        let long = format!("a/{}", "b".repeat(254));
        assert_eq!(long.parse::<RepositoryName>(), Err(RepositoryNameError::TooLong));
    }
}
