use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use weir_apiserver::{GroupResource, Server, UserInfo};
use weir_client::Client;
use weir_oci::Platform;
use weir_registry_client::{AddressPolicy, HostPort, HttpRegistryClient, HttpRegistryConfig};
use weir_resources::PROTOBUF;
use weir_resources::auth::Authorizer;
use weir_store::Store;

use super::credentials::Credentials;
use super::{KUBERNETES, Options};
use crate::nodes::Nodes;

const NAMESPACES: GroupResource = GroupResource {
    group: "",
    resource: "namespaces",
};

/// The API server over `store`.
pub(super) async fn server(
    options: &Options,
    store: Arc<dyn Store>,
    credentials: &Credentials,
    nodes: &Nodes,
    registry: SocketAddr,
    metrics: prometheus_client::registry::Registry,
) -> Result<Server> {
    let authorizer = Arc::new(Authorizer::default());
    let config = weir_resources::Config {
        registry_host: options.registry_host.clone(),
        public_registry_host: None,
        registries: Arc::new(other_registries(options, registry)?),
        platform: Platform::of_this_machine(),
        nodes: Arc::new(nodes.clone()),
        clock: Arc::new(jiff::Timestamp::now),
        authenticator: credentials.authenticator.clone(),
        authorizer: authorizer.clone(),
    };
    let admission = Arc::new(weir_resources::Admission::default());
    let server = Server::builder(store)
        .resources(weir_resources::resources(config))
        .definitions(weir_resources::definitions()?)
        .authenticator(credentials.authenticator.clone())
        .follow(&weir_resources::FOLLOWED, authorizer.clone())
        .follow(&weir_resources::FOLLOWED_BY_ADMISSION, admission.clone())
        .admission(admission)
        .follow(
            &weir_resources::auth::FOLLOWED_BY_AUTHENTICATOR,
            credentials.authenticator.clone(),
        )
        .authorizer(authorizer)
        .namespaces(NAMESPACES)
        .protobuf(PROTOBUF)
        .version(KUBERNETES)
        .metrics(metrics)
        .build()
        .await?;
    credentials.authenticator.look_up_in(Arc::new(server.objects()));
    Ok(server)
}

/// Imports reach public addresses, our own registry, and what the administrator named.
fn other_registries(options: &Options, registry: SocketAddr) -> Result<HttpRegistryClient> {
    let mut address_policy = AddressPolicy::public_only();
    for named in &options.import_from {
        let host: HostPort = named.parse().with_context(|| format!("--import-from {named}"))?;
        address_policy = address_policy.allow_host(host);
    }
    let internal_hosts = vec![(options.registry_host.clone(), registry)];
    Ok(HttpRegistryClient::new(HttpRegistryConfig {
        address_policy,
        internal_hosts,
        ..HttpRegistryConfig::default()
    }))
}

/// A client for the component `weir-NAME` of this process, with the rights of the role of its name. Objects remember what
/// it wrote by its name, and the log shows it.
pub(super) fn client(server: &Server, component: &'static str) -> Client {
    let name = component.strip_prefix("weir-").unwrap_or(component);
    let user = UserInfo {
        username: format!("system:weir:{name}"),
        groups: vec!["system:authenticated".into()],
        ..UserInfo::default()
    };
    weir_client::in_process(server.router(), component, user)
}
