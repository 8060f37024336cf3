use weir_api::core::LocalObjectReference;
use weir_api::image::{ImageImportSpec, ImageStreamImport, ImageStreamImportStatus, RepositoryImportSpec};
use weir_apiserver::{ApiError, FieldError, Object};
use weir_imagestream::source::kind::DOCKER_IMAGE;
use weir_oci::Reference;

use super::KIND;
use crate::image::{defaults, stream_name, tag_validation};
use crate::{decode, json};

/// Images that one request may name. Whole repositories are bounded by themselves.
const MAX_IMAGES: usize = 1_000;

/// The request with its defaults, if it can be carried out.
pub(super) fn parse(object: &Object) -> Result<ImageStreamImport, ApiError> {
    let mut object = object.clone();
    json::items_mut(&mut object, "/spec/images").for_each(defaults::policies);
    if let Some(repository) = object
        .pointer_mut("/spec/repository")
        .filter(|repository| repository.is_object())
    {
        defaults::policies(repository);
    }
    let mut import: ImageStreamImport = decode::typed(&object)?;
    import.status = ImageStreamImportStatus::default();
    import.spec.images.iter_mut().for_each(default_target);
    let problems = problems(&import);
    if problems.is_empty() {
        return Ok(import);
    }
    Err(ApiError::invalid(
        &KIND,
        import.metadata.name.as_deref().unwrap_or_default(),
        problems,
    ))
}

/// An image goes where its own tag says. Without a tag it is only looked at.
fn default_target(image: &mut ImageImportSpec) {
    let reference = image.from.name.as_deref().unwrap_or_default().parse::<Reference>().ok();
    if let (None, Some(tag)) = (&image.to, reference.as_ref().and_then(Reference::tag)) {
        image.to = Some(LocalObjectReference { name: tag.to_string() });
    }
}

fn problems(import: &ImageStreamImport) -> Vec<FieldError> {
    let spec = &import.spec;
    let mut problems = Vec::new();
    let name = import.metadata.name.as_deref().unwrap_or_default();
    match stream_name::validate(name) {
        _ if name.is_empty() => problems.push(FieldError::required("metadata.name", "")),
        Err(rule) => problems.push(FieldError::invalid("metadata.name", name, rule)),
        Ok(()) => {}
    }
    if spec.images.is_empty() && spec.repository.is_none() {
        let rule = "you must specify at least one image or a repository import";
        problems.push(FieldError::invalid("spec.images", "", rule));
    }
    if spec.images.len() > MAX_IMAGES {
        problems.push(FieldError::too_many("spec.images", spec.images.len(), MAX_IMAGES));
        return problems;
    }
    for (index, image) in spec.images.iter().enumerate() {
        problems.extend(image_problems(&format!("spec.images[{index}]"), image));
    }
    if let Some(repository) = &spec.repository {
        problems.extend(repository_problems("spec.repository", repository));
    }
    problems
}

fn image_problems(path: &str, image: &ImageImportSpec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let field = format!("{path}.from.name");
    problems.extend(docker_only(path, image.from.kind.as_deref()));
    match image.from.name.as_deref().unwrap_or_default() {
        "" => problems.push(FieldError::required(field, "")),
        name => problems.extend(tag_validation::pull_spec(&field, name)),
    }
    if let Some(to) = &image.to {
        let field = format!("{path}.to.name");
        match to.name.as_str() {
            "" => problems.push(FieldError::invalid(
                field,
                "",
                "the name of the target tag must be specified",
            )),
            tag => problems.extend(tag_validation::tag_name(&field, tag)),
        }
    }
    let policy = &image.reference_policy.r#type;
    problems.extend(tag_validation::reference_policy(
        &format!("{path}.referencePolicy.type"),
        policy,
    ));
    problems.extend(tag_validation::import_mode(
        &format!("{path}.importPolicy.importMode"),
        &image.import_policy,
    ));
    problems
}

fn repository_problems(path: &str, repository: &RepositoryImportSpec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let field = format!("{path}.from.name");
    problems.extend(docker_only(path, repository.from.kind.as_deref()));
    let name = repository.from.name.as_deref().unwrap_or_default();
    match name.parse::<Reference>() {
        _ if name.is_empty() => problems.push(FieldError::required(field, "")),
        Err(error) => problems.push(FieldError::invalid(field, name, error.to_string())),
        Ok(reference) if reference.tag().is_some() || reference.digest().is_some() => {
            let rule = "you must specify an image repository, not a tag or ID";
            problems.push(FieldError::invalid(field, name, rule));
        }
        Ok(_) => {}
    }
    let policy = &repository.reference_policy.r#type;
    problems.extend(tag_validation::reference_policy(
        &format!("{path}.referencePolicy.type"),
        policy,
    ));
    problems.extend(tag_validation::import_mode(
        &format!("{path}.importPolicy.importMode"),
        &repository.import_policy,
    ));
    problems
}

fn docker_only(path: &str, kind: Option<&str>) -> Option<FieldError> {
    let kind = kind.unwrap_or_default();
    (kind != DOCKER_IMAGE)
        .then(|| FieldError::invalid(format!("{path}.from.kind"), kind, "only DockerImage is supported"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn import(spec: Value) -> Result<ImageStreamImport, ApiError> {
        parse(&json!({"metadata": {"name": "s"}, "spec": spec, "status": {"images": [{}]}}))
    }

    fn image(from: &str) -> Value {
        json!({"from": {"kind": "DockerImage", "name": from}})
    }

    /// images 59
    #[test]
    fn only_an_explicit_tag_is_a_target() {
        let names = |from: &str| {
            import(json!({"images": [image(from)]})).unwrap().spec.images[0]
                .to
                .clone()
        };
        assert_eq!(names("busybox"), None);
        assert_eq!(names(&format!("busybox@sha256:{}", "0".repeat(64))), None);
        assert_eq!(names("busybox:1").unwrap().name, "1");
    }

    #[test]
    fn defaults_are_filled_in_and_a_given_status_is_dropped() {
        let import = import(json!({"images": [image("busybox")], "repository": image("r.io/a")})).unwrap();
        assert_eq!(import.spec.images[0].reference_policy.r#type, "Source");
        assert_eq!(import.spec.repository.unwrap().import_policy.import_mode, "Legacy");
        assert!(import.status.images.is_empty());
    }

    #[test]
    fn requests_that_mean_nothing_are_refused() {
        let with = |field: &str, value: Value| {
            let mut image = image("busybox");
            image[field] = value;
            json!({"images": [image]})
        };
        let table = [
            (
                json!({}),
                "spec.images",
                "you must specify at least one image or a repository import",
            ),
            (
                with("from", json!({"kind": "ImageStreamTag", "name": "a"})),
                "spec.images[0].from.kind",
                "only DockerImage is supported",
            ),
            (
                with("from", json!({"kind": "DockerImage", "name": ""})),
                "spec.images[0].from.name",
                "Required value",
            ),
            (
                with("from", json!({"kind": "DockerImage", "name": "A/b"})),
                "spec.images[0].from.name",
                "must be lowercase",
            ),
            (
                with("to", json!({"name": ""})),
                "spec.images[0].to.name",
                "the name of the target tag must be specified",
            ),
            (
                with("importPolicy", json!({"importMode": "X"})),
                "spec.images[0].importPolicy.importMode",
                "invalid import mode",
            ),
            (
                json!({"repository": image("r.io/a:t")}),
                "spec.repository.from.name",
                "not a tag or ID",
            ),
        ];
        for (spec, field, message) in table {
            let error = import(spec).unwrap_err();
            let cause = &error.details.as_ref().unwrap().causes[0];
            assert_eq!((error.code, cause.field.as_str()), (422, field));
            assert!(cause.message.contains(message), "{}", cause.message);
        }
    }

    #[test]
    fn a_request_has_a_bound() {
        let many: Vec<Value> = (0..=MAX_IMAGES).map(|n| image(&format!("busybox:{n}"))).collect();
        assert_eq!(import(json!({"images": many})).unwrap_err().code, 422);
    }
}
