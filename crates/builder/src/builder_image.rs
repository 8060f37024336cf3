//! Builder images for machines without a public registry: made from the packages of the machine's own distribution, or
//! taken from an OCI image layout or archive, and pushed into a stream.
//!
//! ```text
//! apt settings of the machine -> debootstrap -> packages -> slimmed -> one layer + config -> OCI layout --.
//! --from DIR | oci-archive:FILE -------------------------------------------------------> OCI layout --+--> registry
//! ```

mod apt;
mod archive;
mod command;
mod debian;
mod layer;
mod layout;
mod nodejs;
mod push;
mod slim;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weir_oci::Digest;

pub use apt::AptError;
pub use archive::{ArchiveError, open_archive};
pub use command::CommandError;
pub use debian::DebianError;
pub use layout::{ImageLayout, LayoutError, open_layout};
pub use push::{PushError, PushTarget, push};

/// Hears what an import is doing, one line at a time.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Builder images that can be made from packages.
pub const KNOWN: [&str; 1] = [nodejs::NAME];

#[derive(Debug, thiserror::Error)]
pub enum BuilderImageError {
    #[error(
        "no builder image is known by the name \"{name}\"; known are: {}. Give another one with --from DIR or --from oci-archive:FILE",
        KNOWN.join(", ")
    )]
    Unknown { name: String },
    #[error(transparent)]
    Debian(#[from] DebianError),
    #[error("cannot lay out the image in {}: {source}", path.display())]
    Files { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Makes a builder image from packages, in a directory below `work` that goes away with the layout.
pub async fn generate(name: &str, work: &Path, progress: Progress<'_>) -> Result<ImageLayout, BuilderImageError> {
    if name != nodejs::NAME {
        return Err(BuilderImageError::Unknown { name: name.to_owned() });
    }
    nodejs::generate(work, progress).await
}

/// Annotations of the tag under which a known builder image is put into a stream, as catalogues look for them.
pub fn tag_annotations(name: &str) -> Option<BTreeMap<String, String>> {
    (name == nodejs::NAME).then(nodejs::tag_annotations)
}

/// A public image that does the same, for machines that can reach it.
pub fn public_image(name: &str) -> Option<&'static str> {
    (name == nodejs::NAME).then_some(nodejs::PUBLIC_IMAGE)
}

/// Changes whenever an image of this name would be made differently, so that a kept one is not taken for it.
pub fn recipe_digest(name: &str) -> Option<Digest> {
    (name == nodejs::NAME).then(nodejs::recipe_digest)
}
