use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Pod};
use weir_api::build::{Build, CommonSpec};
use weir_api::names::annotation;

use crate::context::RelativePath;
use crate::dockerfile::PostCommit;
use crate::failure::{BuildFailure, FailureReason};
use crate::log::PodKey;
use quantity::bytes;
use strategy::strategy;

mod quantity;
mod strategy;

pub(crate) use strategy::Strategy;

/// Account of a build that names none.
const DEFAULT_ACCOUNT: &str = "builder";
const CLONE_CONTAINER: &str = "git-clone";

/// A build as its pod describes it, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub pod: PodKey,
    pub uid: String,
    /// Name of the Build.
    pub build: String,
    pub account: String,
    /// Container whose log tells of the fetch, where the pod has one for it.
    pub clone_container: Option<String>,
    pub main_container: String,
    pub deadline: Option<Duration>,
    pub git: Option<GitSource>,
    /// The source is uploaded.
    pub binary: Option<BinarySource>,
    pub context_dir: RelativePath,
    pub inline_dockerfile: Option<String>,
    pub source_secret: Option<String>,
    /// Secrets and config maps for the build, with their destinations.
    pub secrets: Vec<(String, String)>,
    pub config_maps: Vec<(String, String)>,
    pub strategy: Strategy,
    /// Where the image is pushed to, under the name that objects show.
    pub output: Option<String>,
    pub push_secret: Option<String>,
    pub labels: Vec<(String, String)>,
    pub post_commit: Option<PostCommit>,
    pub allowed_users: Option<String>,
    pub memory_bytes: Option<u64>,
    pub log_level: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GitSource {
    pub uri: String,
    pub reference: Option<String>,
    /// The commit of `spec.revision`, which wins over the reference.
    pub commit: Option<String>,
    pub http_proxy: Option<String>,
    pub https_proxy: Option<String>,
    pub no_proxy: Option<String>,
    pub skip_tls_verification: bool,
}

impl Job {
    /// Reads the pod that the build controller made.
    ///
    /// # Errors
    /// A failure of the build, for whatever this builder cannot carry out.
    pub fn from_pod(pod: &Pod, key: &PodKey) -> Result<Self, BuildFailure> {
        let main = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.containers.first())
            .ok_or_else(|| broken("it has no container"))?;
        let variable = |name: &str| variable(main, name);
        let text = variable("BUILD").ok_or_else(|| broken("its container has no variable BUILD"))?;
        let build: Build =
            serde_json::from_str(&text).map_err(|error| broken(&format!("its BUILD cannot be read: {error}")))?;
        let spec = &build.spec.common;
        let source = &spec.source;
        if source.images.iter().any(|image| !image.paths.is_empty()) {
            return Err(failure(
                FailureReason::FetchImageContent,
                "source.images with paths is not supported by this builder; use COPY --from=NAME in a Dockerfile with source.images[].as",
            ));
        }
        let context_dir = source
            .context_dir
            .parse()
            .map_err(|error| failure(FailureReason::InvalidContextDirectory, format!("{error}")))?;
        let pod_spec = pod.spec.as_ref();
        Ok(Self {
            pod: key.clone(),
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            build: build_name(pod)
                .or_else(|| build.metadata.name.clone())
                .unwrap_or_default(),
            account: non_empty(&spec.service_account).unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            clone_container: clone_container(pod),
            main_container: main.name.clone(),
            deadline: pod_spec
                .and_then(|spec| spec.active_deadline_seconds)
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map(Duration::from_secs),
            git: git(spec, &variable),
            binary: binary(spec, clone_container(pod))?,
            context_dir,
            inline_dockerfile: source.dockerfile.clone(),
            source_secret: source.source_secret.as_ref().map(|secret| secret.name.clone()),
            secrets: source
                .secrets
                .iter()
                .map(|one| (one.secret.name.clone(), one.destination_dir.clone()))
                .collect(),
            config_maps: source
                .config_maps
                .iter()
                .map(|one| (one.config_map.name.clone(), one.destination_dir.clone()))
                .collect(),
            strategy: strategy(spec)?,
            output: non_empty(&build.status.output_docker_image_reference).or_else(|| named_output(spec)),
            push_secret: spec.output.push_secret.as_ref().map(|secret| secret.name.clone()),
            labels: spec
                .output
                .image_labels
                .iter()
                .map(|label| (label.name.clone(), label.value.clone()))
                .collect(),
            post_commit: PostCommit::from_spec(&spec.post_commit),
            allowed_users: variable("ALLOWED_UIDS"),
            memory_bytes: memory(main),
            log_level: variable("BUILD_LOGLEVEL")
                .and_then(|level| level.parse().ok())
                .unwrap_or_default(),
        })
    }
}

/// A source that a client uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BinarySource {
    /// The upload is one file of this name; otherwise it is an archive.
    pub as_file: Option<String>,
    /// Container whose standard input it is.
    pub container: String,
}

/// Name of the Build that a pod is for; it can be told even when the rest cannot be read.
pub(crate) fn build_name(pod: &Pod) -> Option<String> {
    pod.metadata.annotations.as_ref()?.get(annotation::BUILD_NAME).cloned()
}

fn clone_container(pod: &Pod) -> Option<String> {
    let containers = pod.spec.as_ref()?.init_containers.iter().flatten();
    containers
        .map(|container| container.name.clone())
        .find(|name| name == CLONE_CONTAINER)
}

fn git(spec: &CommonSpec, variable: &dyn Fn(&str) -> Option<String>) -> Option<GitSource> {
    let git = spec.source.git.as_ref()?;
    let proxy = |own: &Option<String>, names: [&str; 2]| {
        own.clone()
            .filter(|proxy| !proxy.is_empty())
            .or_else(|| names.into_iter().find_map(variable))
    };
    let revision = spec.revision.as_ref().and_then(|revision| revision.git.as_ref());
    Some(GitSource {
        uri: git.uri.clone(),
        reference: non_empty(&git.r#ref),
        commit: revision.and_then(|git| non_empty(&git.commit)),
        http_proxy: proxy(&git.http_proxy, ["HTTP_PROXY", "http_proxy"]),
        https_proxy: proxy(&git.https_proxy, ["HTTPS_PROXY", "https_proxy"]),
        no_proxy: proxy(&git.no_proxy, ["NO_PROXY", "no_proxy"]),
        skip_tls_verification: variable("GIT_SSL_NO_VERIFY").is_some_and(|value| value == "true"),
    })
}

fn binary(spec: &CommonSpec, container: Option<String>) -> Result<Option<BinarySource>, BuildFailure> {
    let Some(binary) = &spec.source.binary else {
        return Ok(None);
    };
    let container = container.ok_or_else(|| broken("it has no container that takes the upload"))?;
    Ok(Some(BinarySource {
        as_file: non_empty(&binary.as_file),
        container,
    }))
}

/// Output of a build that was handed over without a resolved name.
fn named_output(spec: &CommonSpec) -> Option<String> {
    let to = spec.output.to.as_ref()?;
    (to.kind.as_deref() == Some("DockerImage"))
        .then(|| to.name.clone())
        .flatten()
        .filter(|name| !name.is_empty())
}

fn memory(container: &Container) -> Option<u64> {
    let limits = container.resources.as_ref()?.limits.as_ref()?;
    bytes(&limits.get("memory")?.0)
}

fn variable(container: &Container, name: &str) -> Option<String> {
    let found = container.env.iter().flatten().find(|variable| variable.name == name)?;
    found.value.clone().filter(|value| !value.is_empty())
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn broken(what: &str) -> BuildFailure {
    failure(
        FailureReason::GenericBuild,
        format!("the pod of the build is not usable: {what}; start the build again"),
    )
}

fn failure(reason: FailureReason, detail: impl Into<String>) -> BuildFailure {
    BuildFailure::new(reason, detail)
}

#[cfg(test)]
mod tests;
