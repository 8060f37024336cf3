use jiff::Timestamp;
use k8s_openapi::api::core::v1::ReplicationController;
use weir_api::apps::{DeploymentConfig, DeploymentConfigStatus, DeploymentDetails};

use super::triggers::{self, Verdict};
use super::{conditions, controller_template};
use crate::deployment::{Deployment, Phase};
use crate::ownership::{controller_of, is_controlled_by};

/// The world of one DeploymentConfig.
pub struct Observed<'a> {
    pub config: &'a DeploymentConfig,
    /// Replication controllers of the namespace that carry the config's name.
    pub controllers: Vec<&'a ReplicationController>,
    pub now: Timestamp,
}

/// One thing to do. They are done in order; what fails ends the pass.
#[derive(Debug, PartialEq)]
pub enum Action<'a> {
    Adopt(&'a ReplicationController),
    Release(&'a ReplicationController),
    /// The next version begins; everything else follows in the next pass.
    RollOut(DeploymentDetails),
    /// A deployment of a later version is there already; follow it.
    FollowVersion,
    /// A newer version wants to begin.
    Cancel(Deployment<'a>),
    /// The deployment of the latest version is missing.
    CreateDeployment,
    Scale {
        deployment: Deployment<'a>,
        replicas: i32,
    },
    Prune(Deployment<'a>),
    WriteStatus(DeploymentConfigStatus),
}

pub fn plan<'a>(observed: &Observed<'a>) -> Vec<Action<'a>> {
    let config = observed.config;
    let (mut actions, deployments) = claim(observed);
    let latest = deployments
        .iter()
        .find(|deployment| deployment.version() == config.status.latest_version)
        .copied();
    let seen = Seen {
        config,
        deployments: &deployments,
        latest,
        now: observed.now,
    };
    actions.extend(next(&seen));
    actions
}

/// The config with its own deployments, by version.
struct Seen<'s, 'a> {
    config: &'a DeploymentConfig,
    deployments: &'s [Deployment<'a>],
    latest: Option<Deployment<'a>>,
    now: Timestamp,
}

fn next<'a>(seen: &Seen<'_, 'a>) -> Vec<Action<'a>> {
    let config = seen.config;
    if config.metadata.deletion_timestamp.is_some()
        || (config.status.latest_version == 0 && triggers::is_manual(config))
    {
        return status(seen, true);
    }
    if config.spec.paused {
        return prune(seen).chain(status(seen, true)).collect();
    }
    if seen
        .deployments
        .iter()
        .any(|deployment| deployment.version() > config.status.latest_version)
    {
        return vec![Action::FollowVersion];
    }
    if seen.latest.is_none() {
        let running: Vec<_> = seen
            .deployments
            .iter()
            .filter(|deployment| !deployment.phase().is_terminal())
            .collect();
        if !running.is_empty() {
            let late = running.into_iter().filter(|deployment| !deployment.is_cancelled());
            return late
                .map(|deployment| Action::Cancel(*deployment))
                .chain(status(seen, false))
                .collect();
        }
    }
    if triggers::lacks_image(config) {
        return status(seen, true);
    }
    match triggers::decide(config, seen.latest.as_ref()) {
        Verdict::RollOut(details) => vec![Action::RollOut(details)],
        Verdict::WaitForImages => status(seen, true),
        Verdict::Nothing => settle(seen),
    }
}

/// No new version is due: make the latest one, wait for it, or hold what it came to.
fn settle<'a>(seen: &Seen<'_, 'a>) -> Vec<Action<'a>> {
    match seen.latest {
        None if seen.config.status.latest_version == 0 => status(seen, true),
        None => vec![Action::CreateDeployment],
        Some(latest) if !latest.phase().is_terminal() => status(seen, false),
        Some(_) => scale(seen).chain(prune(seen)).chain(status(seen, true)).collect(),
    }
}

/// Sorts out whose replication controllers are whose; returns those that belong to the config, the oldest first.
fn claim<'a>(observed: &Observed<'a>) -> (Vec<Action<'a>>, Vec<Deployment<'a>>) {
    let config = observed.config;
    let name = config.metadata.name.as_deref();
    let (mut actions, mut deployments) = (Vec::new(), Vec::new());
    for controller in &observed.controllers {
        let deployment = Deployment::new(controller);
        let matches = deployment.config_name() == name;
        if is_controlled_by(&controller.metadata, config) {
            if matches {
                deployments.push(deployment);
            } else {
                actions.push(Action::Release(controller));
            }
        } else if matches && adoptable(config, &deployment) {
            actions.push(Action::Adopt(controller));
            deployments.push(deployment);
        }
    }
    deployments.sort_by_key(Deployment::version);
    (actions, deployments)
}

/// Nobody has it, and neither it nor the config is on its way out.
fn adoptable(config: &DeploymentConfig, deployment: &Deployment<'_>) -> bool {
    let going = config.metadata.deletion_timestamp.is_some() || deployment.is_going();
    !going && controller_of(&deployment.controller.metadata).is_none()
}

/// The newest deployment that ever completed: the one that serves.
fn active<'a>(deployments: &[Deployment<'a>]) -> Option<Deployment<'a>> {
    deployments
        .iter()
        .rev()
        .find(|deployment| deployment.phase() == Phase::Complete)
        .copied()
}

/// The active deployment gets the wanted replicas, all others none. After a failed rollout this is the way back.
fn scale<'a>(seen: &Seen<'_, 'a>) -> impl Iterator<Item = Action<'a>> {
    let active = active(seen.deployments).map(|deployment| deployment.version());
    let wanted = if seen.config.spec.test {
        0
    } else {
        seen.config.spec.replicas
    };
    let deployments: Vec<_> = seen
        .deployments
        .iter()
        .filter(|deployment| !deployment.is_going())
        .copied()
        .collect();
    deployments.into_iter().filter_map(move |deployment| {
        let replicas = if Some(deployment.version()) == active {
            wanted
        } else {
            0
        };
        (deployment.replicas() != replicas).then_some(Action::Scale { deployment, replicas })
    })
}

/// Deployments beyond the history limit that serve nobody, the oldest first.
fn prune<'a>(seen: &Seen<'_, 'a>) -> impl Iterator<Item = Action<'a>> {
    let limit = seen
        .config
        .spec
        .revision_history_limit
        .map(|limit| usize::try_from(limit).unwrap_or(0));
    let active = active(seen.deployments).map(|deployment| deployment.version());
    let latest = seen.config.status.latest_version;
    let is_past = |deployment: &&Deployment<'a>| match active {
        Some(active) => deployment.version() < active,
        None => deployment.version() != latest,
    };
    let past: Vec<_> = seen.deployments.iter().filter(is_past).copied().collect();
    let surplus = limit.map_or(0, |limit| past.len().saturating_sub(limit));
    let idle = past
        .into_iter()
        .filter(|deployment| deployment.replicas() == 0 && !deployment.is_going());
    idle.take(surplus).map(Action::Prune)
}

fn status<'a>(seen: &Seen<'_, 'a>, observe_generation: bool) -> Vec<Action<'a>> {
    let status = count(seen, observe_generation);
    let changed = status != seen.config.status;
    changed.then_some(Action::WriteStatus(status)).into_iter().collect()
}

fn count(seen: &Seen<'_, '_>, observe_generation: bool) -> DeploymentConfigStatus {
    let mut status = tally(seen.config, seen.deployments, seen.latest.as_ref());
    if observe_generation {
        status.observed_generation = seen.config.metadata.generation.unwrap_or(0);
    }
    conditions::update(seen.config, &mut status, seen.latest.as_ref(), seen.now);
    status
}

/// The present status with the pods counted anew.
fn tally(
    config: &DeploymentConfig,
    deployments: &[Deployment<'_>],
    latest: Option<&Deployment<'_>>,
) -> DeploymentConfigStatus {
    let available = sum(deployments, Deployment::available_replicas);
    DeploymentConfigStatus {
        replicas: sum(deployments, Deployment::current_replicas),
        updated_replicas: latest.map_or(0, Deployment::current_replicas),
        available_replicas: available,
        unavailable_replicas: sum(deployments, Deployment::replicas).saturating_sub(available).max(0),
        ready_replicas: Some(sum(deployments, Deployment::ready_replicas)),
        ..config.status.clone()
    }
}

fn sum<'a>(deployments: &[Deployment<'a>], count: impl Fn(&Deployment<'a>) -> i32) -> i32 {
    deployments.iter().map(count).fold(0, i32::saturating_add)
}

/// The status right after the deployment of the latest version was made, or could not be made because of `error`.
pub fn status_after_creation(config: &DeploymentConfig, error: Option<&str>, now: Timestamp) -> DeploymentConfigStatus {
    let mut status = config.status.clone();
    let name = controller_template::name(config, status.latest_version);
    match error {
        None => {
            status.observed_generation = config.metadata.generation.unwrap_or(0);
            status.updated_replicas = 0;
            conditions::created(&mut status, &name, now);
        }
        Some(error) => conditions::create_failed(&mut status, error, now),
    }
    status
}
