use weir_apiserver::Object;

use crate::json;

/// What field selectors may name besides the metadata.
pub(super) fn fields(stream: &Object) -> Vec<(&'static str, String)> {
    let text = |path: &str| json::text(stream, path).to_owned();
    vec![
        ("spec.dockerImageRepository", text("/spec/dockerImageRepository")),
        ("status.dockerImageRepository", text("/status/dockerImageRepository")),
    ]
}
