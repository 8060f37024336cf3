use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, PortBinding, PortMap};

use super::limits::{DEFAULT_PIDS, ulimits};
use crate::{ContainerSpec, EngineKind, NetworkMode, PublishedPort, Resources, TmpfsMount, Transport};

/// A container's log is cut here; old text goes first.
const MAX_LOG: &str = "64m";

/// The body of a create call.
pub(super) fn body(spec: &ContainerSpec, kind: EngineKind) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.cmd.clone(),
        env: Some(spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        working_dir: spec.working_dir.clone(),
        user: spec.user.clone(),
        hostname: spec.hostname.clone(),
        labels: Some(spec.labels.clone().into_iter().collect()),
        exposed_ports: Some(spec.ports.iter().map(port_key).collect()),
        tty: Some(spec.tty),
        open_stdin: Some(spec.stdin),
        host_config: Some(host_config(spec, kind)),
        ..Default::default()
    }
}

fn host_config(spec: &ContainerSpec, kind: EngineKind) -> HostConfig {
    let Resources {
        memory_bytes,
        nano_cpus,
        cpu_shares,
        pids,
    } = spec.resources;
    HostConfig {
        network_mode: Some(network_mode(&spec.network)),
        mounts: Some(mounts(spec)),
        tmpfs: Some(spec.tmpfs.iter().map(tmpfs).collect()),
        port_bindings: Some(port_bindings(&spec.ports)),
        dns: optional(spec.dns_servers.iter().map(ToString::to_string).collect()),
        dns_search: optional(spec.dns_search.clone()),
        extra_hosts: optional(
            spec.hosts
                .iter()
                .map(|(name, address)| format!("{name}:{address}"))
                .collect(),
        ),
        group_add: optional(spec.additional_groups.clone()),
        memory: memory_bytes.and_then(signed),
        // Without this an engine allows as much swap again.
        memory_swap: memory_bytes.and_then(signed),
        nano_cpus: nano_cpus.and_then(signed),
        cpu_shares: cpu_shares.and_then(signed),
        pids_limit: Some(pids.map_or(DEFAULT_PIDS, i64::from)),
        ulimits: Some(ulimits()),
        readonly_rootfs: Some(spec.read_only_root),
        cap_drop: optional(spec.capabilities_drop.clone()),
        cap_add: optional(spec.capabilities_add.clone()),
        security_opt: spec.no_new_privileges.then(|| vec!["no-new-privileges".to_owned()]),
        log_config: Some(log_config(kind)),
        privileged: Some(false),
        ..Default::default()
    }
}

/// Logs must be readable through the API whatever the engine's default is, and bounded.
fn log_config(kind: EngineKind) -> HostConfigLogConfig {
    let driver = match kind {
        EngineKind::Docker => "json-file",
        EngineKind::Podman => "k8s-file",
    };
    HostConfigLogConfig {
        typ: Some(driver.to_owned()),
        config: Some(HashMap::from([("max-size".to_owned(), MAX_LOG.to_owned())])),
    }
}

fn network_mode(mode: &NetworkMode) -> String {
    match mode {
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Named(name) => name.clone(),
        NetworkMode::Container(id) => format!("container:{id}"),
    }
}

fn mounts(spec: &ContainerSpec) -> Vec<Mount> {
    spec.mounts
        .iter()
        .map(|mount| Mount {
            typ: Some(MountType::BIND),
            source: Some(mount.source.to_string_lossy().into_owned()),
            target: Some(mount.target.clone()),
            read_only: Some(mount.read_only),
            ..Default::default()
        })
        .collect()
}

fn tmpfs(mount: &TmpfsMount) -> (String, String) {
    let size = mount
        .size_bytes
        .map(|bytes| format!(",size={bytes}"))
        .unwrap_or_default();
    (mount.target.clone(), format!("rw,nosuid,nodev,mode=1777{size}"))
}

fn port_key(port: &PublishedPort) -> String {
    let transport = match port.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    format!("{}/{transport}", port.container_port)
}

fn port_bindings(ports: &[PublishedPort]) -> PortMap {
    let mut map = PortMap::new();
    for port in ports {
        let binding = PortBinding {
            host_ip: port.host_ip.map(|address| address.to_string()),
            host_port: Some(port.host_port.to_string()),
        };
        map.entry(port_key(port))
            .or_default()
            .get_or_insert_default()
            .push(binding);
    }
    map
}

fn optional(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

fn signed(value: u64) -> Option<i64> {
    i64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ever_privileged_or_in_a_namespace_of_the_host() {
        let body = body(&ContainerSpec::default(), EngineKind::Docker);
        let host = body.host_config.unwrap();
        assert_eq!(host.privileged, Some(false));
        assert_eq!(host.network_mode.as_deref(), Some("none"));
        assert_eq!(
            (host.pid_mode, host.ipc_mode, host.userns_mode, host.devices),
            (None, None, None, None)
        );
    }

    #[test]
    fn limits_are_always_said() {
        let host = body(&ContainerSpec::default(), EngineKind::Podman).host_config.unwrap();
        let names: Vec<_> = host
            .ulimits
            .unwrap()
            .into_iter()
            .filter_map(|limit| limit.name)
            .collect();
        assert_eq!(names, ["nofile", "nproc"]);
        assert_eq!(host.pids_limit, Some(DEFAULT_PIDS));
    }

    #[test]
    fn two_host_ports_may_lead_to_one_container_port() {
        let port = |host_port| PublishedPort {
            host_ip: None,
            host_port,
            container_port: 80,
            transport: Transport::Tcp,
        };
        let map = port_bindings(&[port(8080), port(8081)]);
        assert_eq!(map["80/tcp"].as_ref().map(Vec::len), Some(2));
    }
}
