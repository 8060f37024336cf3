//! The way of a build from New to Pending: everything its pod needs is looked up, then the pod is made.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference, Pod, Secret};
use kube::Api;
use weir_api::build::{Build, BuildPhase};
use weir_api::image::ImageStream;
use weir_imagestream::source::{StreamKey, kind};

use super::change::{Cause, Change};
use super::environment::{self, Contents, Source, UnresolvableVariable};
use super::pod::{DEFAULT_ACCOUNT, is_binary, objection, pod};
use super::references::{self, Unresolved};
use crate::error::{ReconcileError, found, message, reason};
use crate::key::Key;
use crate::ownership::is_controlled_by;
use crate::pod_facts::elapsed;
use crate::world::World;

/// Secrets and ConfigMaps are not watched, so a build that waits for one asks again this often.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// A foreign pod under the build pod's name has this long to be collected.
const FOREIGN_POD_GRACE: Duration = Duration::from_secs(120);

/// What came of an attempt to start a build.
#[derive(Debug)]
pub struct Attempt {
    pub change: Change,
    pub warning: Option<(&'static str, String)>,
    /// Look again after this long, where no change will say so.
    pub again: Option<Duration>,
}

impl Attempt {
    fn write(change: Change) -> Self {
        Self {
            change,
            warning: None,
            again: None,
        }
    }

    /// A build that has somebody with an upload waiting fails instead of being held: what is missing would be made after
    /// the client has gone.
    fn at_once(self, build: &Build) -> Self {
        if !is_binary(build) {
            return self;
        }
        let change = Change {
            phase: Some(BuildPhase::Failed),
            ..self.change
        };
        Self {
            change,
            again: None,
            ..self
        }
    }

    /// The build stays New and says what it waits for.
    fn hold(reason: &str, message: impl Into<String>) -> Self {
        Self::write(Change::explain(Cause::new(reason, message)))
    }
}

impl From<Unresolved> for Attempt {
    fn from(unresolved: Unresolved) -> Self {
        let change = Change::explain(unresolved.cause);
        Self {
            change,
            warning: unresolved.warning,
            again: None,
        }
    }
}

/// Tries to start `build`; `known` is its pod, if an earlier pass made it.
pub async fn start(world: &World, build: &Build, known: Option<&Pod>) -> Result<Attempt, ReconcileError> {
    if let Some(objection) = objection(build) {
        let text = format!("Failed to create pod spec. {objection}");
        let warning = Some(("BuildNotSupported", text.clone()));
        let held = Attempt {
            warning,
            ..Attempt::hold("CannotCreateBuildPodSpec", text)
        };
        return Ok(held.at_once(build));
    }
    let lookup = |key: &StreamKey| stream(world, key);
    let output = match output(world, build).await? {
        Ok(output) => output,
        Err(unresolved) => return Ok(Attempt::from(unresolved).at_once(build)),
    };
    if let Some(pod) = known {
        return Ok(pending(pod, output));
    }
    let mut resolved = build.clone();
    let namespace = build.metadata.namespace.clone().unwrap_or_default();
    if let Err(unresolved) = references::resolve_inputs(&mut resolved.spec.common, &namespace, lookup) {
        return Ok(unresolved.into());
    }
    if let Some(held) = check_account(world, &namespace, &build.spec.common.service_account) {
        return Ok(held);
    }
    if let Some(held) = check_inputs(world, build, &namespace).await? {
        return Ok(held.at_once(build));
    }
    if let Err(unresolvable) = resolve_environment(world, &mut resolved, &namespace).await? {
        let text = format!("Unable to resolve build environment variable reference., {unresolvable}");
        let change = Change::to(BuildPhase::Error, Cause::new("UnresolvableEnvironmentVariable", text));
        return Ok(Attempt::write(change));
    }
    name_output(&mut resolved, output.as_deref());
    create(world, build, &resolved, output).await
}

/// Where the build pushes to. A client with an upload is not sent away because of what the cache has not seen yet.
async fn output(world: &World, build: &Build) -> Result<Result<Option<String>, Unresolved>, ReconcileError> {
    let known = references::output(build, |key| stream(world, key));
    if known.is_ok() || !is_binary(build) {
        return Ok(known);
    }
    let mut there = HashMap::new();
    for key in references::streams(build) {
        let found = world.image_streams.read(&Key::new(&key.namespace, &key.name)).await?;
        there.extend(found.map(|stream| (key, stream)));
    }
    Ok(references::output(build, |key| there.get(key).cloned()))
}

fn stream(world: &World, key: &StreamKey) -> Option<std::sync::Arc<ImageStream>> {
    world.image_streams.get(&Key::new(&key.namespace, &key.name))
}

fn pending(pod: &Pod, output: Option<String>) -> Attempt {
    let pod_name = pod.metadata.name.clone();
    Attempt::write(Change {
        pod_name,
        output_reference: output,
        ..Change::to(BuildPhase::Pending, Cause::none())
    })
}

fn check_account(world: &World, namespace: &str, account: &str) -> Option<Attempt> {
    let account = if account.is_empty() { DEFAULT_ACCOUNT } else { account };
    if world.service_accounts.get(&Key::new(namespace, account)).is_some() {
        return None;
    }
    let text = format!(
        "Unable to look up the service account secrets for this build. Service account {account} does not exist."
    );
    Some(Attempt::hold("CannotRetrieveServiceAccount", text))
}

async fn check_inputs(world: &World, build: &Build, namespace: &str) -> Result<Option<Attempt>, ReconcileError> {
    let source = &build.spec.common.source;
    let mut missing_maps = Vec::new();
    for map in &source.config_maps {
        let name = &map.config_map.name;
        if read_config_map(world, namespace, name).await?.is_none() {
            missing_maps.push(name.as_str());
        }
    }
    let secrets = source
        .secrets
        .iter()
        .map(|secret| &secret.secret)
        .chain(&source.source_secret);
    let mut missing_secrets = Vec::new();
    for secret in secrets {
        if read_secret(world, namespace, &secret.name).await?.is_none() {
            missing_secrets.push(secret.name.as_str());
        }
    }
    Ok(missing_inputs(&missing_maps, &missing_secrets).map(|text| {
        let held = Attempt::hold("GenericBuildFailed", text);
        Attempt {
            again: Some(ASK_AGAIN),
            ..held
        }
    }))
}

/// Says which inputs are missing, if any are.
pub fn missing_inputs(config_maps: &[&str], secrets: &[&str]) -> Option<String> {
    let part = |kind: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{kind} [{}]", names.join(", ")));
    let parts: Vec<String> = [part("ConfigMaps", config_maps), part("Secrets", secrets)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| format!("These resources do not exist: {}", parts.join(" ")))
}

async fn resolve_environment(
    world: &World,
    build: &mut Build,
    namespace: &str,
) -> Result<Result<(), UnresolvableVariable>, ReconcileError> {
    let stored = build.clone();
    let Some(variables) = environment::variables(&mut build.spec.common) else {
        return Ok(Ok(()));
    };
    let mut contents = Contents::new();
    for source in environment::sources(variables) {
        let data = match &source {
            Source::Secret(name) => read_secret(world, namespace, name).await?,
            Source::ConfigMap(name) => read_config_map(world, namespace, name).await?,
        };
        if let Some(data) = data {
            contents.insert(source, data);
        }
    }
    Ok(environment::resolve(&stored, variables, &contents))
}

type Data = BTreeMap<String, String>;

async fn read_secret(world: &World, namespace: &str, name: &str) -> Result<Option<Data>, ReconcileError> {
    let secret = Api::<Secret>::namespaced(world.client.clone(), namespace)
        .get(name)
        .await;
    let secret = found(secret).map_err(ReconcileError::api(format!("read secret {namespace}/{name}")))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(secret.map(|secret| {
        secret
            .data
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| (key, text(value.0)))
            .collect()
    }))
}

async fn read_config_map(world: &World, namespace: &str, name: &str) -> Result<Option<Data>, ReconcileError> {
    let map = Api::<ConfigMap>::namespaced(world.client.clone(), namespace)
        .get(name)
        .await;
    let map = found(map).map_err(ReconcileError::api(format!("read configmap {namespace}/{name}")))?;
    Ok(map.map(|map| map.data.unwrap_or_default()))
}

/// The builder reads from its copy of the build where to push.
fn name_output(build: &mut Build, output: Option<&str>) {
    let Some(output) = output else { return };
    build.spec.common.output.to = Some(ObjectReference {
        kind: Some(kind::DOCKER_IMAGE.into()),
        name: Some(output.to_owned()),
        ..ObjectReference::default()
    });
    build.status.output_docker_image_reference = output.to_owned();
}

async fn create(
    world: &World,
    build: &Build,
    resolved: &Build,
    output: Option<String>,
) -> Result<Attempt, ReconcileError> {
    let pod = pod(build, resolved)?;
    match world.pods.create(&pod).await {
        Ok(created) => {
            tracing::info!(build = %Key::of(build), "build pod created");
            Ok(pending(&created, output))
        }
        Err(error) if reason(&error) == Some("AlreadyExists") => taken(world, build, &pod, output).await,
        Err(error) => {
            let text = format!("Failed creating build pod. {}", message(&error));
            let held = Attempt::hold("CannotCreateBuildPod", text.clone());
            Ok(Attempt {
                warning: Some(("FailedCreate", text)),
                again: Some(ASK_AGAIN),
                ..held
            })
        }
    }
}

/// The pod's name is taken: by the build's own pod, which an earlier pass made, or by somebody else's.
async fn taken(world: &World, build: &Build, pod: &Pod, output: Option<String>) -> Result<Attempt, ReconcileError> {
    let Some(there) = world.pods.read(&Key::of(pod)).await? else {
        return Ok(Attempt {
            again: Some(Duration::ZERO),
            ..Attempt::write(Change::default())
        });
    };
    if is_controlled_by(&there.metadata, build) {
        return Ok(pending(&there, output));
    }
    let born = build.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let age = born.map_or(FOREIGN_POD_GRACE, |born| elapsed(born, world.clock.now()));
    if age < FOREIGN_POD_GRACE {
        return Ok(Attempt {
            again: Some(FOREIGN_POD_GRACE - age),
            ..Attempt::write(Change::default())
        });
    }
    let text = "The pod for this build already exists and is older than the build.";
    Ok(Attempt::write(Change::to(
        BuildPhase::Error,
        Cause::new("BuildPodExists", text),
    )))
}
