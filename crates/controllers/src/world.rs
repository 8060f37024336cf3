//! The world as the loops see it: the kinds they watch, each once for all loops, the clock, and the way to tell users.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, Pod, ReplicationController, ResourceQuota, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use kube::Client;
use weir_api::apps::DeploymentConfig;
use weir_api::build::{Build, BuildConfig};
use weir_api::image::ImageStream;

use crate::clock::Clock;
use crate::collection::Collection;
use crate::metrics::Metrics;
use crate::recorder::Recorder;

/// Everything a loop may look at or write to.
pub struct World {
    pub client: Client,
    pub clock: Clock,
    pub recorder: Recorder,
    pub image_streams: Collection<ImageStream>,
    pub build_configs: Collection<BuildConfig>,
    pub builds: Collection<Build>,
    pub deployment_configs: Collection<DeploymentConfig>,
    pub replication_controllers: Collection<ReplicationController>,
    pub pods: Collection<Pod>,
    pub resource_quotas: Collection<ResourceQuota>,
    pub namespaces: Collection<Namespace>,
    pub service_accounts: Collection<ServiceAccount>,
    pub role_bindings: Collection<RoleBinding>,
    pub cluster_roles: Collection<ClusterRole>,
    /// Secrets for registries, and those that keep tokens of accounts; the others are nobody's business here.
    pub pull_secrets: Collection<Secret>,
    pub token_secrets: Collection<Secret>,
}

impl World {
    pub fn new(client: Client, clock: Clock, recorder: Recorder) -> Arc<Self> {
        Arc::new(Self {
            clock,
            recorder,
            image_streams: Collection::namespaced(client.clone()),
            build_configs: Collection::namespaced(client.clone()),
            builds: Collection::namespaced(client.clone()),
            deployment_configs: Collection::namespaced(client.clone()),
            replication_controllers: Collection::namespaced(client.clone()),
            pods: Collection::namespaced(client.clone()),
            resource_quotas: Collection::namespaced(client.clone()),
            namespaces: Collection::cluster(client.clone()),
            service_accounts: Collection::namespaced(client.clone()),
            role_bindings: Collection::namespaced(client.clone()),
            cluster_roles: Collection::cluster(client.clone()),
            pull_secrets: Collection::namespaced(client.clone()).selected("type=kubernetes.io/dockercfg"),
            token_secrets: Collection::namespaced(client.clone()).selected("type=kubernetes.io/service-account-token"),
            client,
        })
    }

    /// Ready once every kind has been listed completely. No loop may act earlier: an object missing from half a list
    /// looks like one that has to be created.
    pub async fn synced(&self) {
        self.image_streams.synced().await;
        self.build_configs.synced().await;
        self.builds.synced().await;
        self.deployment_configs.synced().await;
        self.replication_controllers.synced().await;
        self.pods.synced().await;
        self.resource_quotas.synced().await;
        self.namespaces.synced().await;
        self.service_accounts.synced().await;
        self.role_bindings.synced().await;
        self.cluster_roles.synced().await;
        self.pull_secrets.synced().await;
        self.token_secrets.synced().await;
    }

    /// Watches every kind, for ever.
    pub async fn watch(&self, metrics: &Metrics) {
        tokio::select! {
            () = self.image_streams.watch(metrics) => {}
            () = self.build_configs.watch(metrics) => {}
            () = self.builds.watch(metrics) => {}
            () = self.deployment_configs.watch(metrics) => {}
            () = self.replication_controllers.watch(metrics) => {}
            () = self.pods.watch(metrics) => {}
            () = self.resource_quotas.watch(metrics) => {}
            () = self.namespaces.watch(metrics) => {}
            () = self.service_accounts.watch(metrics) => {}
            () = self.role_bindings.watch(metrics) => {}
            () = self.cluster_roles.watch(metrics) => {}
            () = self.pull_secrets.watch(metrics) => {}
            () = self.token_secrets.watch(metrics) => {}
        }
    }
}
