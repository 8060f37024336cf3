//! A pod's fields as the agent reads them, with their defaults.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, PodStatus};

use crate::instance::Role;

/// Kubernetes' default grace period.
const DEFAULT_GRACE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

pub(crate) trait PodView {
    fn name(&self) -> &str;
    fn namespace(&self) -> &str;
    fn uid(&self) -> &str;
    fn node_name(&self) -> &str;
    fn pod_spec(&self) -> &PodSpec;
    fn pod_status(&self) -> Option<&PodStatus>;
    fn phase(&self) -> &str;

    /// Nothing of it will run again.
    fn is_terminal(&self) -> bool {
        matches!(self.phase(), "Succeeded" | "Failed")
    }

    /// A container of it has been started, as far as the API knows.
    fn has_run(&self) -> bool {
        let Some(status) = self.pod_status() else { return false };
        let lists = [&status.container_statuses, &status.init_container_statuses];
        lists
            .into_iter()
            .flatten()
            .flatten()
            .any(|status| status.container_id.is_some())
    }

    fn restart_policy(&self) -> RestartPolicy {
        match self.pod_spec().restart_policy.as_deref() {
            Some("Never") => RestartPolicy::Never,
            Some("OnFailure") => RestartPolicy::OnFailure,
            _ => RestartPolicy::Always,
        }
    }

    fn grace(&self) -> Duration {
        let seconds = self.pod_spec().termination_grace_period_seconds;
        seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(DEFAULT_GRACE, Duration::from_secs)
    }

    fn deleted_at(&self) -> Option<Timestamp>;

    fn init_containers(&self) -> &[Container] {
        self.pod_spec().init_containers.as_deref().unwrap_or_default()
    }

    fn main_containers(&self) -> &[Container] {
        &self.pod_spec().containers
    }

    fn find_container(&self, name: &str) -> Option<(Role, &Container)> {
        let named = |container: &&Container| container.name == name;
        let main = self
            .main_containers()
            .iter()
            .find(named)
            .map(|container| (Role::Main, container));
        main.or_else(|| {
            self.init_containers()
                .iter()
                .find(named)
                .map(|container| (Role::Init, container))
        })
    }

    /// A container of its own holds the network when several share it, or when one wants to know the address before it
    /// starts. A single container holds its own: that starts sooner.
    fn needs_infra(&self) -> bool {
        let wants_address = |container: &Container| {
            let sources = container
                .env
                .iter()
                .flatten()
                .filter_map(|variable| variable.value_from.as_ref());
            sources
                .filter_map(|source| source.field_ref.as_ref())
                .any(|field| field.field_path.starts_with("status.podIP"))
        };
        let containers = self.main_containers();
        containers.len() > 1 || containers.iter().chain(self.init_containers()).any(wants_address)
    }
}

impl PodView for Pod {
    fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    fn node_name(&self) -> &str {
        self.pod_spec().node_name.as_deref().unwrap_or_default()
    }

    fn pod_spec(&self) -> &PodSpec {
        static EMPTY: std::sync::LazyLock<PodSpec> = std::sync::LazyLock::new(PodSpec::default);
        self.spec.as_ref().unwrap_or(&EMPTY)
    }

    fn pod_status(&self) -> Option<&PodStatus> {
        self.status.as_ref()
    }

    fn phase(&self) -> &str {
        self.status
            .as_ref()
            .and_then(|status| status.phase.as_deref())
            .unwrap_or_default()
    }

    fn deleted_at(&self) -> Option<Timestamp> {
        self.metadata.deletion_timestamp.as_ref().map(|time| time.0)
    }
}
