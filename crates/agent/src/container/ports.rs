use k8s_openapi::api::core::v1::Container;
use weir_engine::{PublishedPort, Transport};

/// Ports of the host, for those that ask for one. All others are reached at the pod's address.
pub(super) fn published<'a>(containers: impl IntoIterator<Item = &'a Container>) -> Vec<PublishedPort> {
    let ports = containers
        .into_iter()
        .flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let host_port = u16::try_from(port.host_port?).ok().filter(|port| *port != 0)?;
            let transport = match port.protocol.as_deref() {
                None | Some("TCP") => Transport::Tcp,
                Some("UDP") => Transport::Udp,
                Some(_) => return None,
            };
            Some(PublishedPort {
                host_ip: port.host_ip.as_deref().and_then(|ip| ip.parse().ok()),
                host_port,
                container_port: u16::try_from(port.container_port).ok()?,
                transport,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_host_ports_are_published() {
        let container: Container = serde_json::from_value(json!({"name": "c", "ports": [
            {"containerPort": 8080},
            {"containerPort": 80, "hostPort": 8081, "hostIP": "127.0.0.1"},
            {"containerPort": 53, "hostPort": 5353, "protocol": "UDP"}]}))
        .unwrap();
        let ports = published([&container]);
        assert_eq!(ports.len(), 2);
        assert_eq!(
            (ports[0].host_port, ports[0].container_port, ports[0].transport),
            (8081, 80, Transport::Tcp)
        );
        assert_eq!((ports[1].host_port, ports[1].transport), (5353, Transport::Udp));
    }
}
