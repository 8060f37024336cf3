use std::path::Path;

use regex::Regex;

/// The history is no source, and often larger than it.
const HISTORY: &str = r"(^|/)\.git(/|$)";

/// Which files of a directory are not uploaded.
#[derive(Clone, Debug)]
pub struct Exclusion(Option<Regex>);

impl Exclusion {
    /// Reads a regular expression; an empty one leaves nothing out.
    pub fn parse(text: &str) -> Result<Self, regex::Error> {
        match text {
            "" => Ok(Self(None)),
            text => Regex::new(text).map(|pattern| Self(Some(pattern))),
        }
    }

    /// Whether a file is left out. Its path begins with a slash at the directory that is uploaded: where that lies on
    /// this machine is no reason to leave something out.
    pub fn has(&self, inner: &Path) -> bool {
        let path = format!("/{}", inner.display());
        self.0.as_ref().is_some_and(|pattern| pattern.is_match(&path))
    }
}

impl Default for Exclusion {
    fn default() -> Self {
        Self(Some(Regex::new(HISTORY).expect("a pattern of ours")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_looked_for_anywhere_in_the_path_below_the_directory() {
        for (pattern, path, left_out) in [
            ("/sub$", "sub", true),
            ("/sub$", "sub/b", false),
            (r"(^|/)node_modules(/|$)", "web/node_modules/x.js", true),
            (r"\.log$", "a/b.log", true),
            ("^sub", "sub", false),
            ("", ".git/HEAD", false),
        ] {
            assert_eq!(
                Exclusion::parse(pattern).unwrap().has(Path::new(path)),
                left_out,
                "{pattern} {path}"
            );
        }
        assert!(
            Exclusion::default().has(Path::new("sub/.git/HEAD")) && !Exclusion::default().has(Path::new(".gitignore"))
        );
        assert!(Exclusion::parse("(").is_err());
    }
}
