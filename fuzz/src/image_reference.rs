//! An image reference that is read is written as it was, and reads as the same one.

use weir_oci::{Digest, Reference, Tag};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(reference) = text.parse::<Reference>() {
        let written = reference.to_string();
        let again: Reference = written
            .parse()
            .unwrap_or_else(|error| panic!("{text:?} -> {written:?}: {error}"));
        assert_eq!(again, reference, "{text:?} -> {written:?}");
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.to_string(), text);
    }
}
