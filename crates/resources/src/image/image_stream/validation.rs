use weir_api::image::ImageStream;
use weir_apiserver::FieldError;
use weir_imagestream::resolve::spec_tag;
use weir_oci::Reference;

use crate::image::stream_name::MAX_REPOSITORY_BYTES;
use crate::image::tag_validation::{pull_spec, tag_name, tag_reference};

const REPOSITORY: &str = "spec.dockerImageRepository";

/// `old` is the stream as it is stored, when there is one: names of tags that it has are not judged again.
pub(super) fn stream(stream: &ImageStream, old: Option<&ImageStream>) -> Vec<FieldError> {
    let mut problems = Vec::new();
    problems.extend(repository_length(stream));
    problems.extend(repository(REPOSITORY, &stream.spec.docker_image_repository));
    for tag in &stream.spec.tags {
        let path = format!("spec.tags[{}]", tag.name);
        if old.is_none_or(|old| spec_tag(old, &tag.name).is_none()) {
            problems.extend(tag_name(&format!("{path}.name"), &tag.name));
        }
        problems.extend(tag_reference(&path, tag));
    }
    for history in &stream.status.tags {
        for (index, event) in history.items.iter().enumerate() {
            let path = format!("status.tags[{}].items[{index}].dockerImageReference", history.tag);
            if event.docker_image_reference.is_empty() {
                problems.push(FieldError::required(path, ""));
            } else {
                problems.extend(pull_spec(&path, &event.docker_image_reference));
            }
        }
    }
    problems
}

fn repository_length(stream: &ImageStream) -> Option<FieldError> {
    let name = stream.metadata.name.as_deref().unwrap_or_default();
    let namespace = stream.metadata.namespace.as_deref().unwrap_or_default();
    let rule = format!("'namespace/name' cannot be longer than {MAX_REPOSITORY_BYTES} characters");
    (namespace.len() + 1 + name.len() > MAX_REPOSITORY_BYTES).then(|| FieldError::invalid("metadata.name", name, rule))
}

/// A repository alone: tags and digests are for the tags of the stream to choose.
fn repository(path: &str, name: &str) -> Option<FieldError> {
    if name.is_empty() {
        return None;
    }
    let rule = match name.parse::<Reference>() {
        Err(error) => error.to_string(),
        Ok(reference) if reference.tag().is_some() => "the repository name may not contain a tag".into(),
        Ok(reference) if reference.digest().is_some() => "the repository name may not contain an ID".into(),
        Ok(_) => return None,
    };
    Some(FieldError::invalid(path, name, rule))
}
