use std::collections::HashMap;
use std::fmt;

use super::{HashError, PasswordHash};

/// The longest name of a user.
pub const MAX_NAME_BYTES: usize = 128;
/// Users of one file; more belong into a directory service.
const MAX_USERS: usize = 10_000;

/// The content of a file: its users, in the order and with the comments it was written with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Htpasswd {
    lines: Vec<Line>,
    /// Where in `lines` each user stands.
    places: HashMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    User { name: String, hash: PasswordHash },
    Other(String),
}

/// What is wrong with a file's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("line {line} is not of the form NAME:HASH")]
    Form { line: usize },
    #[error("line {line}: {why}")]
    Name { line: usize, why: String },
    #[error("line {line}: user {name:?} stands in the file twice")]
    Twice { line: usize, name: String },
    #[error("line {line}, user {name:?}: {error}")]
    Hash {
        line: usize,
        name: String,
        #[source]
        error: HashError,
    },
    #[error("there are more than {MAX_USERS} users")]
    TooMany,
}

impl Htpasswd {
    /// Reads a whole file. One wrong line refuses all of it, so that nobody believes in a password that does not count.
    pub fn parse(text: &str) -> Result<Self, EntryError> {
        let mut read = Self::default();
        for (index, text) in text.lines().enumerate() {
            let line = index + 1;
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                read.lines.push(Line::Other(text.to_owned()));
                continue;
            }
            let (name, hash) = trimmed.split_once(':').ok_or(EntryError::Form { line })?;
            check_user_name(name).map_err(|why| EntryError::Name { line, why })?;
            if read.contains(name) {
                let name = name.to_owned();
                return Err(EntryError::Twice { line, name });
            }
            let hash = PasswordHash::parse(hash).map_err(|error| EntryError::Hash {
                line,
                name: name.to_owned(),
                error,
            })?;
            read.set(name, hash);
        }
        match read.places.len() {
            count if count > MAX_USERS => Err(EntryError::TooMany),
            _ => Ok(read),
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The users' names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            Line::User { name, .. } => Some(name.as_str()),
            Line::Other(_) => None,
        })
    }

    /// Adds a user, or changes the password of one.
    pub fn set(&mut self, name: &str, hash: PasswordHash) {
        let line = Line::User {
            name: name.to_owned(),
            hash,
        };
        match self.places.get(name) {
            Some(place) => self.lines[*place] = line,
            None => {
                self.places.insert(name.to_owned(), self.lines.len());
                self.lines.push(line);
            }
        }
    }

    /// `false` when there is no such user.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(place) = self.places.remove(name) else {
            return false;
        };
        self.lines.remove(place);
        for later in self.places.values_mut().filter(|other| **other > place) {
            *later -= 1;
        }
        true
    }

    pub(super) fn hash(&self, name: &str) -> Option<&PasswordHash> {
        match self.lines.get(*self.places.get(name)?)? {
            Line::User { hash, .. } => Some(hash),
            Line::Other(_) => None,
        }
    }

    /// The hash of some user. The same `name` always gets the same one: an unknown name is to look like a known one
    /// also when the hashes of a file differ in their cost.
    pub(super) fn decoy(&self, name: &str) -> Option<&PasswordHash> {
        use sha2::{Digest, Sha256};
        let count = u64::try_from(self.places.len()).ok().filter(|count| *count > 0)?;
        let digest = Sha256::digest(name.as_bytes());
        let number = digest
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let chosen = usize::try_from(number % count).ok()?;
        self.hash(self.names().nth(chosen)?)
    }
}

impl fmt::Display for Htpasswd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            match line {
                Line::User { name, hash } => writeln!(out, "{name}:{}", hash.as_str())?,
                Line::Other(text) => writeln!(out, "{text}")?,
            }
        }
        Ok(())
    }
}

/// Names that may stand in a file, in a URL and in an identity: no colon (which also keeps `system:` names out), no
/// slash, nothing invisible.
pub fn check_user_name(name: &str) -> Result<(), String> {
    let why = match name {
        "" => "a user has no name".to_owned(),
        "~" | "." | ".." => format!("{name:?} cannot be the name of a user"),
        long if long.len() > MAX_NAME_BYTES => format!("the name of a user is longer than {MAX_NAME_BYTES} bytes"),
        _ => match name.chars().find(|c| !is_allowed(*c)) {
            None => return Ok(()),
            Some(wrong) => format!("the name {name:?} contains {wrong:?}, which names of users may not"),
        },
    };
    Err(why)
}

fn is_allowed(c: char) -> bool {
    !(c.is_control() || c.is_whitespace() || matches!(c, ':' | '/' | '%' | '\\' | '#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash() -> PasswordHash {
        PasswordHash::parse("$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC").unwrap()
    }

    #[test]
    fn edits_keep_the_rest_of_the_file() {
        let text = format!("# team\njane:{0}\n\njoe:{0}\nzoe:{0}\n", hash().as_str());
        let mut file = Htpasswd::parse(&text).unwrap();
        assert_eq!(file.to_string(), text);
        assert!(file.remove("jane") && !file.remove("jane"));
        file.set("joe", hash());
        file.set("new", hash());
        assert_eq!(file.names().collect::<Vec<_>>(), ["joe", "zoe", "new"]);
        assert!(file.hash("zoe").is_some() && file.hash("jane").is_none());
        assert!(file.to_string().starts_with("# team\n\njoe:"));
    }

    #[test]
    fn one_wrong_line_refuses_the_file_and_is_named() {
        let good = hash().as_str().to_owned();
        let table = [
            ("jane".to_owned(), "line 1 is not of the form NAME:HASH"),
            (
                format!("jane:{good}\njane:{good}"),
                "line 2: user \"jane\" stands in the file twice",
            ),
            (
                format!("a/b:{good}"),
                "line 1: the name \"a/b\" contains '/', which names of users may not",
            ),
            (
                "# x\njane:{SHA}abc".to_owned(),
                "line 2, user \"jane\": the password is kept in SHA-1 (`htpasswd -s`); only argon2id and bcrypt \
                 (`htpasswd -B`) are accepted, so set it again",
            ),
        ];
        for (text, message) in table {
            assert_eq!(Htpasswd::parse(&text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_unknown_name_always_meets_the_same_hash() {
        let mut file = Htpasswd::default();
        assert_eq!(file.decoy("nobody"), None);
        for name in ["a", "b", "c"] {
            file.set(name, PasswordHash::of(name).unwrap());
        }
        assert_eq!(file.decoy("nobody"), file.decoy("nobody"));
        assert!(file.decoy("nobody").is_some());
    }

    #[test]
    fn names_that_could_mean_something_else_are_refused() {
        for good in ["jane", "jane.doe@example.com", "Zoë", "a-b_c+d"] {
            assert_eq!(check_user_name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for bad in [
            "",
            "~",
            ".",
            "..",
            "a:b",
            "system:admin",
            "a/b",
            "a b",
            "a\u{7f}",
            "a%2f",
            &long,
        ] {
            assert!(check_user_name(bad).is_err(), "{bad}");
        }
    }
}
