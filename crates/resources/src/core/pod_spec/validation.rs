use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec, Volume};
use weir_apiserver::FieldError;

use super::containers::validate_containers;
use super::privilege::forbidden;
use crate::names::{self, at};

/// Whether containers must name an image.
#[derive(Clone, Copy)]
pub(crate) enum ImageRule<'a> {
    Required,
    /// Containers of these names may wait for an image change trigger to fill theirs.
    MayBeEmptyIn(&'a [String]),
}

/// The rules of a controller's pod template at `path`. Pods of controllers restart for ever.
pub(crate) fn validate_template(path: &str, template: &PodTemplateSpec, images: ImageRule) -> Vec<FieldError> {
    let Some(spec) = &template.spec else {
        return vec![FieldError::required(at(path, "spec.containers"), "")];
    };
    let spec_path = at(path, "spec");
    let mut problems = validate_pod_spec(&spec_path, spec, images);
    if let Some(labels) = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref()) {
        problems.extend(names::labels(&at(path, "metadata.labels"), labels));
    }
    if spec.restart_policy.as_deref() != Some("Always") {
        let policy = spec.restart_policy.as_deref().unwrap_or_default();
        problems.push(FieldError::not_supported(
            at(&spec_path, "restartPolicy"),
            policy,
            &["Always"],
        ));
    }
    if spec.active_deadline_seconds.is_some() {
        problems.push(FieldError::forbidden(
            at(&spec_path, "activeDeadlineSeconds"),
            "may not be set in a pod template",
        ));
    }
    problems
}

pub(crate) fn validate_pod_spec(path: &str, spec: &PodSpec, images: ImageRule) -> Vec<FieldError> {
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let mut problems = validate_volumes(&at(path, "volumes"), volumes);
    problems.extend(validate_containers(path, spec, images));
    problems.extend(validate_words(path, spec));
    problems.extend(validate_numbers(path, spec));
    problems.extend(forbidden(path, spec));
    problems
}

fn validate_words(path: &str, spec: &PodSpec) -> Vec<FieldError> {
    const RESTART: &[&str] = &["Always", "OnFailure", "Never"];
    const DNS: &[&str] = &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
    let word = |key, value: &Option<String>, allowed: &'static [&'static str]| {
        let value = value.as_deref().unwrap_or_default();
        (!allowed.contains(&value)).then(|| FieldError::not_supported(at(path, key), value, allowed))
    };
    let account = spec.service_account_name.as_deref().filter(|name| !name.is_empty());
    let account = account.and_then(|name| names::subdomain(&at(path, "serviceAccountName"), name));
    [
        word("restartPolicy", &spec.restart_policy, RESTART),
        word("dnsPolicy", &spec.dns_policy, DNS),
        account,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn validate_numbers(path: &str, spec: &PodSpec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if let Some(grace) = spec.termination_grace_period_seconds.filter(|grace| *grace < 0) {
        let message = "must be greater than or equal to 0";
        problems.push(FieldError::invalid(
            at(path, "terminationGracePeriodSeconds"),
            grace,
            message,
        ));
    }
    if let Some(deadline) = spec.active_deadline_seconds.filter(|deadline| *deadline < 1) {
        let message = "must be greater than 0";
        problems.push(FieldError::invalid(
            at(path, "activeDeadlineSeconds"),
            deadline,
            message,
        ));
    }
    problems
}

fn validate_volumes(path: &str, volumes: &[Volume]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let name = format!("{path}[{index}].name");
        problems.extend(names::required_label(&name, &volume.name));
        if volumes[..index].iter().any(|other| other.name == volume.name) {
            problems.push(FieldError::duplicate(&name, &volume.name));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(spec: Value) -> Vec<String> {
        let mut spec = spec;
        super::super::default_pod_spec(&mut spec);
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        validate_pod_spec("spec", &spec, ImageRule::Required)
            .into_iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect()
    }

    fn with_container(container: Value) -> Value {
        json!({"containers": [container]})
    }

    #[test]
    fn an_ordinary_pod_has_no_problems() {
        let ordinary = json!({
            "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 8080}],
                "env": [{"name": "A.b-c", "value": "1"}], "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "emptyDir": {}}],
        });
        assert_eq!(problems(ordinary), Vec::<String>::new());
    }

    #[test]
    fn each_mistake_is_named_with_its_field() {
        let container = |extra: Value| {
            let mut container = json!({"name": "c", "image": "i"});
            container
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            with_container(container)
        };
        let table = [
            (json!({"containers": []}), "spec.containers: Required value"),
            (
                with_container(json!({"name": "", "image": "i"})),
                "spec.containers[0].name: Required value",
            ),
            (
                with_container(json!({"name": "A_b", "image": "i"})),
                "spec.containers[0].name: Invalid value: \"A_b\"",
            ),
            (
                with_container(json!({"name": "c", "image": ""})),
                "spec.containers[0].image: Required value",
            ),
            (
                json!({"containers": [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]}),
                "spec.containers[1].name: Duplicate value: \"c\"",
            ),
            (
                container(json!({"ports": [{"containerPort": 0}]})),
                "spec.containers[0].ports[0].containerPort: Required value",
            ),
            (
                container(json!({"ports": [{"containerPort": 70000}]})),
                "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            ),
            (
                container(json!({"env": [{"name": ""}]})),
                "spec.containers[0].env[0].name: Required value",
            ),
            (
                container(json!({"volumeMounts": [{"name": "gone", "mountPath": "/x"}]})),
                "spec.containers[0].volumeMounts[0].name: Not found: \"gone\"",
            ),
            (
                container(json!({"imagePullPolicy": "Maybe"})),
                "spec.containers[0].imagePullPolicy: Unsupported value: \"Maybe\"",
            ),
            (
                container(json!({"securityContext": {"privileged": true}})),
                "spec.containers[0].securityContext.privileged: Forbidden: ",
            ),
            (
                container(json!({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}})),
                "spec.containers[0].securityContext.capabilities.add[0]: Forbidden: ",
            ),
            (
                json!({"hostNetwork": true, "containers": [{"name": "c", "image": "i"}]}),
                "spec.hostNetwork: Forbidden: ",
            ),
            (
                json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}], "containers": [{"name": "c", "image": "i"}]}),
                "spec.volumes[0].hostPath: Forbidden: ",
            ),
        ];
        for (spec, expected) in table {
            let found = problems(spec.clone());
            assert!(
                found.iter().any(|problem| problem.starts_with(expected)),
                "{spec}: {found:?}"
            );
        }
    }
}
