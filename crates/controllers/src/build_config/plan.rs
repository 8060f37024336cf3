use jiff::Timestamp;
use weir_api::build::{Build, BuildConfig, BuildPhase, BuildRequest, BuildTriggerCause};

const CONFIG_CHANGE: &str = "ConfigChange";
/// Message of the cause that the first build carries.
const CAUSE: &str = "Build configuration change";

/// What has to be done for one BuildConfig.
#[derive(Debug, Default, PartialEq)]
pub struct Plan<'a> {
    /// The request for the first build.
    pub first_build: Option<BuildRequest>,
    /// Finished builds beyond the history limits.
    pub prune: Vec<&'a Build>,
}

/// `images_moved` says that image change triggers of the config ask for a build now. That build is the first one then:
/// it is asked for once.
pub fn plan<'a>(config: &BuildConfig, builds: &[&'a Build], images_moved: bool) -> Plan<'a> {
    if config.metadata.deletion_timestamp.is_some() {
        return Plan::default();
    }
    let succeeded = |phase| phase == BuildPhase::Complete;
    let failed = |phase| matches!(phase, BuildPhase::Failed | BuildPhase::Cancelled | BuildPhase::Error);
    let mut prune = surplus(builds, config.spec.successful_builds_history_limit, succeeded);
    prune.extend(surplus(builds, config.spec.failed_builds_history_limit, failed));
    Plan {
        first_build: (wants_first_build(config) && !images_moved).then(|| first_build(config)),
        prune,
    }
}

/// Whether the config waits for its first build because of a ConfigChange trigger.
pub fn wants_first_build(config: &BuildConfig) -> bool {
    config.status.last_version == 0
        && config
            .spec
            .triggers
            .iter()
            .any(|trigger| trigger.r#type == CONFIG_CHANGE)
}

/// Asks for build 1 and no other: the API refuses when there is a build already.
fn first_build(config: &BuildConfig) -> BuildRequest {
    let cause = BuildTriggerCause {
        message: CAUSE.into(),
        ..BuildTriggerCause::default()
    };
    let mut request = BuildRequest {
        last_version: Some(0),
        triggered_by: vec![cause],
        ..BuildRequest::default()
    };
    request.metadata.name = config.metadata.name.clone();
    request.metadata.namespace = config.metadata.namespace.clone();
    request
}

/// All but the newest `limit` builds whose phase counts. Without a limit all are kept.
fn surplus<'a>(builds: &[&'a Build], limit: Option<i32>, counts: impl Fn(BuildPhase) -> bool) -> Vec<&'a Build> {
    let Some(limit) = limit else { return Vec::new() };
    let mut counted: Vec<_> = builds
        .iter()
        .copied()
        .filter(|build| counts(build.status.phase))
        .collect();
    counted.retain(|build| build.metadata.deletion_timestamp.is_none());
    counted.sort_by_key(|build| std::cmp::Reverse((created(build), crate::build::number(build))));
    counted.split_off(counted.len().min(usize::try_from(limit).unwrap_or(0)))
}

fn created(build: &Build) -> Timestamp {
    build
        .metadata
        .creation_timestamp
        .as_ref()
        .map_or(Timestamp::MAX, |time| time.0)
}
