//! Rules for the wish of one tag, wherever it is written down.

use weir_api::image::{TagImportPolicy, TagReference};
use weir_apiserver::FieldError;
use weir_imagestream::resolve::{LOCAL, SOURCE};
use weir_imagestream::source::kind;
use weir_oci::{Reference, Tag};

use super::defaults::{LEGACY, PRESERVE_ORIGINAL};

/// `path` is where the tag is: `spec.tags[NAME]` or `tag`.
pub(super) fn tag_reference(path: &str, tag: &TagReference) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if let Some(from) = &tag.from {
        let name = from.name.as_deref().unwrap_or_default();
        let kind = from.kind.as_deref().unwrap_or_default();
        if name.is_empty() {
            problems.push(FieldError::required(format!("{path}.from.name"), ""));
        }
        match kind {
            kind::DOCKER_IMAGE if !name.is_empty() => problems.extend(pull_spec(&format!("{path}.from.name"), name)),
            kind::DOCKER_IMAGE => {}
            kind::IMAGE_STREAM_TAG | kind::IMAGE_STREAM_IMAGE => problems.extend(unscheduled(path, tag)),
            _ => problems.push(FieldError::required(
                format!("{path}.from.kind"),
                "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'",
            )),
        }
    }
    problems.extend(reference_policy(
        &format!("{path}.referencePolicy.type"),
        &tag.reference_policy.r#type,
    ));
    problems.extend(import_mode(
        &format!("{path}.importPolicy.importMode"),
        &tag.import_policy,
    ));
    problems
}

/// The name of a tag that is new. Upstream lets any text pass; nothing could ever be pulled by such a name.
pub(super) fn tag_name(path: &str, name: &str) -> Option<FieldError> {
    name.parse::<Tag>()
        .err()
        .map(|error| FieldError::invalid(path, name, error.to_string()))
}

/// Something that can be pulled.
pub(super) fn pull_spec(path: &str, name: &str) -> Option<FieldError> {
    name.parse::<Reference>()
        .err()
        .map(|error| FieldError::invalid(path, name, error.to_string()))
}

pub(super) fn import_mode(path: &str, policy: &TagImportPolicy) -> Option<FieldError> {
    let mode = policy.import_mode.as_str();
    let rule = format!("invalid import mode, valid modes are '', '{LEGACY}', '{PRESERVE_ORIGINAL}'");
    (!["", LEGACY, PRESERVE_ORIGINAL].contains(&mode)).then(|| FieldError::invalid(path, mode, rule))
}

pub(super) fn reference_policy(path: &str, policy: &str) -> Option<FieldError> {
    let rule = format!("valid values are \"{SOURCE}\", \"{LOCAL}\"");
    (![SOURCE, LOCAL].contains(&policy)).then(|| FieldError::invalid(path, policy, rule))
}

fn unscheduled(path: &str, tag: &TagReference) -> Option<FieldError> {
    let rule = "only tags pointing to Docker repositories may be scheduled for background import";
    tag.import_policy
        .scheduled
        .then(|| FieldError::invalid(format!("{path}.importPolicy.scheduled"), true, rule))
}
