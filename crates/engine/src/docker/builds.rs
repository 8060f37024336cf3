use std::collections::HashMap;

use async_trait::async_trait;
use bollard::models::{BuildInfo, CreateImageInfo, SystemInfoCgroupDriverEnum};
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, CreateImageOptionsBuilder};
use futures::{StreamExt, TryStreamExt};

use super::DockerEngine;
use super::build_steps::BuildSteps;
use super::endpoint::with_build_parameters;
use super::errors::by_message;
use super::images::registry_credentials;
use crate::{BuildProgress, BuildSpec, Builds, ByteStream, EngineError, EngineKind, EngineStream, Images, ImportSpec};

#[async_trait]
impl Builds for DockerEngine {
    fn build(&self, spec: BuildSpec) -> EngineStream<BuildProgress> {
        let options = options(&spec);
        let credentials: HashMap<_, _> = spec
            .registries
            .iter()
            .map(|(host, login)| (host.clone(), registry_credentials(login)))
            .collect();
        let parameters = podman_parameters(spec.network.as_deref(), spec.single_layer);
        let context = spec.context;
        let engine = self.clone();
        futures::stream::once(async move {
            let steps = engine.build_steps().await?;
            let own_group = steps.as_ref().map(|steps| format!("&{}", steps.parameter()));
            let parameters = parameters + own_group.as_deref().unwrap_or_default();
            let lines = engine.stream(move |client| {
                let client = with_build_parameters(client, parameters);
                async_lines(client, options, credentials, context)
            });
            Ok::<_, EngineError>(built(lines, steps))
        })
        .try_flatten()
        .boxed()
    }

    async fn import(&self, spec: ImportSpec) -> Result<String, EngineError> {
        // Named afterwards: Podman 4 does not look at the tag of an import.
        let options = CreateImageOptionsBuilder::default().from_src("-").build();
        let body = bollard::body_try_stream(spec.rootfs);
        let lines = self.stream(move |client| client.create_image(Some(options), Some(body), None));
        let image_id = imported(lines).await?;
        self.tag(&image_id, &spec.reference).await?;
        if spec.changes.is_empty() {
            return Ok(image_id);
        }
        self.configure(&spec.reference, &spec.changes).await
    }
}

impl DockerEngine {
    /// A group for the steps of one build, where it is needed and can be used: with Podman, on this machine, as root,
    /// and with control groups that are plain directories.
    async fn build_steps(&self) -> Result<Option<BuildSteps>, EngineError> {
        let sees_steps = self.shared.sees_steps.get_or_try_init(|| async {
            if self.endpoint.socket().is_none() || !rustix::process::geteuid().is_root() {
                return Ok(false);
            }
            let info = self.client().await?.info().await.map_err(|error| self.explain(error))?;
            let plain = info.cgroup_driver == Some(SystemInfoCgroupDriverEnum::CGROUPFS);
            Ok(plain && self.kind().await? == EngineKind::Podman)
        });
        Ok(sees_steps.await?.then(BuildSteps::new))
    }

    /// Gives a fresh image its configuration by a build of instructions only: the engines disagree about how
    /// configuration is passed to an import, and agree about Dockerfiles.
    async fn configure(&self, reference: &str, changes: &[String]) -> Result<String, EngineError> {
        let dockerfile = format!("FROM {reference}\n{}\n", changes.join("\n"));
        let archive = single_file("Dockerfile", dockerfile.as_bytes()).map_err(|error| EngineError::Failed {
            message: format!("cannot pack the configuration: {error}"),
        })?;
        let context = futures::stream::once(async move { Ok(archive.into()) }).boxed();
        let mut progress = self.build(BuildSpec {
            tag: Some(reference.to_owned()),
            ..BuildSpec::new(context)
        });
        while let Some(item) = progress.try_next().await? {
            if let BuildProgress::Built { image_id } = item {
                return Ok(image_id);
            }
        }
        Err(no_image())
    }
}

fn single_file(name: &str, content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, name, content)?;
    archive.into_inner()
}

fn options(spec: &BuildSpec) -> BuildImageOptions {
    let mut options = BuildImageOptionsBuilder::default()
        .dockerfile(&spec.dockerfile)
        .nocache(spec.no_cache)
        // Containers of steps never outlive the build, whether it succeeds or not.
        .rm(true)
        .forcerm(true);
    if let Some(tag) = &spec.tag {
        options = options.t(tag);
    }
    if spec.pull {
        options = options.pull("true");
    }
    if let Some(network) = &spec.network {
        options = options.networkmode(network);
    }
    if let Some(bytes) = spec.memory_bytes {
        // The call's field is that narrow; a larger limit is no limit.
        if let Ok(bytes) = i32::try_from(bytes) {
            options = options.memory(bytes).memswap(bytes);
        }
    }
    let arguments: HashMap<&str, &str> = spec
        .build_args
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let labels: HashMap<&str, &str> = spec
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    options.buildargs(&arguments).labels(&labels).build()
}

/// Without a word about namespaces Podman runs build steps in the network of the machine, and it has no other way to
/// turn layers off. A network's name is written as its letters, digits and dashes.
fn podman_parameters(network: Option<&str>, single_layer: bool) -> String {
    let network: String = network
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    // [{"Name":"network","Host":false,"Path":"..."}]
    let own_network =
        format!("nsoptions=%5B%7B%22Name%22:%22network%22,%22Host%22:false,%22Path%22:%22{network}%22%7D%5D");
    if single_layer {
        format!("{own_network}&layers=false")
    } else {
        own_network
    }
}

/// The client library's build call borrows the client; here the client lives as long as the stream.
fn async_lines(
    client: bollard::Docker,
    options: BuildImageOptions,
    credentials: HashMap<String, bollard::auth::DockerCredentials>,
    context: ByteStream,
) -> impl futures::Stream<Item = Result<BuildInfo, bollard::errors::Error>> + Send + 'static {
    let (lines, receiver) = tokio::sync::mpsc::channel(LINES_IN_FLIGHT);
    let task = tokio::spawn(async move {
        let credentials = (!credentials.is_empty()).then_some(credentials);
        let mut stream = Box::pin(client.build_image(options, credentials, Some(bollard::body_try_stream(context))));
        loop {
            tokio::select! {
                item = stream.next() => match item {
                    Some(item) => if lines.send(item).await.is_err() { break },
                    None => break,
                },
                () = lines.closed() => break,
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver).chain(futures::stream::once(task).filter_map(|end| async {
        // A panic in the client library must not look like the end of a build.
        end.err().map(|error| Err(std::io::Error::other(error).into()))
    }))
}

/// Lines of a build log waiting for their reader; the engine waits when it is slow.
const LINES_IN_FLIGHT: usize = 64;

fn built(lines: EngineStream<BuildInfo>, steps: Option<BuildSteps>) -> EngineStream<BuildProgress> {
    let progress = Progress {
        lines,
        steps,
        image: None,
        ended: false,
    };
    futures::stream::try_unfold(progress, |mut progress| async move {
        Ok(progress.next().await?.map(|item| (item, progress)))
    })
    .boxed()
}

/// A build that is under way. Dropped before its end, it takes its steps with it.
struct Progress {
    lines: EngineStream<BuildInfo>,
    steps: Option<BuildSteps>,
    image: Option<String>,
    ended: bool,
}

impl Progress {
    async fn next(&mut self) -> Result<Option<BuildProgress>, EngineError> {
        if self.ended {
            return Ok(None);
        }
        while let Some(info) = self.lines.try_next().await? {
            if let Some(error) = info.error_detail {
                self.end();
                return Err(failed_step(error.message.unwrap_or_default()));
            }
            if let Some(id) = info.aux.and_then(|aux| aux.id) {
                self.image = Some(super::observe::image_id(&id));
            }
            if let Some(text) = info.stream.or(info.status.map(|status| format!("{status}\n"))) {
                return Ok(Some(BuildProgress::Log(text)));
            }
        }
        self.end();
        let image_id = self.image.take().ok_or_else(no_image)?;
        Ok(Some(BuildProgress::Built { image_id }))
    }

    fn end(&mut self) {
        self.ended = true;
        self.steps.iter_mut().for_each(BuildSteps::have_ended);
    }
}

/// A step that failed is no failure of the engine, whatever the words.
fn failed_step(message: String) -> EngineError {
    match by_message(message) {
        EngineError::Failed { message } | EngineError::Conflict { message } => EngineError::Refused { message },
        other => other,
    }
}

fn no_image() -> EngineError {
    EngineError::unavailable("the container engine broke off before the build had an image")
}

async fn imported(mut lines: EngineStream<CreateImageInfo>) -> Result<String, EngineError> {
    let mut id = None;
    while let Some(info) = lines.try_next().await? {
        if let Some(error) = info.error_detail {
            return Err(failed_step(error.message.unwrap_or_default()));
        }
        id = info.status.filter(|status| status.starts_with("sha256:")).or(id);
    }
    id.ok_or_else(|| EngineError::unavailable("the container engine broke off before the import had an image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_steps_never_get_the_network_of_the_machine() {
        assert_eq!(
            podman_parameters(None, true),
            "nsoptions=%5B%7B%22Name%22:%22network%22,%22Host%22:false,%22Path%22:%22%22%7D%5D&layers=false"
        );
        assert!(podman_parameters(Some("weir-1\"&x"), false).ends_with("%22Path%22:%22weir-1x%22%7D%5D"));
    }
}
