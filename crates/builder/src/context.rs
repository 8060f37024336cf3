//! The build context: what of the fetched tree goes to the engine, as one tar archive.
//!
//! The tree is hostile. It is walked by directory handles, a link is archived as a link and never followed, and what the
//! builder itself adds (the Dockerfile, content of secrets) is refused where a link of the tree would lead it elsewhere.

mod pack;
mod part;
mod relative_path;
mod s2i_ignore;
mod tree;

pub(crate) use relative_path::{RelativePath, RelativePathError};

pub(crate) use pack::{MAX_CONTEXT_BYTES, MAX_CONTEXT_ENTRIES, pack};
pub(crate) use part::{PackJob, Part};
pub(crate) use s2i_ignore::S2iIgnore;
pub(crate) use tree::Tree;
