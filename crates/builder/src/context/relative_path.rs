use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Deeper paths are refused; no build needs them and every level costs an open directory.
const MAX_DEPTH: usize = 128;
const MAX_PATH_BYTES: usize = 4096;

/// A path inside a tree, cleaned: no leading slash, no `.`, no `..`. Empty means the tree itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path \"{}\" must stay inside the source: no \"..\", no control characters", .0.escape_debug())]
pub struct RelativePathError(String);

impl RelativePath {
    pub fn root() -> Self {
        Self::default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path inside `self`.
    pub fn join(&self, inner: &RelativePath) -> Self {
        match (self.is_root(), inner.is_root()) {
            (true, _) => inner.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, inner.0)),
        }
    }

    /// The directory of the last part.
    pub fn parent(&self) -> Self {
        Self(
            self.0
                .rsplit_once('/')
                .map(|(parent, _)| parent.to_owned())
                .unwrap_or_default(),
        )
    }

    /// The path as a program inside the tree's directory opens it.
    pub fn or_dot(&self) -> &str {
        if self.is_root() { "." } else { &self.0 }
    }
}

impl FromStr for RelativePath {
    type Err = RelativePathError;

    /// A leading slash is tolerated, as in `contextDir: /app`.
    fn from_str(text: &str) -> Result<Self, RelativePathError> {
        let parts: Vec<&str> = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let bad = parts.contains(&"..")
            || parts.len() > MAX_DEPTH
            || text.len() > MAX_PATH_BYTES
            || text.chars().any(char::is_control);
        if bad {
            Err(RelativePathError(text.chars().take(80).collect()))
        } else {
            Ok(Self(parts.join("/")))
        }
    }
}

impl TryFrom<String> for RelativePath {
    type Error = RelativePathError;

    fn try_from(text: String) -> Result<Self, RelativePathError> {
        text.parse()
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (text, clean) in [
            ("", ""),
            (".", ""),
            ("/", ""),
            ("/app/", "app"),
            ("./a//b/./c", "a/b/c"),
            ("..a/b..", "..a/b.."),
        ] {
            assert_eq!(text.parse::<RelativePath>().unwrap().as_str(), clean, "{text:?}");
        }
    }

    #[test]
    fn paths_that_leave_the_tree_are_refused() {
        let deep = "a/".repeat(200);
        for text in ["..", "../x", "a/../../b", "a/..", "a\nb", "a\0", &deep] {
            assert!(text.parse::<RelativePath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn joining_keeps_the_path_clean() {
        let path = |text: &str| text.parse::<RelativePath>().unwrap();
        assert_eq!(path("a").join(&path("b/c")).as_str(), "a/b/c");
        assert_eq!(path("").join(&path("b")).as_str(), "b");
        assert_eq!(path("a").join(&path("")).as_str(), "a");
        assert_eq!(path("a/b").parent().as_str(), "a");
        assert_eq!(path("a").parent().as_str(), "");
    }
}
