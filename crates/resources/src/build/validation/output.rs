use weir_api::build::BuildOutput;
use weir_api::core::ObjectReference;
use weir_apiserver::FieldError;

use super::strategy::{pull_spec, stream_tag};
use super::{duplicates, secret_reference};
use crate::names::{self, at};

const HERE: &str = "spec.output";

pub(super) fn validate(output: &BuildOutput) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> = output.to.iter().flat_map(validate_target).collect();
    problems.extend(secret_reference(&at(HERE, "pushSecret"), output.push_secret.as_ref()));
    for (index, label) in output.image_labels.iter().enumerate() {
        let field = format!("{HERE}.imageLabels[{index}].name");
        if label.name.is_empty() {
            problems.push(FieldError::required(field, ""));
        } else {
            problems.extend(names::qualified_name(&field, &label.name));
        }
    }
    for index in duplicates(output.image_labels.iter().map(|label| label.name.as_str())) {
        let label = &output.image_labels[index];
        problems.push(FieldError::invalid(
            format!("{HERE}.imageLabels[{index}].name"),
            &label.name,
            "duplicate name",
        ));
    }
    problems
}

fn validate_target(to: &ObjectReference) -> Vec<FieldError> {
    let (kind, name) = (
        to.kind.as_deref().unwrap_or_default(),
        to.name.as_deref().unwrap_or_default(),
    );
    let namespace = to.namespace.as_deref().unwrap_or_default();
    let named = at(HERE, "to.name");
    let mut problems = Vec::new();
    match (kind, name) {
        ("ImageStreamTag" | "DockerImage", "") => problems.push(FieldError::required(named, "")),
        ("ImageStreamTag", name) => problems.extend(stream_tag(&named, name)),
        ("DockerImage", name) => {
            if !namespace.is_empty() {
                let message = "namespace is not valid when used with a 'DockerImage'";
                problems.push(FieldError::invalid(at(HERE, "to.namespace"), namespace, message));
            }
            problems.extend(pull_spec(&named, name));
        }
        (kind, _) => {
            let message = "the target of build output must be an 'ImageStreamTag' or 'DockerImage'";
            problems.push(FieldError::invalid(at(HERE, "to.kind"), kind, message));
        }
    }
    problems
}
