use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::TAG_BYTES;

/// A tag in the distribution grammar: a word character, then up to 127 word characters, dots and dashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tag starts with a letter, digit or underscore and has at most 128 letters, digits, underscores, dots and dashes"
)]
pub struct TagError;

impl Tag {
    /// What an absent tag means.
    pub fn latest() -> Tag {
        Tag("latest".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Tag, TagError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let first = text.bytes().next().is_some_and(word);
        let rest = text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'));
        if first && rest && text.len() <= TAG_BYTES {
            Ok(Tag(text.into()))
        } else {
            Err(TagError)
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tag, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_characters_dots_and_dashes_make_a_tag() {
        for text in ["latest", "v1.2-rc.3", "_x", "3", "A_B"] {
            assert_eq!(text.parse::<Tag>().unwrap().as_str(), text);
        }
        assert!("a".repeat(128).parse::<Tag>().is_ok());
    }

    #[test]
    fn everything_else_is_refused() {
        let long = "a".repeat(129);
        for text in ["", ".", "..", "-a", ".a", "a/b", "a b", "a\0", "ä", "a:b", "%2e", &long] {
            assert!(text.parse::<Tag>().is_err(), "{text:?}");
        }
    }
}
