use weir_api::image::Image;
use weir_apiserver::FieldError;

use crate::image::tag_validation::pull_spec;
use crate::names::at;

/// Shortest hexadecimal part of a digest.
const MIN_HEX: usize = 32;

/// `path` is where the image is; empty for an image by itself.
pub(in crate::image) fn image(path: &str, image: &Image) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let reference = at(path, "dockerImageReference");
    if image.docker_image_reference.is_empty() {
        problems.push(FieldError::required(reference, ""));
    } else {
        problems.extend(pull_spec(&reference, &image.docker_image_reference));
    }
    for (index, manifest) in image.docker_image_manifests.iter().enumerate() {
        let path = at(path, &format!("dockerImageManifests[{index}]"));
        if !is_digest(&manifest.digest) {
            problems.push(FieldError::invalid(
                at(&path, "digest"),
                &manifest.digest,
                "digest does not conform with OCI image specification",
            ));
        }
        if !manifest.media_type.contains('/') {
            problems.push(FieldError::invalid(
                at(&path, "mediaType"),
                &manifest.media_type,
                "media type does not conform to RFC6838",
            ));
        }
        for (field, text) in [("architecture", &manifest.architecture), ("os", &manifest.os)] {
            if text.is_empty() {
                problems.push(FieldError::required(at(&path, field), ""));
            }
        }
        if manifest.manifest_size < 0 {
            problems.push(FieldError::invalid(
                at(&path, "size"),
                manifest.manifest_size,
                "manifest size cannot be negative",
            ));
        }
    }
    if !image.docker_image_manifests.is_empty() && !image.docker_image_layers.is_empty() {
        let rule = "dockerImageLayers should not be set when dockerImageManifests is set";
        problems.push(FieldError::invalid(at(path, "dockerImageLayers"), "", rule));
    }
    problems
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.starts_with(|first: char| first.is_ascii_alphabetic())
            && hex.len() >= MIN_HEX
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
