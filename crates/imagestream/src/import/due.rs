use k8s_openapi::api::core::v1::{LocalObjectReference, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_api::image::{
    ImageImportSpec, ImageStream, ImageStreamImport, ImageStreamImportSpec, RepositoryImportSpec, TagImportPolicy,
    TagReference,
};
use weir_api::names::annotation::{IMAGE_INSECURE_REPOSITORY, IMAGE_REPOSITORY_CHECK};

use super::importable;
use crate::history::observed_generation;
use crate::source::kind;

/// The import that `stream` waits for, if it waits for one. It carries the stream's uid and resourceVersion, so that it
/// is refused when the stream moved on in between.
///
/// A stream that was never imported (it lacks the annotation `openshift.io/image.dockerRepositoryCheck`) and names a
/// repository gets everything; otherwise only wishes newer than what was seen last count. A failed import is not due
/// again before the wish is renewed.
pub fn due(stream: &ImageStream) -> Option<ImageStreamImport> {
    let checked = annotation(stream, IMAGE_REPOSITORY_CHECK).is_some_and(|time| !time.is_empty());
    let whole = !checked && !stream.spec.docker_image_repository.is_empty();
    let images: Vec<ImageImportSpec> = stream
        .spec
        .tags
        .iter()
        .filter(|tag| importable(tag) && (whole || is_due(stream, tag)))
        .map(image_import)
        .collect();
    if images.is_empty() && !whole {
        return None;
    }
    Some(ImageStreamImport {
        metadata: ObjectMeta {
            name: stream.metadata.name.clone(),
            namespace: stream.metadata.namespace.clone(),
            uid: stream.metadata.uid.clone(),
            resource_version: stream.metadata.resource_version.clone(),
            ..Default::default()
        },
        spec: ImageStreamImportSpec {
            import: true,
            repository: whole.then(|| repository_import(stream)),
            images,
        },
        ..Default::default()
    })
}

fn is_due(stream: &ImageStream, tag: &TagReference) -> bool {
    tag.generation
        .is_none_or(|wanted| wanted > observed_generation(stream, &tag.name))
}

fn image_import(tag: &TagReference) -> ImageImportSpec {
    ImageImportSpec {
        from: tag.from.clone().unwrap_or_default(),
        to: Some(LocalObjectReference { name: tag.name.clone() }),
        import_policy: tag.import_policy.clone(),
        reference_policy: tag.reference_policy.clone(),
        include_manifest: false,
    }
}

fn repository_import(stream: &ImageStream) -> RepositoryImportSpec {
    let insecure = annotation(stream, IMAGE_INSECURE_REPOSITORY) == Some("true");
    RepositoryImportSpec {
        from: ObjectReference {
            kind: Some(kind::DOCKER_IMAGE.into()),
            name: Some(stream.spec.docker_image_repository.clone()),
            ..Default::default()
        },
        import_policy: TagImportPolicy {
            insecure,
            ..Default::default()
        },
        ..Default::default()
    }
}

fn annotation<'a>(stream: &'a ImageStream, key: &str) -> Option<&'a str> {
    stream.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}
