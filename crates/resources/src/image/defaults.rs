//! Policies that a client may leave out of a tag or of an import.

use serde_json::Value;
use weir_imagestream::resolve::SOURCE;

use crate::json;

/// The mode of import that keeps one platform of several.
pub(super) const LEGACY: &str = "Legacy";
/// The mode of import that keeps all platforms.
pub(super) const PRESERVE_ORIGINAL: &str = "PreserveOriginal";

/// Fills `importPolicy.importMode` and `referencePolicy.type` of `tag`, if it is a map at all.
pub(super) fn policies(tag: &mut Value) {
    for (policy, field, value) in [
        ("importPolicy", "importMode", LEGACY),
        ("referencePolicy", "type", SOURCE),
    ] {
        if json::map_at(tag, &[policy]).is_some() {
            json::set_default_text(tag, &format!("/{policy}"), field, value);
        }
    }
}
