//! Importing tags from other registries: what is due, in which order, and how the results enter the stream.
//!
//! The looking itself is somebody else's: rules only turn what was seen into history.

mod due;
mod plan;
mod tag_order;

pub use due::due;
pub use plan::{Imported, ImportedTag, Origin, plan};
pub use tag_order::newest_first;

use crate::source::kind;
use weir_api::image::TagReference;

/// Tags of one repository that are imported in one go; the others are only named in the answer.
pub const MAX_TAGS_PER_REPOSITORY: usize = 50;

/// Is this a wish that an import fulfils? Pointers (`reference: true`) and tags of streams are none.
pub fn importable(tag: &TagReference) -> bool {
    !tag.reference
        && tag
            .from
            .as_ref()
            .is_some_and(|from| from.kind.as_deref() == Some(kind::DOCKER_IMAGE))
}

#[cfg(test)]
mod tests;
