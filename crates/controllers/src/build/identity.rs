use weir_api::build::Build;
use weir_api::names::{annotation, label};

use crate::ownership;

/// Longest name of an object.
const NAME_MAX: usize = 253;
/// Longest value of a label.
const LABEL_MAX: usize = 63;
const POD_SUFFIX: &str = "-build";

/// The BuildConfig that the build came from. A build posted by hand has none.
pub fn config_name(build: &Build) -> Option<&str> {
    let config = build.status.config.as_ref().and_then(|config| config.name.as_deref());
    config
        .or_else(|| ownership::annotation(&build.metadata, annotation::BUILD_CONFIG_NAME))
        .or_else(|| ownership::label(&build.metadata, label::BUILD_CONFIG_NAME))
        .filter(|name| !name.is_empty())
}

/// The build's place in the row of its BuildConfig's builds.
pub fn number(build: &Build) -> Option<i64> {
    ownership::annotation(&build.metadata, annotation::BUILD_NUMBER)?
        .parse()
        .ok()
}

/// `BUILD-build`, or with a hash in the middle where that is too long for a name.
pub fn pod_name(build: &str) -> String {
    if build.len() + POD_SUFFIX.len() <= NAME_MAX {
        return format!("{build}{POD_SUFFIX}");
    }
    let hash = format!("-{:08x}", fnv1a(build.as_bytes()));
    let kept = cut(build, NAME_MAX - POD_SUFFIX.len() - hash.len());
    format!("{}{hash}{POD_SUFFIX}", kept.trim_end_matches(['-', '.']))
}

/// The build's name as the value of a label.
pub fn label_value(build: &str) -> &str {
    cut(build, LABEL_MAX).trim_end_matches(['-', '.', '_'])
}

fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
