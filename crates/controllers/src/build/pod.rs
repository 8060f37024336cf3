use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_api::build::Build;
use weir_api::names::{annotation, label, node};
use weir_api::to_object;

use super::identity::{label_value, pod_name};
use crate::error::ReconcileError;
use crate::ownership::controller_reference;

/// A build that says nothing about its time has an hour.
const DEADLINE: i64 = 3600;
/// Account of a build that names none.
pub const DEFAULT_ACCOUNT: &str = "builder";
/// What the containers of a build pod name as their image; the builder node runs no image for them.
const IMAGE: &str = "weir-builder";
/// Variables of the strategy that steer the builder itself.
const PASSED_ON: [&str; 10] = [
    "BUILD_LOGLEVEL",
    "GIT_SSL_NO_VERIFY",
    "GIT_LFS_SKIP_SMUDGE",
    "LANG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Why no pod can carry out this build, if none can.
pub fn objection(build: &Build) -> Option<String> {
    let strategy = &build.spec.common.strategy;
    if strategy.docker_strategy.is_none() && strategy.source_strategy.is_none() {
        return Some("only builds with dockerStrategy or sourceStrategy are supported; change spec.strategy".into());
    }
    None
}

/// Is the source of this build uploaded by a client, who waits for it to start?
pub fn is_binary(build: &Build) -> bool {
    build.spec.common.source.binary.is_some()
}

/// The pod that carries out `build`, in which every reference is resolved already. `stored` is the build as the API
/// has it.
pub fn pod(stored: &Build, build: &Build) -> Result<Pod, ReconcileError> {
    let name = stored.metadata.name.clone().unwrap_or_default();
    let spec = &build.spec.common;
    let account = Some(spec.service_account.as_str())
        .filter(|account| !account.is_empty())
        .unwrap_or(DEFAULT_ACCOUNT);
    let environment = environment(build)?;
    let container = |container: &str, argument: &str| Container {
        name: container.to_owned(),
        image: Some(IMAGE.to_owned()),
        args: Some(vec![argument.to_owned()]),
        env: Some(environment.clone()),
        resources: Some(spec.resources.clone()),
        termination_message_policy: Some("FallbackToLogsOnError".into()),
        ..Container::default()
    };
    let uploaded = is_binary(build).then_some(true);
    let fetches = spec.source.git.is_some() || is_binary(build);
    let clone = fetches.then(|| {
        vec![Container {
            stdin: uploaded,
            stdin_once: uploaded,
            ..container("git-clone", "openshift-git-clone")
        }]
    });
    let main = match spec.strategy.source_strategy {
        Some(_) => container("sti-build", "openshift-sti-build"),
        None => container("docker-build", "openshift-docker-build"),
    };
    let mut node_selector = spec.node_selector.clone().unwrap_or_default();
    node_selector.insert("kubernetes.io/os".into(), "linux".into());
    Ok(Pod {
        metadata: ObjectMeta {
            name: Some(pod_name(&name)),
            namespace: stored.metadata.namespace.clone(),
            labels: Some(BTreeMap::from([(
                label::BUILD_NAME.to_owned(),
                label_value(&name).to_owned(),
            )])),
            annotations: Some(BTreeMap::from([(annotation::BUILD_NAME.to_owned(), name)])),
            owner_references: Some(vec![controller_reference(stored, false)]),
            ..ObjectMeta::default()
        },
        spec: Some(PodSpec {
            node_name: Some(node::BUILDER.to_owned()),
            service_account_name: Some(account.to_owned()),
            restart_policy: Some("Never".into()),
            active_deadline_seconds: Some(spec.completion_deadline_seconds.unwrap_or(DEADLINE)),
            node_selector: Some(node_selector),
            init_containers: clone,
            containers: vec![main],
            ..PodSpec::default()
        }),
        status: None,
    })
}

fn environment(build: &Build) -> Result<Vec<EnvVar>, ReconcileError> {
    let what = || format!("build {}", build.metadata.name.as_deref().unwrap_or_default());
    let encoded = to_object(build).and_then(|object| serde_json::to_string(&object));
    let encoded = encoded.map_err(|source| ReconcileError::Encode { what: what(), source })?;
    let source = &build.spec.common.source;
    let mut variables = vec![variable("BUILD", encoded), variable("LANG", "C.utf8".into())];
    if let Some(git) = &source.git {
        variables.push(variable("SOURCE_REPOSITORY", git.uri.clone()));
        variables.push(variable("SOURCE_URI", git.uri.clone()));
        variables.push(variable("SOURCE_REF", git.r#ref.clone()));
    }
    variables.push(variable("SOURCE_CONTEXT_DIR", source.context_dir.clone()));
    variables.retain(|variable| variable.value.as_deref() != Some(""));

    let strategy = &build.spec.common.strategy;
    let own = match (&strategy.docker_strategy, &strategy.source_strategy) {
        (Some(docker), _) => docker.env.as_slice(),
        (None, Some(source)) => source.env.as_slice(),
        (None, None) => &[],
    };
    for passed_on in own.iter().filter(|own| PASSED_ON.contains(&own.name.as_str())) {
        variables.retain(|variable| variable.name != passed_on.name);
        variables.push(passed_on.clone());
    }
    Ok(variables)
}

fn variable(name: &str, value: String) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value),
        ..EnvVar::default()
    }
}
