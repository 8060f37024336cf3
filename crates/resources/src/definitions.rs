use weir_apiserver::{Definitions, DefinitionsError};

/// Made by `build.rs` of what `weir-api` says of its types.
static DEFINITIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/definitions.json.gz"));

/// What fields all kinds have that this server may serve, for `ServerBuilder::definitions`.
///
/// # Errors
/// When the binary is damaged.
pub fn definitions() -> Result<Definitions, DefinitionsError> {
    Definitions::from_gzip(DEFINITIONS)
}
