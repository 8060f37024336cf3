use std::cmp::Reverse;

use semver::Version;
use weir_oci::Tag;

/// Sorts the tags of a repository by how likely they are wanted: `latest`, then versions of two parts (`5.1`), then full
/// versions, each newest first, then the rest by name. A `v` before a version does not count.
pub fn newest_first(mut tags: Vec<Tag>) -> Vec<Tag> {
    tags.sort_by_cached_key(|tag| rank(tag.as_str()));
    tags.dedup();
    tags
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Latest,
    /// The bool and the text order spellings of the same version: without `v` first.
    TwoParts(Reverse<Version>, bool, String),
    Full(Reverse<Version>, bool, String),
    Other(String),
}

fn rank(tag: &str) -> Rank {
    if tag == crate::source::DEFAULT_TAG {
        return Rank::Latest;
    }
    let bare = tag.strip_prefix('v').unwrap_or(tag);
    let prefixed = bare.len() != tag.len();
    if let Ok(version) = Version::parse(bare) {
        return Rank::Full(Reverse(version), prefixed, tag.into());
    }
    let (numbers, rest) = bare.split_at(bare.find(['-', '+']).unwrap_or(bare.len()));
    match Version::parse(&format!("{numbers}.0{rest}")) {
        Ok(version) => Rank::TwoParts(Reverse(version), prefixed, tag.into()),
        Err(_) => Rank::Other(tag.into()),
    }
}
