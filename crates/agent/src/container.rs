//! From a container of a pod to a container of the engine: environment, files, rights, limits. Everything that the API
//! or the disk has to be asked for comes in as [`Surroundings`]; the rest is pure.

pub(crate) mod environment;
mod expansion;
mod ports;
pub(crate) mod quantity;
mod resources;
mod security;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Container, Pod};
use weir_engine::{BindMount, ContainerSpec, ImageConfig, NetworkMode, TmpfsMount};

use crate::instance::Role;
use crate::labels;
use crate::pod_view::PodView;

/// Names in `/etc/hosts` beyond the engine's own; more are nonsense.
const MAX_HOST_ALIASES: usize = 256;

/// A pod asks for something that cannot be given. The message is for the pod's author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(pub String);

/// What a container is made with besides its pod.
pub(crate) struct Surroundings<'a> {
    pub installation: &'a str,
    /// Id of the image on the engine.
    pub image: &'a str,
    /// The image by digest, for the status.
    pub image_id: &'a str,
    pub image_config: &'a ImageConfig,
    /// Resolved, in order, without expansion.
    pub environment: Vec<(String, String)>,
    pub mounts: Vec<BindMount>,
    pub tmpfs: Vec<TmpfsMount>,
    pub network: NetworkMode,
}

/// Which start this is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub role: Role,
    pub number: u32,
    pub crashes: u32,
}

pub(crate) fn spec(
    pod: &Pod,
    container: &Container,
    attempt: Attempt,
    with: Surroundings,
) -> Result<ContainerSpec, ConfigError> {
    let pod_spec = pod.pod_spec();
    let rights = security::rights(pod_spec, container, with.image_config)?;
    let environment: BTreeMap<&str, &str> = with
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let expand = |list: &Vec<String>| list.iter().map(|word| expansion::expand(word, &environment)).collect();
    let mut labels = labels::for_pod(with.installation, pod);
    labels.extend(own_labels(container, attempt, with.image_id));
    let shares_network = matches!(with.network, NetworkMode::Container(_));
    Ok(ContainerSpec {
        name: engine_name(pod, &container.name, attempt.number),
        image: with.image.to_owned(),
        entrypoint: container.command.as_ref().map(&expand),
        cmd: container.args.as_ref().map(&expand),
        working_dir: container.working_dir.clone().filter(|path| !path.is_empty()),
        user: rights.user,
        additional_groups: rights.groups,
        // Whoever shares a network shares the name of its owner.
        hostname: (!shares_network).then(|| hostname(pod)),
        labels,
        mounts: with.mounts,
        tmpfs: with.tmpfs,
        ports: if shares_network {
            Vec::new()
        } else {
            ports::published([container])
        },
        hosts: if shares_network { Vec::new() } else { host_aliases(pod) },
        network: with.network,
        resources: resources::resources(container)?,
        read_only_root: rights.read_only_root,
        capabilities_drop: rights.drop,
        capabilities_add: rights.add,
        no_new_privileges: rights.no_new_privileges,
        tty: container.tty == Some(true),
        stdin: container.stdin == Some(true),
        env: with.environment,
        ..ContainerSpec::default()
    })
}

/// The container that holds the network of a pod.
pub(crate) fn infra_spec(
    pod: &Pod,
    installation: &str,
    image: &str,
    network: NetworkMode,
    attempt: u32,
) -> ContainerSpec {
    let role = Attempt {
        role: Role::Infra,
        number: attempt,
        crashes: 0,
    };
    let mut labels = labels::for_pod(installation, pod);
    labels.extend(own_labels(&Container::default(), role, ""));
    ContainerSpec {
        name: engine_name(pod, "", attempt),
        image: image.to_owned(),
        hostname: Some(hostname(pod)),
        labels,
        network,
        ports: ports::published(pod.main_containers()),
        hosts: host_aliases(pod),
        read_only_root: true,
        no_new_privileges: true,
        capabilities_drop: vec!["ALL".to_owned()],
        ..ContainerSpec::default()
    }
}

fn own_labels(container: &Container, attempt: Attempt, image_id: &str) -> [(String, String); 6] {
    [
        (labels::CONTAINER, container.name.clone()),
        (labels::ROLE, attempt.role.as_str().to_owned()),
        (labels::ATTEMPT, attempt.number.to_string()),
        (labels::CRASHES, attempt.crashes.to_string()),
        (labels::IMAGE, container.image.clone().unwrap_or_default()),
        (labels::IMAGE_ID, image_id.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// Readable in `podman ps`, and unlike every other: the pod's uid and the attempt are part of it.
fn engine_name(pod: &Pod, container: &str, attempt: u32) -> String {
    let container = if container.is_empty() { "infra" } else { container };
    format!(
        "weir_{container}_{}_{}_{}_{attempt}",
        pod.name(),
        pod.namespace(),
        pod.uid()
    )
}

fn hostname(pod: &Pod) -> String {
    /// A host name's part has at most this many bytes.
    const MAX: usize = 63;
    let name = pod
        .pod_spec()
        .hostname
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| pod.name());
    name.chars()
        .take(MAX)
        .collect::<String>()
        .trim_end_matches(['-', '.'])
        .to_owned()
}

fn host_aliases(pod: &Pod) -> Vec<(String, IpAddr)> {
    let aliases = pod.pod_spec().host_aliases.iter().flatten();
    let pairs = aliases.filter_map(|alias| Some((alias.ip.parse().ok()?, alias.hostnames.iter().flatten())));
    pairs
        .flat_map(|(ip, names)| names.map(move |name| (name.clone(), ip)))
        .take(MAX_HOST_ALIASES)
        .collect()
}
