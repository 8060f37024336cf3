//! Bounds on what comes from outside. They are the same for a push and for an import, so that whatever can be imported
//! can also be served.

/// Manifests and indexes. Larger documents are refused before they are parsed.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;
/// Image configs are read whole into memory to learn their labels, environment and ports.
pub const CONFIG_BYTES: usize = 8 * 1024 * 1024;
/// No builder makes images of more layers than this, and no container engine can mount them.
pub const LAYERS: usize = 512;
/// Entries of an index. Each may become an object of the API.
pub const INDEX_ENTRIES: usize = 1_000;
/// Nesting of a JSON document. Manifests need four levels.
pub const JSON_DEPTH: usize = 64;
/// `registry/namespace/name` together, as the distribution grammar has it.
pub const NAME_BYTES: usize = 255;
/// A tag, as the distribution grammar has it.
pub const TAG_BYTES: usize = 128;
/// The longest reference that is looked at: a full name, a tag and a sha512 digest, with some room.
pub const REFERENCE_BYTES: usize = 1_024;
