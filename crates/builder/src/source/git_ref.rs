use std::fmt;
use std::str::FromStr;

/// Longer names of branches are refused; file systems do not take them.
const MAX_REF_BYTES: usize = 255;

/// A branch, tag, full ref name or commit as it may stand on git's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitRef(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{}\" is not a name of a branch, tag or commit; it starts with a letter, digit, dot or underscore and contains no blanks, \"..\", \"@{{\" or any of ~ ^ : ? * [ \\",
    .0.escape_debug()
)]
pub struct GitRefError(String);

impl GitRef {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GitRef {
    type Err = GitRefError;

    fn from_str(text: &str) -> Result<Self, GitRefError> {
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
        let bad = text.is_empty()
            || text.len() > MAX_REF_BYTES
            || text.starts_with(['-', '/', '+'])
            || text.ends_with(['/', '.'])
            || text.contains("..")
            || text.contains("@{")
            || text.contains("//")
            || text == "@"
            || text.chars().any(forbidden);
        if bad {
            Err(GitRefError(text.chars().take(MAX_REF_BYTES).collect()))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for GitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_branches_tags_and_commits_are_accepted() {
        for text in [
            "main",
            "v1.0",
            "feature/x-y",
            "refs/pull/1/head",
            "3f2c1d0",
            "a@b",
            "ünï",
        ] {
            assert_eq!(text.parse::<GitRef>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_that_git_could_take_for_an_option_or_a_range_is_accepted() {
        let long = "a".repeat(256);
        let hostile = [
            "",
            "-",
            "--upload-pack=id",
            "-oX",
            "+refs/heads/x:refs/heads/y",
            "a..b",
            "a:b",
            "a b",
            "a\nb",
            "a\0",
            "@",
            "a@{1}",
            "x^",
            "x~1",
            "*",
            "a?",
            "[a",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            "a.",
            &long,
        ];
        for text in hostile {
            assert!(text.parse::<GitRef>().is_err(), "{text:?}");
        }
    }
}
